// Package consolidation holds what a policy of type Consolidation must do, on six nodes of four cores, three in each of two zones.
package consolidation

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "drover.dev/drover/e2e/spec"
)

func TestMain(m *testing.M) {
	MainOn(m, "n1,zone=a", "n2,zone=a", "n3,zone=a", "n4,zone=b", "n5,zone=b", "n6,zone=b")
}

// Pack often, two machines at a time. Of the three nodes of a zone one may rest, so that of six nodes two can.
const pack = `
type: Consolidation
mode: Enforce
perVM: {cooldown: 5s, movesPerDay: 100}
disruption: {budgets: [{migrations: 2}]}
consolidation: {interval: 3s, reserve: 1, powerDown: {maxResting: 1}}
`

const (
	packing = 90 * time.Second
	used    = 3.0 // cores, by all that spread starts
)

// spread starts two machines on each node, which use little: each a little more than the last, so that no two are alike. A tenth
// more or less would change no decision: what is measured is never exact.
func spread(s *Scenario) (vms []*VM) {
	for i, node := range s.Nodes() {
		for j, half := range []string{"a", "b"} {
			use := 0.14 + 0.04*float64(i) + 0.02*float64(j)
			vms = append(vms, s.VM(fmt.Sprintf("vm-%d%s", i+1, half)).OnNode(node.Name).VCPUs(1).Memory("512Mi").Using(Cores(use)))
		}
	}
	s.Start(vms...)
	return vms
}

// packed says why it is not so that exactly two nodes rest: empty, marked and cordoned; and that no other node is marked.
func packed(s *Scenario, vms []*VM) error {
	resting := map[string]bool{}
	for _, node := range s.Nodes() {
		switch life := node.Life(); {
		case life == "Empty" && node.IsCordoned():
			resting[node.Name] = true
		case life != "":
			return fmt.Errorf("%s is %s", node.Name, life)
		}
	}
	if len(resting) != 2 {
		return fmt.Errorf("%d nodes rest", len(resting))
	}
	for _, vm := range vms {
		if resting[vm.Node()] {
			return fmt.Errorf("%s is still on %s", vm.Name, vm.Node())
		}
	}
	return nil
}

func recommended(status Status) error {
	for _, verdict := range status.Verdicts {
		if verdict.Verdict == "Recommended" && verdict.Reason == "Consolidated" {
			return nil
		}
	}
	return fmt.Errorf("%+v", status.Verdicts)
}

func unmarked(s *Scenario) error {
	for _, node := range s.Nodes() {
		if node.Life() != "" || node.IsCordoned() {
			return fmt.Errorf("%s is marked %q", node.Name, node.Life())
		}
	}
	return nil
}

func TestConsolidationPacksSixNodesOntoFourAndStaysStill(t *testing.T) {
	s := WithDrover(t)
	vms := spread(s)
	operator := s.StartOperator()
	policy := s.ClusterPolicy("pack", pack)
	s.Eventually("the machines run on four nodes", packing, func() error { return packed(s, vms) })
	if most := s.MostMovesAtOnce(); most > 2 {
		t.Errorf("%d moves were under way at once, and the budget is 2", most)
	}
	if moves := s.Moves(); moves < 4 || moves > 8 {
		t.Errorf("it took %d moves to empty two nodes of two machines each", moves)
	}
	moves := s.Moves()
	s.Throughout("nothing moves any more", 15*time.Second, func() error {
		if now := s.Moves(); now != moves {
			return fmt.Errorf("%d moves more", now-moves)
		}
		return packed(s, vms)
	})
	policy.MustBe("Ready=True", "")
	operator.MustHoldInvariants()

	policy.Delete()
	s.Eventually("all nodes serve again", 30*time.Second, func() error { return unmarked(s) })
}

// What `kubectl apply` wrote does not stand in its way, and it needs no rights of the operator's.
func TestConsolidationIsUndoneByTheEmergencyStop(t *testing.T) {
	s := WithDrover(t)
	vms := spread(s)
	operator := s.StartOperator()
	policy := s.ClusterPolicy("pack", pack)
	s.Eventually("the machines run on four nodes", packing, func() error { return packed(s, vms) })
	said, code := s.DroverAsAdmin("suspend", "--wait", "25s")
	if code != 0 || !strings.Contains(said, "all policies are suspended") {
		t.Fatalf("drover suspend: exit %d, and it says %s", code, said)
	}
	if err := unmarked(s); err != nil {
		t.Error(err)
	}
	policy.MustBe("Ready=True", "Suspended")
	moves := s.Moves()
	s.Throughout("nothing is moved or marked any more", 10*time.Second, func() error {
		if now := s.Moves(); now != moves {
			return fmt.Errorf("%d moves more", now-moves)
		}
		return unmarked(s)
	})
	operator.MustHoldInvariants()
	if said, code = s.DroverAsAdmin("suspend", "--wait", "5s"); code != 0 {
		t.Errorf("again: exit %d, and it says %s", code, said)
	}
}

