// Package sick holds what Drover does, and above all leaves alone, where some nodes or machines are not well, or in people's hands.
// The cases run beside each other under one operator: each has nodes, a namespace and a policy of its own.
package sick

import (
	"flag"
	"fmt"
	"testing"
	"time"

	. "drover.dev/drover/e2e/spec"
)

// Nodes of each case, in a zone of that name, of four cores each.
var sizes = map[string]int{"unplaceable": 3, "unscraped": 4, "lost": 4, "hands": 5, "daemon": 4}

func TestMain(m *testing.M) {
	var nodes []string
	for name, size := range sizes {
		for i := 1; i <= size; i++ {
			nodes = append(nodes, fmt.Sprintf("%s-%d,zone=%s,label.case=%s", name, i, name, name))
		}
	}
	_ = flag.Set("test.parallel", fmt.Sprint(len(sizes))) // they mostly wait
	MainOn(m, nodes...)
}

func TestSick(t *testing.T) {
	s := WithDrover(t)
	s.MustDo(s.RunHandlers(t.Context()))
	operator := s.StartOperator("--allow-owner-promql") // for the one whose signal is an expression
	t.Cleanup(operator.MustHoldInvariants)              // when all cases are over
	for name, check := range map[string]func(*ward){
		"unplaceable": unplaceable, "unscraped": unscraped, "lost": lost, "hands": hands, "daemon": daemon,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &ward{Scenario: s.Part(t), name: name}
			for i := 1; i <= sizes[name]; i++ {
				w.nodes = append(w.nodes, w.Node(fmt.Sprintf("%s-%d", name, i)))
			}
			check(w)
		})
	}
}

// ward is what a case has.
type ward struct {
	*Scenario
	name  string
	nodes []Node
}

const (
	packing = 90 * time.Second
	aBreath = 15 * time.Second // many rounds
)

// pack looks every three seconds, and may empty so many of the case's nodes.
func (w *ward) pack(nodes int) *Policy {
	return w.ClusterPolicy("pack-"+w.name, fmt.Sprintf(`
type: Consolidation
mode: Enforce
perVM: {cooldown: 5s, movesPerDay: 100}
disruption: {budgets: [{migrations: 2}]}
consolidation: {interval: 3s, reserve: 0, nodes: {matchLabels: {case: %s}}, powerDown: {maxResting: %d}}
`, w.name, nodes))
}

// vm that starts on a node of the case, and can run on those only.
func (w *ward) vm(name string, on Node, cores float64) *VM {
	return w.VM(name).OnNode(on.Name).OnlyOn("case", w.name).VCPUs(2).Memory("512Mi").Using(Cores(cores))
}

// oneEach starts a machine on each of these nodes, called after it; no two are alike.
func (w *ward) oneEach(nodes ...Node) map[Node]*VM {
	vms := map[Node]*VM{}
	var all []*VM
	for i, node := range nodes {
		vms[node] = w.vm("on-"+node.Name, node, 0.1+0.05*float64(i))
		all = append(all, vms[node])
	}
	w.Start(all...)
	return vms
}

// mustRest waits until so many of these nodes are Empty, and the others have no marks.
func (w *ward) mustRest(count int, among ...Node) (resting []Node) {
	w.T.Helper()
	w.Eventually(fmt.Sprintf("%d nodes rest", count), packing, func() error {
		resting = nil
		for _, node := range among {
			switch life := node.Life(); {
			case life == "Empty" && node.IsCordoned():
				resting = append(resting, node)
			case life != "":
				return fmt.Errorf("%s is %s", node.Name, life)
			}
		}
		if len(resting) != count {
			return fmt.Errorf("%d do", len(resting))
		}
		return nil
	})
	return resting
}

// mustRelieve the node on which these machines ask for more than there is.
func (w *ward) mustRelieve(full Node, of ...*VM) {
	w.T.Helper()
	w.Eventually("an overloaded node is relieved", packing, func() error {
		for _, vm := range of {
			if vm.Node() != full.Name {
				return nil
			}
		}
		return fmt.Errorf("all are on %s", full.Name)
	})
}

// mustWrite at most so much on these nodes for a while.
func (w *ward) mustWrite(most int, length time.Duration, nodes ...Node) {
	w.T.Helper()
	before := w.Writes(nodes...)
	w.Throughout(fmt.Sprintf("at most %d writes of nodes", most), length, func() error {
		if made := w.Writes(nodes...) - before; made > most {
			return fmt.Errorf("there are %d", made)
		}
		return nil
	})
	w.T.Logf("%d writes of nodes in %s, and %d moves until then", w.Writes(nodes...)-before, length, w.Moves())
}

// says whether the policy's condition Ready has this status, and a message with all of this.
func says(policy *Policy, status string, parts ...string) func() error {
	return func() error {
		now, err := policy.Status()
		if err != nil {
			return err
		}
		return now.Says("Ready="+status, parts...)
	}
}
