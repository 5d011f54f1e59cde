// Package redfish plays the management controllers (BMCs) of machines: each has an address of its own, TLS, and what real ones have
// and get wrong, by dials that may be turned at any time (dials.go). What it shows follows DMTF's Redfish; its quirks are those that
// are known of vendors' firmware.
package redfish

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options of a controller.
type Options struct {
	Name     string // of the node; the system's id is system-NAME
	UUID     string // as in the node's status.nodeInfo.systemUUID
	User     string
	Password string
	Off      bool // it is off at first
	Dials    Dials
	Before   func(kind string) // called before a reset is judged, if it is set; the answer waits for it
}

// Reset that was asked for, and how it was answered.
type Reset struct {
	Type   string    `json:"type"`
	At     time.Time `json:"at"`
	Status int       `json:"status"`
}

// State is what is true of a controller and its system, whatever it says.
type State struct {
	Name       string  `json:"name"`
	PowerState string  // "On" or "Off"; its name is that of Redfish, so that whoever reads one may read the other
	Resets     []Reset `json:"resets"`
	Requests   int     `json:"requests"`   // that it was asked
	MostAtOnce int     `json:"mostAtOnce"` // of them that were under way together
	Sessions   int     `json:"sessions"`   // open ones, without those that others hold
	Logins     int     `json:"logins"`     // sessions ever opened
	Dials      Dials   `json:"dials"`
}

// BMC is one controller with one system. Its methods may be called from anywhere.
type BMC struct {
	Options

	mu       sync.Mutex
	now      func() time.Time
	machine  machine
	dials    Dials
	resets   []Reset
	sessions map[string]string // token by id
	logins   int
	tasks    map[string]time.Time // when each ends
	requests int
	inFlight int
	most     int
	gate     *gate // its listener, when it is served
	changed  chan struct{}
}

func New(options Options) *BMC {
	return newAt(options, time.Now)
}

func newAt(options Options, now func() time.Time) *BMC {
	return &BMC{Options: options, now: now, machine: newMachine(!options.Off, now()), dials: options.Dials, sessions: map[string]string{},
		tasks: map[string]time.Time{}, changed: make(chan struct{})}
}

// Turn the dials.
func (b *BMC) Turn(change func(*Dials)) {
	b.mu.Lock()
	b.settle()
	change(&b.dials)
	refuse, gate := b.dials.Refuse, b.gate
	close(b.changed) // whoever was kept waiting looks again
	b.changed = make(chan struct{})
	b.mu.Unlock()
	if gate != nil {
		gate.open(!refuse)
	}
}

// Press its power switch, as a person does.
func (b *BMC) Press(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle()
	b.machine.order(on, 0, b.now())
	b.settle()
}

// State of it, now.
func (b *BMC) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle()
	return State{Name: b.Name, PowerState: powerState(b.machine.on), Resets: append([]Reset{}, b.resets...), Requests: b.requests, MostAtOnce: b.most,
		Sessions: len(b.sessions), Logins: b.logins, Dials: b.dials}
}

// IsOn says whether the system is, in truth.
func (b *BMC) IsOn() bool { return b.State().PowerState == "On" }

// settle is for those who hold the mutex.
func (b *BMC) settle() { b.machine.settle(b.now(), b.watts) }

func (b *BMC) watts(on bool) float64 {
	switch {
	case on && b.dials.Watts != nil:
		return *b.dials.Watts
	case on:
		return 120
	case b.dials.StandbyWatts != nil:
		return *b.dials.StandbyWatts
	}
	return 8
}

func powerState(on bool) string {
	if on {
		return "On"
	}
	return "Off"
}

// ServeHTTP answers as the controller does.
func (b *BMC) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	b.mu.Lock()
	b.requests++
	b.inFlight++
	b.most = max(b.most, b.inFlight)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.inFlight--
		b.mu.Unlock()
	}()
	if !b.patient(request) {
		panic(http.ErrAbortHandler)
	}
	b.tellBefore(request)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle()
	reply := b.route(request)
	reply.write(answer)
}

// tellBefore a reset whoever wants to know; the body is left for the answer to read.
func (b *BMC) tellBefore(request *http.Request) {
	if b.Before == nil || request.Method != http.MethodPost || !strings.HasSuffix(request.URL.Path, "/ComputerSystem.Reset") {
		return
	}
	text, _ := io.ReadAll(io.LimitReader(request.Body, mostOfBody))
	request.Body = io.NopCloser(bytes.NewReader(text))
	var what struct{ ResetType string }
	_ = json.Unmarshal(text, &what)
	b.Before(what.ResetType)
}

// patient waits as long as the dials say, and says whether there is anyone left to answer.
func (b *BMC) patient(request *http.Request) bool {
	for began := time.Now(); ; {
		b.mu.Lock()
		silent, left, changed := b.dials.Silent, seconds(b.dials.AnswerSeconds)-time.Since(began), b.changed
		b.mu.Unlock()
		if !silent && left <= 0 {
			return true
		}
		var due <-chan time.Time
		if !silent {
			due = time.After(left)
		}
		select {
		case <-due:
		case <-changed:
		case <-request.Context().Done():
			return false
		}
	}
}

func token() string {
	bytes := make([]byte, 16)
	_, _ = rand.Read(bytes)
	return hex.EncodeToString(bytes)
}
