package double

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestNodeIsWrittenAsItIsRead(t *testing.T) {
	const text = "n1,zone=b,uuid=00112233-4455-6677-8899-aabbccddeeff,power=https://127.0.0.1:1/redfish/v1/Systems/1,boot=5s,label.a=b"
	spec, err := ParseNode(text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseNode(spec.String())
	if err != nil || again.UUID != spec.UUID || again.PowerURL != "https://127.0.0.1:1/redfish/v1/Systems/1" || again.Boot != 5*time.Second || again.Labels["a"] != "b" {
		t.Errorf("%q is read as %+v (%v)", spec.String(), again, err)
	}
	one, _ := ParseNode("n1")
	other, _ := ParseNode("n2")
	if one.UUID == "" || one.UUID == other.UUID {
		t.Errorf("two nodes have the UUIDs %q and %q", one.UUID, other.UUID)
	}
	if _, err := ParseNode("n1,boot=soon"); err == nil {
		t.Error("a time that is none was taken")
	}
}

func TestMachineIsOnUntilItsControllerSaysOff(t *testing.T) {
	answer := ""
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) { _, _ = writer.Write([]byte(answer)) }))
	defer server.Close()
	for said, want := range map[string]struct{ on, fails bool }{
		`{"PowerState": "On"}`: {on: true}, `{"PowerState": "PoweringOff"}`: {on: true}, `{"PowerState": "Off"}`: {}, `{"PowerState": "PoweringOn"}`: {},
		`{"PowerState": null}`: {fails: true}, `{}`: {fails: true}, `not JSON`: {fails: true},
	} {
		answer = said
		on, err := Machines{}.isOn(context.Background(), server.Client(), server.URL)
		if on != want.on || (err != nil) != want.fails {
			t.Errorf("%s: it is on: %t (%v)", said, on, err)
		}
	}
}

func TestNodeIsOnWhenItsMachineHasBooted(t *testing.T) {
	n := &node{NodeSpec: NodeSpec{Name: "n1", Boot: time.Hour}}
	steps := []struct {
		what string
		step func()
		on   bool
	}{
		{"it has been on from the beginning", func() {}, true},
		{"its machine is off", func() { n.machine.off = true }, false},
		{"its machine boots", func() { n.machine.off, n.machine.upAt = false, time.Now() }, false},
		{"it takes no time", func() { none := time.Duration(0); n.bootTime = &none }, true},
		{"as the node itself says", func() { n.bootTime = nil }, false},
		{"an hour ago", func() { n.machine.upAt = time.Now().Add(-time.Hour) }, true},
		{"it was shut down in good order", func() { n.power = "off" }, false},
	}
	for _, each := range steps {
		each.step()
		if n.on() != each.on {
			t.Errorf("%s: it is on: %t", each.what, n.on())
		}
	}
}
