package redfish

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	root         = "/redfish/v1"
	systemsPath  = root + "/Systems"
	chassisPath  = root + "/Chassis/1"
	sessionsPath = root + "/SessionService/Sessions"
	tasksPath    = root + "/TaskService/Tasks/"
	mostOfBody   = 1 << 16
)

func (b *BMC) systemPath() string { return systemsPath + "/system-" + b.Name }

// route answers a request; the mutex is held.
func (b *BMC) route(request *http.Request) reply {
	path := strings.TrimSuffix(request.URL.Path, "/")
	if path == root || path == "/redfish" {
		return b.serviceRoot(path)
	}
	if trouble, is := b.trouble(request, path); is {
		return trouble
	}
	if path == sessionsPath && request.Method == http.MethodPost {
		return b.login(request)
	}
	if !b.knows(request) {
		return refuse(http.StatusUnauthorized, "Base.1.12.NoValidSession", "There is no valid session established with the implementation.").
			with("WWW-Authenticate", `Basic realm="bmc"`)
	}
	switch {
	case request.Method == http.MethodPost && path == b.systemPath()+"/Actions/ComputerSystem.Reset":
		return b.reset(request)
	case request.Method == http.MethodDelete && strings.HasPrefix(path, sessionsPath+"/"):
		delete(b.sessions, strings.TrimPrefix(path, sessionsPath+"/"))
		return reply{status: http.StatusNoContent}
	case request.Method != http.MethodGet:
		return refuse(http.StatusMethodNotAllowed, "Base.1.12.OperationNotAllowed", "The HTTP method is not allowed on this resource.")
	}
	return b.read(path)
}

func (b *BMC) serviceRoot(path string) reply {
	if path == "/redfish" {
		return ok(object{"v1": root + "/"})
	}
	body := object{"@odata.id": root + "/", "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot", "Id": "RootService", "RedfishVersion": "1.8.0", "UUID": b.UUID,
		"Systems": link(systemsPath), "Chassis": link(root + "/Chassis"), "Managers": link(root + "/Managers"), "Links": object{}}
	if !b.dials.NoSessions {
		body["SessionService"], body["Links"] = link(root+"/SessionService"), object{"Sessions": link(sessionsPath)}
	}
	return ok(body)
}

// trouble that a dial makes, whatever is asked.
func (b *BMC) trouble(request *http.Request, path string) (reply, bool) {
	switch d := &b.dials; {
	case d.FailWith != 0:
		status := d.FailWith
		if d.FailTimes > 0 {
			if d.FailTimes--; d.FailTimes == 0 {
				d.FailWith = 0
			}
		}
		return refuse(status, "Base.1.12.InternalError", "The request failed due to an internal service error.").with("Retry-After", d.RetryAfter), true
	case d.RedirectTo == "self" && !strings.HasSuffix(request.URL.Path, "/"):
		return reply{status: http.StatusPermanentRedirect}.with("Location", path+"/"), true
	case d.RedirectTo != "" && d.RedirectTo != "self":
		return reply{status: http.StatusPermanentRedirect}.with("Location", d.RedirectTo+request.URL.Path), true
	}
	return reply{}, false
}

// ---- who asks ----

func (b *BMC) knows(request *http.Request) bool {
	if given := request.Header.Get("X-Auth-Token"); given != "" {
		for _, each := range b.sessions {
			if subtle.ConstantTimeCompare([]byte(each), []byte(given)) == 1 {
				return true
			}
		}
		return false
	}
	user, password, given := request.BasicAuth()
	return given && !b.dials.NoBasic && b.isRight(user, password)
}

func (b *BMC) isRight(user, password string) bool {
	return subtle.ConstantTimeCompare([]byte(user+"\x00"+password), []byte(b.User+"\x00"+b.Password)) == 1
}

