package redfish

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
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
