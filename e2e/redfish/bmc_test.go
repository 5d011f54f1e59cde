package redfish

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestControllerSwitchesItsSystemOffAndOnAndKeepsCount(t *testing.T) {
	b := newBench(t, Dials{OffSeconds: 5, OnSeconds: 3})
	b.answers("GracefulShutdown", 204)
	b.pass(4.9)
	b.shows("On")
	b.pass(0.2)
	b.shows("Off")
	b.answers("ForceOff", 204) // of one that is off
	b.answers("On", 204)
	b.pass(3)
	b.shows("On")
	b.answers("ForceOff", 204)
	b.shows("Off")
	b.answers("Explode", 400)
	var kinds []string
	for _, each := range b.State().Resets {
		kinds = append(kinds, fmt.Sprint(each.Type, each.Status))
	}
	if want := []string{"GracefulShutdown204", "ForceOff204", "On204", "ForceOff204", "Explode400"}; !slices.Equal(kinds, want) {
		t.Errorf("it remembers %v", kinds)
	}
}

func TestControllerTellsOfAResetBeforeItIsCarriedOut(t *testing.T) {
	b := newBench(t, Dials{})
	var seen []string
	b.Before = func(kind string) { seen = append(seen, kind+" while "+b.State().PowerState) }
	b.answers("ForceOff", 204)
	b.answers("On", 204)
	if want := []string{"ForceOff while On", "On while Off"}; !slices.Equal(seen, want) {
		t.Errorf("it told of %q", seen)
	}
}

func TestControllerShowsTheServiceRootToEverybodyAndNothingElse(t *testing.T) {
	b := newBench(t, Dials{})
	nobody := func(*http.Request) {}
	if status, _, said := b.askWith(nobody, "GET", "/redfish/v1/", nil); status != 200 || said["UUID"] != uuid {
		t.Errorf("the root is answered %d %v", status, said)
	}
	wrong := func(r *http.Request) { r.SetBasicAuth("drover", "wrong") }
	for _, who := range []func(*http.Request){nobody, wrong} {
		if status, header, _ := b.askWith(who, "GET", "/redfish/v1/Systems", nil); status != 401 || header.Get("WWW-Authenticate") == "" {
			t.Errorf("the systems are shown with %d", status)
		}
	}
}

func TestSessionsAreFewAndEnd(t *testing.T) {
	b := newBench(t, Dials{NoBasic: true, SessionLimit: 3, SessionsTaken: 2})
	if status, _, _ := b.ask("GET", systemsPath, nil); status != 401 {
		t.Errorf("basic authentication is answered %d", status)
	}
	nobody, who := func(*http.Request) {}, object{"UserName": "drover", "Password": "secret"}
	status, header, _ := b.askWith(nobody, "POST", sessionsPath, who)
	if status != 201 || header.Get("Location") == "" {
		t.Fatalf("a login is answered %d", status)
	}
	mine := func(r *http.Request) { r.Header.Set("X-Auth-Token", header.Get("X-Auth-Token")) }
	if status, _, _ := b.askWith(mine, "GET", systemsPath, nil); status != 200 {
		t.Errorf("a session is answered %d", status)
	}
	status, _, said := b.askWith(nobody, "POST", sessionsPath, who)
	if text := fmt.Sprint(said); status != 503 || !strings.Contains(text, "RAC0218") {
		t.Errorf("one session too many is answered %d %s", status, text)
	}
	if status, _, _ := b.askWith(mine, "DELETE", header.Get("Location"), nil); status != 204 {
		t.Errorf("the end of a session is answered %d", status)
	}
	if status, _, _ := b.askWith(mine, "GET", systemsPath, nil); status != 401 {
		t.Errorf("a session that has ended is answered %d", status)
	}
	if state := b.State(); state.Sessions != 0 || state.Logins != 1 {
		t.Errorf("%d sessions are open of %d", state.Sessions, state.Logins)
	}
}