func (b *BMC) login(request *http.Request) reply {
	var who struct{ UserName, Password string }
	if bad, is := b.body(request, &who); is {
		return bad
	}
	switch {
	case b.dials.NoSessions:
		return refuse(http.StatusNotFound, "Base.1.12.ResourceMissingAtURI", "The resource was not found.")
	case !b.isRight(who.UserName, who.Password):
		return refuse(http.StatusUnauthorized, "Base.1.12.ResourceAtUriUnauthorized", "The credentials are wrong.")
	case len(b.sessions)+b.dials.SessionsTaken >= b.dials.sessionLimit():
		return refuse(http.StatusServiceUnavailable, "IDRAC.2.8.RAC0218", "The maximum number of user sessions is reached.")
	}
	b.logins++
	id := fmt.Sprint(b.logins)
	b.sessions[id] = token()
	return reply{status: http.StatusCreated, body: object{"@odata.id": sessionsPath + "/" + id, "Id": id, "UserName": who.UserName}}.
		with("X-Auth-Token", b.sessions[id]).with("Location", sessionsPath+"/"+id)
}

func (b *BMC) body(request *http.Request, into any) (reply, bool) {
	if kind, _, _ := strings.Cut(request.Header.Get("Content-Type"), ";"); kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "Base.1.12.UnsupportedMediaType", "Write application/json."), true
	}
	text, err := io.ReadAll(io.LimitReader(request.Body, mostOfBody))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "Base.1.12.MalformedJSON", err.Error()), true
	}
	return reply{}, false
}

// ---- what it is asked to do ----

var known = []string{"On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart", "Nmi", "ForceOn", "PushPowerButton"}

func (b *BMC) reset(request *http.Request) (answer reply) {
	var what struct{ ResetType string }
	if bad, is := b.body(request, &what); is {
		return bad
	}
	now := b.now()
	defer func() { b.resets = append(b.resets, Reset{what.ResetType, now, answer.status}) }()
	if bad, is := b.refusesReset(what.ResetType, now); is {
		return bad
	}
	b.carryOut(what.ResetType, now)
	b.settle()
	if b.dials.Tasks == "" {
		return reply{status: http.StatusNoContent}
	}
	id := fmt.Sprint(len(b.resets) + 1)
	b.tasks[id] = b.machine.at
	return reply{status: http.StatusAccepted, body: object{"@odata.id": tasksPath + id, "Id": id, "TaskState": "New"}}.
		with("Location", tasksPath+id+"/Monitor").with("Retry-After", b.dials.RetryAfter)
}

func (b *BMC) refusesReset(kind string, now time.Time) (reply, bool) {
	turnsOn := kind == "On" || kind == "ForceOn"
	isKnown := false
	for _, each := range known {
		isKnown = isKnown || each == kind
	}
	switch d := b.dials; {
	case !isKnown:
		return refuse(http.StatusBadRequest, "Base.1.12.ActionParameterNotSupported", "The parameter ResetType has a value that is not supported."), true
	case kind == "GracefulShutdown" && d.RefusesGraceful:
		return refuse(http.StatusBadRequest, "Base.1.12.ActionNotSupported", "The action GracefulShutdown is not supported by the resource."), true
	case kind == "ForceOff" && d.OffWhenOffFails && !b.machine.on:
		return refuse(http.StatusBadRequest, "Base.1.12.ActionParameterValueConflict", "The system is off already."), true
	case turnsOn && !b.machine.on && now.Before(b.machine.offSince().Add(seconds(d.ConflictSeconds))):
		return refuse(http.StatusConflict, "Base.1.12.ActionParameterValueConflict", "The request conflicts with the state of the system."), true
	}
	return reply{}, false
}

func (b *BMC) carryOut(kind string, now time.Time) {
	d, m := b.dials, &b.machine
	if d.Lies {
		return
	}
	switch kind {
	case "On", "ForceOn":
		if !m.goal && !d.IgnoresOn {
			m.order(true, seconds(d.OnSeconds), now)
		}
	case "GracefulShutdown":
		if m.goal && !d.IgnoresGraceful {
			m.order(false, seconds(d.OffSeconds), now)
		}
	case "ForceOff":
		if (m.on || m.goal) && !d.IgnoresForce {
			m.order(false, 0, now)
		}
	case "PushPowerButton":
		m.order(!m.goal, 0, now)
	}
}
