package sick

import (
	"context"
	"fmt"
	"time"

	. "drover.dev/drover/e2e/spec"
)

// One VM asks for a node that there is not, another for what Drover does not look at: neither may set nodes flapping.
func unplaceable(w *ward) {
	w.oneEach(w.nodes...)
	policy := w.pack(2)
	w.mustRest(2, w.nodes...)

	nowhere := w.VM("nowhere").OnlyOn("disk", "none").VCPUs(1).Memory("512Mi")
	w.Create(nowhere)
	nowhere.MustWaitForANode()
	w.mustWrite(0, aBreath, w.nodes...)
	w.MustExplainPolicy(policy, w.Namespace+"/nowhere waits for a node, and none at rest would take it")

	// A node comes back for it and is given two minutes to help, and then another: a write each, and two until it rests again.
	alone := w.VM("alone").OnlyOn("case", w.name).Beside("nobody").VCPUs(1).Memory("512Mi")
	before := w.Writes(w.nodes...)
	w.Create(alone)
	alone.MustWaitForANode()
	w.mustWrite(4, 3*time.Minute, w.nodes...)
	w.Eventually("it is left aside, and that is said", 2*time.Minute, says(policy, "True", w.Namespace+"/alone waits for a node, and nodes that came back did not help"))
	w.mustRest(2, w.nodes...)
	if made := w.Writes(w.nodes...) - before; made < 2 || made > 6 {
		w.T.Errorf("%d writes of nodes for it: %q %q %q", made, w.nodes[0].Lives(), w.nodes[1].Lives(), w.nodes[2].Lives())
	}
	w.mustWrite(0, 20*time.Second, w.nodes...)
	if moves := w.Moves(); moves > 2 {
		w.T.Errorf("%d moves where two nodes were emptied of one machine each", moves)
	}
}

// Nothing is known of the machines of a node whose virt-handler nobody scrapes. They are older than the five minutes that new ones are
// given to show up in Prometheus.
func unscraped(w *ward) {
	dark, bright := w.nodes[0], w.nodes[1:]
	vms := w.oneEach(w.nodes...)
	silent := vms[dark]
	dark.Unscraped()
	time.Sleep(5*time.Minute + 5*time.Second)
	if known, err := w.Query(context.Background(), fmt.Sprintf(`kubevirt_vmi_info{namespace=%q,name=%q}`, w.Namespace, silent.Name)); err != nil || len(known) > 0 {
		w.T.Fatalf("Prometheus still knows it: %v %v", known, err)
	}
	policy := w.pack(3)
	resting := w.mustRest(2, bright...)
	w.MustExplainPolicy(policy, "node "+dark.Name+" stays in service", w.Namespace+"/"+silent.Name+" on it is not measured")

	// The others are looked after: where they ask for more than there is, one goes to a node that comes back.
	var full Node
	for _, node := range bright {
		if node != resting[0] && node != resting[1] {
			full = node
		}
	}
	var busy []*VM
	for _, node := range bright {
		busy = append(busy, vms[node].Using(Cores(1.9)))
	}
	w.mustRelieve(full, busy...)
	for _, vm := range busy {
		if on := vm.Node(); on == dark.Name {
			w.T.Errorf("%s went to %s, of which nothing is known", vm.Name, on)
		}
	}
	if made := silent.Migrations(); made > 0 {
		w.T.Errorf("%d migrations of a machine that nothing is known of", made)
	}
	if writes := w.Writes(dark); writes > 0 {
		w.T.Errorf("%d writes of a node that nothing is known of: %v", writes, dark.Lives())
	}
	if moves := w.Moves(); moves > 6 {
		w.T.Errorf("%d moves where two nodes were emptied of one machine each, and one was relieved of two", moves)
	}
}

// The machines of a node that has fallen silent cannot be copied off it, whatever policies want.
func lost(w *ward) {
	gone, others := w.nodes[0], w.nodes[1:]
	vms := w.oneEach(w.nodes...)
	second := w.vm("second", gone, 0.3).Start()
	gone.Lose()
	defer gone.PowerOn() // so that it is well again when the other cases end
	w.Eventually(gone.Name+" is not ready", 2*time.Minute, func() error {
		if gone.IsReady() {
			return fmt.Errorf("it is")
		}
		return nil
	})
	policy := w.pack(1)
	hot := w.Policy("hot", Pressure, With("selector", "{matchLabels: {app: second}}"), With("threshold.signal", fmt.Sprintf(
		`{promql: {query: 'label_replace(label_replace(vector(1), "namespace", "%s", "", ""), "name", "second", "", "")'}}`, w.Namespace)))
	hot.MustJudge(second, "Waiting", "SourceNotReady")
	resting := w.mustRest(1, others...) // the healthy are packed
	w.mustWrite(0, 20*time.Second, w.nodes...)

	// And relieved.
	moves, moved := w.Moves(), vms[resting[0]]
	full := w.Node(moved.Node())
	busy := []*VM{moved.Using(Cores(1.9)), vms[full].Using(Cores(1.9))}
	w.mustRelieve(full, busy...)
	if made := w.Moves() - moves; made > 2 {
		w.T.Errorf("%d moves to relieve one node", made)
	}
	for _, vm := range []*VM{vms[gone], second} {
		if made := vm.Migrations(); made > 0 {
			w.T.Errorf("%d migrations of %s, which is on a node that is not ready", made, vm.Name)
		}
	}
	if writes := w.Writes(gone); writes > 0 {
		w.T.Errorf("%d writes of the node that is not ready: %v", writes, gone.Lives())
	}
	policy.MustBe("Ready=True", "")
	w.MustExplain(second, "not ready")
}
