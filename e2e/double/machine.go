package double

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

const (
	lookEvery  = 500 * time.Millisecond
	lookLimit  = 10 * time.Second
	mostOfLook = 1 << 20
)

// BootTime is an annotation of a Node: how long its machine takes from being switched on until its kubelet runs, as a duration. It
// holds over the node's own, and takes effect at once, also on one that boots.
const BootTime = "node-double/boot-time"

// Machines says how the controllers of machines are asked whether these are on. The node of one that is off falls silent, as one
// does that a controller switches off: nobody is told before.
type Machines struct {
	User, Password string
	CAFile         string // of those that speak TLS
}

func (m Machines) client() (*http.Client, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	if m.CAFile != "" {
		text, err := os.ReadFile(m.CAFile)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s holds no certificate", m.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	return &http.Client{Transport: transport, Timeout: lookLimit}, nil
}

// isOn asks the controller at an address. What it answers must have a field PowerState, as a system of Redfish has.
func (m Machines) isOn(ctx context.Context, client *http.Client, address string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false, err
	}
	if request.URL.Scheme == "https" {
		request.SetBasicAuth(m.User, m.Password)
	}
	answer, err := client.Do(request)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostOfLook))
	if err != nil {
		return false, err
	}
	var said struct{ PowerState string }
	if err := json.Unmarshal(text, &said); err != nil || answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("%s: %s: %.100s", address, answer.Status, text)
	}
	switch said.PowerState {
	case "On", "PoweringOff":
		return true, nil
	case "Off", "PoweringOn":
		return false, nil
	}
	return false, fmt.Errorf("%s: PowerState is %q", address, said.PowerState)
}

// machine is what a node runs on: it may be off, and when it is switched on it takes a while to boot.
type machine struct {
	off  bool
	upAt time.Time // when it was last switched on; zero: it has been on from the beginning
	down bool      // as far as its node was told
}

// boots says how long the machine still takes; the mutex is held.
func (n *node) boots() time.Duration {
	takes := n.Boot
	if n.bootTime != nil {
		takes = *n.bootTime
	}
	if n.machine.upAt.IsZero() {
		return 0
	}
	return time.Until(n.machine.upAt.Add(takes))
}

// runs says whether the machine is on and has booted; the mutex is held.
func (n *node) runs() bool { return !n.machine.off && n.boots() <= 0 }

// followMachine asks its controller whether it is on until the context ends. While that does not answer the machine is as it was.
func (n *node) followMachine(ctx context.Context, client *http.Client) {
	silent := ""
	for {
		on, err := n.double.machines.isOn(ctx, client, n.PowerURL)
		switch {
		case err != nil && ctx.Err() == nil && err.Error() != silent:
			silent = err.Error()
			log.Printf("node %s: its machine: %v", n.Name, err)
		case err == nil:
			silent = ""
			n.setMachine(on)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookEvery):
		}
	}
}

// setMachine on or off, and stop or go on with what is on the node when that has come to be.
func (n *node) setMachine(on bool) {
	n.mu.Lock()
	if on == n.machine.off {
		log.Printf("node %s: its machine is on: %t", n.Name, on)
		n.machine.off = !on
		if on {
			n.machine.upAt = time.Now()
		}
	}
	down := !n.runs()
	changed := down != n.machine.down
	n.machine.down = down
	if changed && !down {
		n.bootedAt = time.Now().Truncate(time.Second) // as coarse as the start of pods
		log.Printf("node %s: its machine has booted", n.Name)
	}
	n.mu.Unlock()
	if changed {
		n.enqueueAll()
	}
}

// systemUUID of a node that was given none.
func systemUUID(name string) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", crc32.ChecksumIEEE([]byte(name)), crc32.ChecksumIEEE([]byte("machine of "+name)))
}
