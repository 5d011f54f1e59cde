package redfish

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const uuid = "00112233-4455-6677-8899-aabbccddeeff"

// bench is a controller whose clock the test moves.
type bench struct {
	*BMC
	t    *testing.T
	time time.Time
}

func newBench(t *testing.T, dials Dials) *bench {
	b := &bench{t: t, time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	b.BMC = newAt(Options{Name: "n1", UUID: uuid, User: "drover", Password: "secret", Dials: dials}, func() time.Time { return b.time })
	return b
}

func (b *bench) pass(n float64) { b.time = b.time.Add(seconds(n)) }

// ask by basic authentication: the status, the header and the body.
func (b *bench) ask(method, path string, body any) (int, http.Header, object) {
	return b.askWith(func(r *http.Request) { r.SetBasicAuth("drover", "secret") }, method, path, body)
}

func (b *bench) askWith(who func(*http.Request), method, path string, body any) (int, http.Header, object) {
	b.t.Helper()
	text, _ := json.Marshal(body)
	request := httptest.NewRequest(method, path, bytes.NewReader(text))
	request.Header.Set("Content-Type", "application/json")
	who(request)
	answer := httptest.NewRecorder()
	b.ServeHTTP(answer, request)
	said := object{}
	if answer.Body.Len() > 0 {
		if err := json.Unmarshal(answer.Body.Bytes(), &said); err != nil {
			b.t.Fatalf("%s: %v", path, err)
		}
	}
	return answer.Code, answer.Header(), said
}

func (b *bench) get(path string) object {
	b.t.Helper()
	status, _, said := b.ask("GET", path, nil)
	if status != http.StatusOK {
		b.t.Fatalf("%s: %d %v", path, status, said)
	}
	return said
}

// target of the reset, found as a client must find it.
func (b *bench) target() (system object, path string) {
	b.t.Helper()
	members := b.get(b.get("/redfish/v1/")["Systems"].(object)["@odata.id"].(string))["Members"].([]any)
	system = b.get(members[len(members)-1].(object)["@odata.id"].(string))
	return system, system["Actions"].(object)["#ComputerSystem.Reset"].(object)["target"].(string)
}

func (b *bench) reset(kind string) (int, http.Header) {
	b.t.Helper()
	_, target := b.target()
	status, header, _ := b.ask("POST", target, object{"ResetType": kind})
	return status, header
}

func (b *bench) shows(want any) {
	b.t.Helper()
	if system, _ := b.target(); system["PowerState"] != want {
		b.t.Errorf("PowerState is %v instead of %v", system["PowerState"], want)
	}
}

func (b *bench) answers(kind string, want int) http.Header {
	b.t.Helper()
	status, header := b.reset(kind)
	if status != want {
		b.t.Errorf("%s is answered %d instead of %d", kind, status, want)
	}
	return header
}

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

// ---- over the network ----

func served(t *testing.T) (*BMC, string, *http.Client) {
	certificate, inPEM, _, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	b := New(Options{Name: "n1", UUID: uuid, User: "drover", Password: "secret"})
	url, err := b.Serve("127.0.0.1:0", &certificate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(inPEM)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return b, url, &http.Client{Transport: transport, Timeout: 5 * time.Second}
}

func TestControllerThatIsDeadRefusesAndComesBack(t *testing.T) {
	b, url, client := served(t)
	look := func() error {
		answer, err := client.Get(url + "/redfish/v1/")
		if err == nil {
			answer.Body.Close()
		}
		return err
	}
	if err := look(); err != nil {
		t.Fatal(err)
	}
	b.Turn(func(d *Dials) { d.Refuse = true })
	if err := look(); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("it is %v", err)
	}
	b.Turn(func(d *Dials) { d.Refuse = false })
	if err := look(); err != nil {
		t.Error(err)
	}
}

func TestControllerThatIsSilentOrSlowAnswersWhenTheDialIsTurned(t *testing.T) {
	b, url, client := served(t)
	b.Turn(func(d *Dials) { d.Silent = true })
	var all sync.WaitGroup
	all.Go(func() {
		answer, err := client.Get(url + "/redfish/v1/")
		if err != nil {
			t.Error(err)
			return
		}
		answer.Body.Close()
	})
	for b.State().Requests == 0 {
		time.Sleep(time.Millisecond)
	}
	b.Turn(func(d *Dials) { d.Silent, d.AnswerSeconds = false, 3600 })
	b.Turn(func(d *Dials) { d.AnswerSeconds = 0 })
	all.Wait()
	if most := b.State().MostAtOnce; most != 1 {
		t.Errorf("%d were under way at once", most)
	}
}

func TestControlTurnsDialsAndPressesTheSwitch(t *testing.T) {
	b := newBench(t, Dials{})
	control := Control(b.BMC)
	ask := func(method, path, body string) (int, State) {
		answer, state := httptest.NewRecorder(), State{}
		control.ServeHTTP(answer, httptest.NewRequest(method, path, strings.NewReader(body)))
		_ = json.Unmarshal(answer.Body.Bytes(), &state)
		return answer.Code, state
	}
	if _, state := ask("PATCH", "/n1/dials", `{"staleSeconds": 20}`); state.Dials.StaleSeconds != 20 {
		t.Errorf("the dials are %+v", state.Dials)
	}
	if _, state := ask("PATCH", "/n1/dials", `{"lies": true}`); !state.Dials.Lies || state.Dials.StaleSeconds != 20 {
		t.Errorf("the dials are %+v", state.Dials)
	}
	if _, state := ask("PUT", "/n1/dials", `{"lies": true}`); !state.Dials.Lies || state.Dials.StaleSeconds != 0 {
		t.Errorf("the dials are %+v", state.Dials)
	}
	if status, _ := ask("PATCH", "/n1/dials", `{"lie": true}`); status != 400 {
		t.Errorf("a dial that there is not is answered %d", status)
	}
	if _, state := ask("POST", "/n1/power", `{"PowerState": "Off"}`); state.PowerState != "Off" {
		t.Errorf("it is %+v", state)
	}
	if _, state := ask("GET", "/n1", ""); state.PowerState != "Off" || state.Name != "n1" {
		t.Errorf("it is %+v", state)
	}
}
