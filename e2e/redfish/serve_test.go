package redfish

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

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