func TestTasksCanBeFollowedUnlessTheyAreLost(t *testing.T) {
	b := newBench(t, Dials{Tasks: "monitor", OffSeconds: 5, RetryAfter: "2"})
	header := b.answers("GracefulShutdown", 202)
	monitor := header.Get("Location")
	if status, later, _ := b.ask("GET", monitor, nil); status != 202 || later.Get("Retry-After") != "2" {
		t.Errorf("the monitor is answered %d", status)
	}
	b.Turn(func(d *Dials) { d.Tasks = "always200" })
	if status, _, said := b.ask("GET", monitor, nil); status != 200 || !strings.Contains(fmt.Sprint(said), "TaskInRunning") {
		t.Errorf("the monitor is answered %d %v", status, said)
	}
	b.Turn(func(d *Dials) { d.Tasks = "lost" })
	if status, _, _ := b.ask("GET", monitor, nil); status != 404 {
		t.Errorf("a lost task is answered %d", status)
	}
	b.Turn(func(d *Dials) { d.Tasks = "monitor" })
	b.pass(5)
	if status, _, _ := b.ask("GET", monitor, nil); status != 204 {
		t.Errorf("a task that has ended is answered %d", status)
	}
	b.shows("Off")
}

func TestPowerStateMayBeOldMissingNullOrOnItsWay(t *testing.T) {
	b := newBench(t, Dials{StaleSeconds: 20})
	b.pass(60)
	b.answers("ForceOff", 204)
	b.pass(19)
	b.shows("On")
	if b.IsOn() {
		t.Error("it is on")
	}
	b.pass(2)
	b.shows("Off")
	b.Turn(func(d *Dials) { *d = Dials{NullPowerState: true} })
	if system, _ := b.target(); system["PowerState"] != nil || !contains(system, "PowerState") {
		t.Errorf("it is %v", system["PowerState"])
	}
	b.Turn(func(d *Dials) { *d = Dials{NoPowerState: true} })
	if system, _ := b.target(); contains(system, "PowerState") {
		t.Errorf("it is %v", system["PowerState"])
	}
	b.Turn(func(d *Dials) { *d = Dials{Transitions: true, OnSeconds: 4, OffSeconds: 4} })
	b.answers("On", 204)
	b.shows("PoweringOn")
	b.pass(4)
	b.shows("On")
	b.answers("GracefulShutdown", 204)
	b.shows("PoweringOff")
}

func contains(in object, key string) bool { _, is := in[key]; return is }

func TestResetsMayBeIgnoredRefusedOrInConflict(t *testing.T) {
	for _, one := range []struct {
		what   string
		dials  Dials
		kind   string
		status int
		shows  string
	}{
		{"one that lies", Dials{Lies: true}, "ForceOff", 204, "On"},
		{"one whose system does not heed", Dials{IgnoresGraceful: true}, "GracefulShutdown", 204, "On"},
		{"and that can be forced", Dials{IgnoresGraceful: true}, "ForceOff", 204, "Off"},
		{"one that has no graceful end", Dials{RefusesGraceful: true}, "GracefulShutdown", 400, "On"},
		{"one that can't be forced", Dials{IgnoresForce: true}, "ForceOff", 204, "On"},
		{"one with a button", Dials{}, "PushPowerButton", 204, "Off"},
	} {
		b := newBench(t, one.dials)
		b.answers(one.kind, one.status)
		b.pass(1)
		if system, _ := b.target(); system["PowerState"] != one.shows {
			t.Errorf("%s: it is %v", one.what, system["PowerState"])
		}
	}
	b := newBench(t, Dials{ConflictSeconds: 10, OffWhenOffFails: true, IgnoresOn: true})
	b.pass(60)
	b.answers("ForceOff", 204)
	b.answers("ForceOff", 400)
	b.answers("On", 409)
	b.pass(10)
	b.answers("On", 204)
	b.shows("Off")
	b.Turn(func(d *Dials) { d.IgnoresOn = false })
	b.answers("On", 204)
	b.shows("On")
}

