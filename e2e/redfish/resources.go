package redfish

import (
	"fmt"
	"math"
	"net/http"
	"strings"
)

// read a resource; the mutex is held.
func (b *BMC) read(path string) reply {
	system := b.systemPath()
	switch path {
	case systemsPath:
		if b.dials.Baseboard {
			return collection(path, systemsPath+"/HGX_Baseboard_0", system)
		}
		return collection(path, system)
	case system:
		if b.dials.EmptyBodies > 0 {
			b.dials.EmptyBodies--
			return reply{status: http.StatusOK}
		}
		return b.system()
	case systemsPath + "/HGX_Baseboard_0":
		if b.dials.Baseboard {
			return ok(object{"@odata.id": path, "Id": "HGX_Baseboard_0", "SystemType": "Physical", "PowerState": "On", "UUID": "00000000-0000-0000-0000-000000000001"})
		}
	case system + "/ResetActionInfo":
		return ok(object{"@odata.id": path, "Id": "ResetActionInfo", "Parameters": []any{object{"Name": "ResetType", "Required": true, "DataType": "String", "AllowableValues": b.allowed()}}})
	case root + "/Chassis":
		return collection(path, chassisPath)
	case root + "/Managers":
		return collection(path, root+"/Managers/bmc")
	case root + "/Managers/bmc":
		return ok(object{"@odata.id": path, "Id": "bmc", "ManagerType": "BMC", "FirmwareVersion": "1.0"})
	case root + "/SessionService":
		return ok(object{"@odata.id": path, "Id": "SessionService", "ServiceEnabled": true, "SessionTimeout": 1800, "Sessions": link(sessionsPath)})
	case sessionsPath:
		var open []string
		for id := range b.sessions {
			open = append(open, sessionsPath+"/"+id)
		}
		return collection(path, open...)
	}
	if strings.HasPrefix(path, tasksPath) {
		return b.task(path)
	}
	if measured, is := b.meter(path); is {
		return measured
	}
	return refuse(http.StatusNotFound, "Base.1.12.ResourceMissingAtURI", "The resource "+path+" was not found.")
}

func (b *BMC) allowed() []string {
	if b.dials.Allowed != nil {
		return b.dials.Allowed
	}
	return []string{"On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart", "Nmi", "PushPowerButton"}
}

func (b *BMC) system() reply {
	path, d := b.systemPath(), b.dials
	target := path + "/Actions/ComputerSystem.Reset"
	if d.AbsoluteLinks && b.gate != nil {
		target = b.gate.url + target
	}
	reset := object{"target": target}
	if d.ActionInfo {
		reset["@Redfish.ActionInfo"] = path + "/ResetActionInfo"
	} else {
		reset["ResetType@Redfish.AllowableValues"] = b.allowed()
	}
	body := object{"@odata.id": path, "@odata.type": "#ComputerSystem.v1_13_0.ComputerSystem", "Id": "system-" + b.Name, "Name": b.Name, "SystemType": "Physical",
		"Manufacturer": "Example", "UUID": b.uuid(), "Status": object{"State": "Enabled", "Health": "OK"}, "Actions": object{"#ComputerSystem.Reset": reset},
		"Links": object{"Chassis": []any{link(chassisPath)}, "ManagedBy": []any{link(root + "/Managers/bmc")}}}
	if d.Restore != "" {
		body["PowerRestorePolicy"] = d.Restore
	}
	switch {
	case d.NoPowerState:
	case d.NullPowerState:
		body["PowerState"] = nil
	case d.Transitions && b.machine.on && !b.machine.goal:
		body["PowerState"] = "PoweringOff"
	case d.Transitions && !b.machine.on && b.machine.goal:
		body["PowerState"] = "PoweringOn"
	default:
		body["PowerState"] = powerState(b.machine.was(seconds(d.StaleSeconds), b.now()))
	}
	return ok(body)
}