func TestConsolidationRecommendMarksAndMovesNothing(t *testing.T) {
	s := WithDrover(t)
	spread(s)
	s.StartOperator()
	policy := s.ClusterPolicy("pack", pack, With("mode", "Recommend"))
	policy.Must("moves are recommended", recommended)
	s.Throughout("nothing is done", 8*time.Second, func() error {
		if moves := s.Moves(); moves > 0 {
			return fmt.Errorf("%d moves", moves)
		}
		return unmarked(s)
	})
}

func TestConsolidationTakesARestingNodeBackForAMachineThatFindsNone(t *testing.T) {
	s := WithDrover(t)
	vms := spread(s)
	s.StartOperator()
	s.ClusterPolicy("pack", pack)
	s.Eventually("the machines run on four nodes", packing, func() error { return packed(s, vms) })
	var resting Node
	for _, node := range s.Nodes() {
		if node.Life() == "Empty" {
			resting = node
		}
	}
	late := s.VM("late").OnlyOn("kubernetes.io/hostname", resting.Name).VCPUs(1).Memory("512Mi").Using(Cores(0.3))
	late.Start()
	if on := late.Node(); on != resting.Name {
		t.Errorf("it runs on %s", on)
	}
}

func TestConsolidationGoesOnWhereAKilledOperatorStopped(t *testing.T) {
	s := WithDrover(t)
	vms := spread(s)
	operator := s.Operator()
	s.ClusterPolicy("pack", pack)
	for _, moment := range []int{3, 6, 9, 12, 15} { // boundaries of effects after the start
		operator.CrashAt(moment)
		operator.Start()
		s.Eventually("the operator is dead", packing, func() error {
			if operator.Process.Running() && packed(s, vms) != nil {
				return fmt.Errorf("it lives")
			}
			return nil
		})
		operator.Process.Kill()
		s.ForgetLease()
	}
	operator.CrashAt(0)
	operator.Start()
	s.Eventually("the machines run on four nodes", packing, func() error { return packed(s, vms) })
	if most := s.MostMovesAtOnce(); most > 2 {
		t.Errorf("%d moves were under way at once, and the budget is 2", most)
	}
	operator.MustHoldInvariants()
}

// What a snapshot says is what the operator decides: the same core on the same view, hash for hash.
func TestConsolidationSimulatedFromASnapshotDecidesAsTheOperatorDoes(t *testing.T) {
	for _, strategy := range []string{"Balanced", "Fuzzy", "Placement"} {
		t.Run(strategy, func(t *testing.T) {
			s := WithDrover(t)
			spread(s)
			s.MustMeasure(`count(irate(kubevirt_vmi_cpu_usage_seconds_total{namespace="`+s.Namespace+`"}[10s]))`, 12, 0.5)
			// Both must see what the machines use in the end, and not the first seconds of some.
			s.MustMeasure(`sum(irate(kubevirt_vmi_cpu_usage_seconds_total{namespace="`+s.Namespace+`"}[10s]))`, used, 0.1)
			s.MustMeasure(`sum(rate(kubevirt_vmi_cpu_usage_seconds_total{namespace="`+s.Namespace+`"}[5s]))`, used, 0.1)
			policy := s.ClusterPolicy("pack", pack, With("mode", "Recommend"), With("consolidation.strategy", strategy), With("consolidation.interval", "1h"))
			operator := s.StartOperator()
			var live string
			s.Eventually("the operator has decided", 30*time.Second, func() (err error) {
				live, err = operator.FirstDecisionsHash()
				return err
			})
			policy.Must("moves are recommended", recommended)
			simulated, report := s.SimulateSnapshot()
			if simulated != live {
				t.Errorf("the first decisions of the operator have the hash %s, those of its simulation %s:\n%s", live, simulated, report)
			}
		})
	}
}