func TestAllowableValuesMayBeElsewhereOrWrong(t *testing.T) {
	b := newBench(t, Dials{ActionInfo: true, AbsoluteLinks: true, Allowed: []string{"On", "GracefulShutdownGracefulRestart"}})
	url, err := b.Serve("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	system, target := b.target()
	action := system["Actions"].(object)["#ComputerSystem.Reset"].(object)
	if contains(action, "ResetType@Redfish.AllowableValues") || !strings.HasPrefix(target, url+"/redfish/") {
		t.Errorf("the action is %v", action)
	}
	info := b.get(action["@Redfish.ActionInfo"].(string))
	if values := info["Parameters"].([]any)[0].(object)["AllowableValues"].([]any); len(values) != 2 || values[1] != "GracefulShutdownGracefulRestart" {
		t.Errorf("the values are %v", values)
	}
}

func TestSystemMayHaveItsUUIDSwappedAndABoardBeforeIt(t *testing.T) {
	b := newBench(t, Dials{SwapUUID: true, Baseboard: true})
	if system, _ := b.target(); system["UUID"] != "33221100-5544-7766-8899-aabbccddeeff" {
		t.Errorf("it is %v", system["UUID"])
	}
	if first := b.get(systemsPath)["Members"].([]any)[0].(object)["@odata.id"]; b.get(first.(string))["UUID"] == uuid {
		t.Error("the first system is the machine")
	}
}

func TestFailuresCanBeCountedAndSayWhenToComeBack(t *testing.T) {
	b := newBench(t, Dials{FailWith: 503, FailTimes: 2, RetryAfter: "7"})
	for range 2 {
		if status, header, _ := b.ask("GET", systemsPath, nil); status != 503 || header.Get("Retry-After") != "7" {
			t.Errorf("it is answered %d", status)
		}
	}
	b.get(systemsPath)
	b.Turn(func(d *Dials) { d.FailWith, d.EmptyBodies = 0, 1 })
	if status, _, said := b.ask("GET", b.systemPath(), nil); status != 200 || len(said) > 0 {
		t.Errorf("it is answered %d %v", status, said)
	}
	b.shows("On")
	b.Turn(func(d *Dials) { d.RedirectTo = "self" })
	if status, header, _ := b.ask("GET", systemsPath, nil); status != 308 || header.Get("Location") != systemsPath+"/" {
		t.Errorf("it is answered %d %v", status, header)
	}
	b.get(systemsPath + "/")
}

func TestMetersTellWhatTheSystemDrawsOffToo(t *testing.T) {
	watts, standby := 200.0, 0.0
	b := newBench(t, Dials{Watts: &watts, StandbyWatts: &standby, Meters: []string{"environment", "control", "supplies"}})
	chassis := b.get(b.get(root + "/Chassis")["Members"].([]any)[0].(object)["@odata.id"].(string))
	environment := func() object { return b.get(chassis["EnvironmentMetrics"].(object)["@odata.id"].(string)) }
	power := b.get(chassis["Power"].(object)["@odata.id"].(string))
	if now := environment()["PowerWatts"].(object)["Reading"]; now != 200.0 {
		t.Errorf("it draws %v", now)
	}
	if now := power["PowerControl"].([]any)[0].(object)["PowerConsumedWatts"]; now != 200.0 {
		t.Errorf("it draws %v", now)
	}
	if now := power["PowerSupplies"].([]any)[1].(object)["PowerInputWatts"]; now != 100.0 {
		t.Errorf("a supply draws %v", now)
	}
	b.Turn(func(d *Dials) { d.OffSeconds = 1800 })
	b.answers("GracefulShutdown", 204)
	b.pass(3600) // half an hour at 200 W, half an hour at nothing, and nobody looks meanwhile
	if now := environment()["EnergykWh"].(object)["Reading"].(float64); now < 0.0999 || now > 0.1001 {
		t.Errorf("it has used %g kWh", now)
	}
	if now := environment()["PowerWatts"].(object)["Reading"]; now != 0.0 {
		t.Errorf("off it draws %v", now)
	}
	b.Turn(func(d *Dials) { d.NullWatts = true })
	if now := environment()["PowerWatts"].(object)["Reading"]; now != nil {
		t.Errorf("it draws %v", now)
	}
	b.Turn(func(d *Dials) { *d = Dials{Meters: []string{"none"}} })
	if status, _, _ := b.ask("GET", chassisPath+"/EnvironmentMetrics", nil); status != 404 {
		t.Errorf("what it has not is answered %d", status)
	}
}