// uuid as firmware shows it that takes the first three groups for numbers of its own byte order.
func (b *BMC) uuid() string {
	groups := strings.Split(b.UUID, "-")
	if !b.dials.SwapUUID || len(groups) != 5 {
		return b.UUID
	}
	for i, group := range groups[:3] {
		swapped := ""
		for at := len(group); at >= 2; at -= 2 {
			swapped += group[at-2 : at]
		}
		groups[i] = swapped
	}
	return strings.Join(groups, "-")
}

func (b *BMC) task(path string) reply {
	id, _, _ := strings.Cut(strings.TrimPrefix(path, tasksPath), "/")
	ends, known := b.tasks[id]
	if !known || b.dials.Tasks == "lost" {
		return refuse(http.StatusNotFound, "Base.1.12.ResourceMissingAtURI", "The task was not found.")
	}
	under := b.now().Before(ends)
	state := map[bool]string{true: "Running", false: "Completed"}[under]
	body := object{"@odata.id": tasksPath + id, "Id": id, "TaskState": state, "TaskStatus": "OK"}
	switch {
	case b.dials.Tasks == "always200" && under:
		body["Messages"] = object{"MessageId": "iBMC.1.0.TaskInRunning"}
		return ok(body)
	case under && strings.HasSuffix(path, "/Monitor"):
		return reply{status: http.StatusAccepted, body: body}.with("Retry-After", b.dials.RetryAfter)
	case strings.HasSuffix(path, "/Monitor"):
		return reply{status: http.StatusNoContent}
	}
	return ok(body)
}

// ---- what it measures ----

func (b *BMC) meter(path string) (reply, bool) {
	environment, control, supplies := b.dials.has("environment"), b.dials.has("control"), b.dials.has("supplies")
	switch path {
	case chassisPath:
		body := object{"@odata.id": path, "Id": "1", "ChassisType": "RackMount", "SerialNumber": "chassis-" + b.Name, "UUID": b.UUID}
		if b.dials.Chassis != "" {
			body["UUID"], body["SerialNumber"], body["ChassisType"] = b.dials.Chassis, "chassis-"+b.dials.Chassis, "Enclosure"
		}
		if environment {
			body["EnvironmentMetrics"] = link(path + "/EnvironmentMetrics")
		}
		if control || supplies {
			body["Power"] = link(path + "/Power")
		}
		return ok(body), true
	case chassisPath + "/EnvironmentMetrics":
		if environment {
			return ok(object{"@odata.id": path, "PowerWatts": object{"Reading": b.reading(b.watts(b.machine.on))},
				"EnergykWh": object{"Reading": b.reading(b.machine.joules / 3.6e6)}}), true
		}
	case chassisPath + "/Power":
		if control || supplies {
			return ok(b.power(control, supplies)), true
		}
	}
	return reply{}, false
}

func (b *BMC) power(control, supplies bool) object {
	now := b.watts(b.machine.on)
	body := object{"@odata.id": chassisPath + "/Power", "Id": "Power"}
	if control {
		body["PowerControl"] = []any{object{"@odata.id": chassisPath + "/Power#/PowerControl/0", "MemberId": "0", "Name": "Server Power Control",
			"PowerConsumedWatts": b.reading(math.Round(now)), "PowerMetrics": object{"IntervalInMin": 1, "AverageConsumedWatts": b.reading(math.Round(now))}}}
	}
	if supplies {
		serial := b.Name
		if b.dials.Chassis != "" { // what the enclosure has, each of its controllers shows
			serial = b.dials.Chassis
		}
		list := []any{}
		for i := range 2 {
			list = append(list, object{"MemberId": fmt.Sprint(i), "SerialNumber": fmt.Sprintf("supply-%s-%d", serial, i), "PowerCapacityWatts": 900,
				"PowerInputWatts": b.reading(now / 2), "PowerOutputWatts": b.reading(now / 2 * 0.92), "Status": object{"State": "Enabled"}})
		}
		body["PowerSupplies"] = list
	}
	return body
}

func (b *BMC) reading(value float64) any {
	switch {
	case b.dials.NullWatts:
		return nil
	case b.dials.TextNumbers:
		return fmt.Sprint(value)
	}
	return value
}
