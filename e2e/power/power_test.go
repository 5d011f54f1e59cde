// Package power holds what Drover does with nodes that sleep and wake where something on the way is broken, refuses, or is in people's
// hands. The cases run beside each other under two operators: each has two nodes, a controller of the second one's machine, a namespace,
// a policy and a profile of its own. The first node stays on; the second is the one that may sleep.
package power

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"drover.dev/drover/e2e/redfish"
	. "drover.dev/drover/e2e/spec"
)

const user, password = "drover", "pass:word \"quoted\""

var cases = map[string]func(*ward){
	// controllers
	"healthy": healthy, "slow": slow, "dead": dead, "dead-asleep": deadAsleep, "failing": failing, "liar": liar, "deaf": deaf, "refusing": refusing,
	"crowded": crowded, "stale": stale, "vendor": vendor, "mute": mute, "never-up": neverUp, "metered": metered,
	// what is on the node
	"budget": budget, "immovable": immovable, "late": late, "bare": bare, "moved-pods": movedPods,
	// machines that others switch
	"metal3": metal3, "lan": lan, "domain": domain,
	// people
	"uncordoned": uncordoned, "button": button, "hands-off": handsOff, "command": command, "deleted": deleted,
}

var (
	controllers = map[string]*redfish.BMC{} // by case
	addresses   = map[string]string{}
	authority   string // that vouches for all of them, in PEM
)

func TestMain(m *testing.M) {
	control, err := net.Listen("tcp", "127.0.0.1:0")
	certificate, inPEM, _, failed := redfish.SelfSigned()
	if err != nil || failed != nil {
		fmt.Println(err, failed)
		os.Exit(1)
	}
	authority = string(inPEM)
	var nodes []string
	var all []*redfish.BMC
	for name := range cases {
		uuid := fmt.Sprintf("6f6e6f6d-0000-4000-8000-%012x", len(all)+1)
		bmc := redfish.New(redfish.Options{Name: name, UUID: uuid, User: user, Password: password, Dials: redfish.Dials{OffSeconds: 1, OnSeconds: 1}})
		if addresses[name], err = bmc.Serve("127.0.0.1:0", &certificate); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		controllers[name], all = bmc, append(all, bmc)
		common := fmt.Sprintf("zone=%s,label.case=%s", name, name)
		address := "127.0.0.1"
		if name == "lan" {
			address = lanAddress
		}
		nodes = append(nodes, fmt.Sprintf("%s-1,%s,label.drover.dev/keep-on=", name, common),
			fmt.Sprintf("%s-2,%s,label.machine=%s,uuid=%s,boot=3s,address=%s,power=http://%s/%s", name, common, name, uuid, address, control.Addr(), name))
	}
	go func() { _ = http.Serve(control, redfish.Control(all...)) }()
	_ = flag.Set("test.parallel", fmt.Sprint(len(cases))) // they mostly wait
	MainOn(m, nodes...)
}

func TestPower(t *testing.T) {
	s := WithDrover(t)
	t.Cleanup(func() { // before anything else is cleaned up
		s.KillOperators()
		for _, bmc := range controllers {
			bmc.Turn(func(d *redfish.Dials) { *d = redfish.Dials{} })
			bmc.Press(true)
		}
	})
	s.MustDo(s.ConfigureKubeVirt(t.Context(), `{"migrations": {"parallelMigrationsPerCluster": 30}}`))
	s.Secret("bmc", user, password)
	books := s.PostgreSQL()
	elsewhere := hostsElsewhere(s)
	first := s.Operator("--metal3-kubeconfig", elsewhere).Keep(books.Ledger)
	second := s.Operator("--metal3-kubeconfig", elsewhere).Keep(books.Ledger) // which waits for the lease, and must not do anything
	for _, operator := range []*Operator{first, second} {
		operator.Start()
		operator.MustBecomeReady()
	}
	t.Cleanup(func() {
		first.MustHoldInvariants()
		second.MustHoldInvariants()
		books.MustAddUp(1, Patient(30*time.Second)) // on a busy machine the lease may lapse for some seconds
	})
	t.Run("ledger-away", func(t *testing.T) {
		t.Parallel()
		ledgerAway(s.Part(t), books)
	})
	for name, check := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &ward{Scenario: s.Part(t), name: name, bmc: controllers[name], books: books.Ledger}
			w.stays, w.sleeper = w.Node(name+"-1"), w.Node(name+"-2")
			w.watch()
			check(w)
			w.mustHaveDoneNothingForbidden()
			w.mustLeaveNothing()
		})
	}
}

// ward is what a case has.
type ward struct {
	*Scenario
	name           string
	stays, sleeper Node
	bmc            *redfish.BMC
	policy         *Policy
	vms            []*VM
	seen           *witness
	books          *Ledger
}

const (
	packing  = 90 * time.Second // until a node is empty
	sleeping = 3 * time.Minute  // until it is asleep, the time included in which its lease must not be renewed
	waking   = 2 * time.Minute  // until it serves again
)

const packs = `
type: Consolidation
mode: Enforce
perVM: {cooldown: 5s, movesPerDay: 100}
disruption: {budgets: [{migrations: 2}]}
consolidation: {interval: 3s, reserve: 0, moveCostJoules: 0, powerDown: {enabled: true, after: 3s, maxResting: 1}}
`

const profile = `
model: {idleWatts: 200, maxWatts: 400, standbyWatts: 5}
boot: {time: 5s, joules: 500}
shutdown: {time: 5s, joules: 100}
driver: {type: Redfish, redfish: {secret: {namespace: drover-system, name: bmc}}}
limits: {cyclesPerDay: 100, minimumOn: 0s, wakeDeadline: 60s, forceOffAfter: 20s}
`

func quoted(text string) string {
	inJSON, _ := json.Marshal(text)
	return string(inJSON)
}

// evening: each node has a machine that does little, and a policy packs them. Changes are the profile's.
func (w *ward) evening(changes ...Change) {
	w.T.Helper()
	w.load()
	w.pack(changes...)
}

func (w *ward) load() {
	w.T.Helper()
	w.vms = []*VM{w.vm("stays", w.stays.Name, 0.1), w.vm("leaves", w.sleeper.Name, 0.15)}
	w.Start(w.vms...)
}

func (w *ward) pack(changes ...Change) {
	w.T.Helper()
	w.PowerProfile(w.name, profile, append([]Change{With("nodeSelector", "{matchLabels: {machine: "+w.name+"}}"),
		With("driver.redfish.address", quoted(addresses[w.name])), With("driver.redfish.caBundle", quoted(authority))}, changes...)...)
	w.policy = w.ClusterPolicy("pack-"+w.name, packs, With("consolidation.nodes", "{matchLabels: {case: "+w.name+"}}"))
}

// vm that can run on the case's nodes only, and starts on one of them.
func (w *ward) vm(name, on string, cores float64) *VM {
	return w.VM(name).OnNode(on).OnlyOn("case", w.name).VCPUs(1).Memory("512Mi").Using(Cores(cores))
}

// need the sleeper: a machine that no other node would take.
func (w *ward) need(name string) *VM {
	w.T.Helper()
	vm := w.VM(name).OnlyOn("kubernetes.io/hostname", w.sleeper.Name).VCPUs(1).Memory("512Mi").Using(Cores(0.1))
	w.Create(vm)
	return vm
}

func (w *ward) turn(change func(*redfish.Dials)) { w.bmc.Turn(change) }
