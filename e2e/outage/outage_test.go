// Package outage holds what Drover does, and leaves alone, while the cluster as a whole is not well: KubeVirt's moves are taken up by
// others, KubeVirt is upgraded, Prometheus is away. Six nodes of four cores, three in each of two zones.
package outage

import (
	"context"
	"fmt"
	"testing"
	"time"

	. "drover.dev/drover/e2e/spec"
)

func TestMain(m *testing.M) {
	MainOn(m, "n1,zone=a", "n2,zone=a", "n3,zone=a", "n4,zone=b", "n5,zone=b", "n6,zone=b")
}

// As the group consolidation packs: of three nodes of a zone one may rest.
const pack = `
type: Consolidation
mode: Enforce
perVM: {cooldown: 5s, movesPerDay: 100}
disruption: {budgets: [{migrations: 2}]}
consolidation: {interval: 3s, reserve: 1, powerDown: {maxResting: 1}}
`

const packing = 2 * time.Minute

// spread starts two machines on each node, no two of them alike.
func spread(s *Scenario) (vms []*VM) {
	for i, node := range s.Nodes() {
		for j, half := range []string{"a", "b"} {
			use := 0.14 + 0.04*float64(i) + 0.02*float64(j)
			vms = append(vms, s.VM(fmt.Sprintf("vm-%d%s", i+1, half)).OnNode(node.Name).VCPUs(2).Memory("512Mi").Using(Cores(use)))
		}
	}
	s.Start(vms...)
	return vms
}

// resting nodes; an error while any is on its way, or others than two rest.
func resting(s *Scenario) (nodes []Node, err error) {
	for _, node := range s.Nodes() {
		switch life := node.Life(); {
		case life == "Empty" && node.IsCordoned():
			nodes = append(nodes, node)
		case life != "":
			err = fmt.Errorf("%s is %s", node.Name, life)
		}
	}
	if err == nil && len(nodes) != 2 {
		err = fmt.Errorf("%d nodes rest", len(nodes))
	}
	return nodes, err
}

func mustRest(s *Scenario) (nodes []Node) {
	s.T.Helper()
	s.Eventually("two nodes rest", packing, func() (err error) { nodes, err = resting(s); return err })
	return nodes
}

// tally of what Drover does from now on.
type tally struct {
	s             *Scenario
	moves, writes int
}

func count(s *Scenario) tally { return tally{s, s.Moves(), s.Writes(s.Nodes()...)} }

func (c tally) exceeds(moves, writes int) error {
	madeMoves, madeWrites := c.s.Moves()-c.moves, c.s.Writes(c.s.Nodes()...)-c.writes
	if madeMoves > moves || madeWrites > writes {
		return fmt.Errorf("%d moves where %d are allowed, and %d writes of nodes where %d are", madeMoves, moves, madeWrites, writes)
	}
	return nil
}

func (c tally) tell(of string) {
	c.s.T.Logf("%s: %d moves, %d writes of nodes", of, c.s.Moves()-c.moves, c.s.Writes(c.s.Nodes()...)-c.writes)
}

// Five migrations of other people's hang: KubeVirt does not count those that it has not begun, and counts those that wait for a node.
func TestSickMigrationsOfOthersThatHang(t *testing.T) {
	s := WithDrover(t)
	s.MustDo(s.ConfigureKubeVirt(t.Context(), `{"migrations": {"parallelOutboundMigrationsPerNode": 5}}`))
	vms := spread(s)
	others := s.Part(t)
	var begun, not []*VM
	for i := range 5 {
		begun = append(begun, others.VM(fmt.Sprintf("begun-%d", i)).OnNode("n1").VCPUs(1).Memory("256Mi").Using(Cores(0.05)))
		not = append(not, others.VM(fmt.Sprintf("not-%d", i)).OnlyOn("disk", "none").VCPUs(1).Memory("256Mi"))
	}
	others.Start(begun...)
	others.Create(not...)
	for _, vm := range not {
		vm.MustWaitForANode()
		vm.Migrate("")
	}
	for _, vm := range begun {
		vm.Migrate("nowhere").MustReach("Scheduling", time.Minute)
	}
	operator := s.StartOperator()
	before := count(s)
	policy := s.ClusterPolicy("pack", pack)
	policy.Must("KubeVirt's limit is told", func(status Status) error {
		for _, verdict := range status.Verdicts {
			if verdict.Reason == "ClusterLimit" {
				return nil
			}
		}
		return fmt.Errorf("%+v", status.Verdicts)
	})
	s.Throughout("while KubeVirt would begin no move, none is made", 15*time.Second, func() error { return before.exceeds(0, 2) })
	before.tell("with all five places taken")

	s.MustDo(s.ConfigureKubeVirt(t.Context(), `{"migrations": {"parallelMigrationsPerCluster": 6}}`))
	mustRest(s)
	before.tell("with one place free")
	if most := s.MostMovesAtOnce(); most != 1 {
		t.Errorf("%d moves were under way at once, and one place was free", most)
	}
	if err := before.exceeds(8, 8); err != nil {
		t.Error(err)
	}
	for _, vm := range append(begun, not...) {
		if made := vm.Migrations(); made != 1 {
			t.Errorf("%d migrations of %s", made, vm.Name)
		}
	}
	s.Throughout("nothing moves any more", 10*time.Second, func() error { return before.exceeds(8, 8) })
	for _, vm := range vms {
		vm.MustRun()
	}
	operator.MustHoldInvariants()
}

// KubeVirt is upgraded: all virt-handlers are replaced at once, and for a while nothing is known of any machine; all machines are
// outdated, and KubeVirt moves them one by one. Nodes at rest get their new virt-handler too.
func TestSickKubeVirtIsUpgraded(t *testing.T) {
	s := WithDrover(t)
	s.MustDo(s.RunHandlers(t.Context()))
	vms := spread(s)
	operator := s.StartOperator()
	policy := s.ClusterPolicy("pack", pack)
	mustRest(s)
	s.MustDo(s.UpdateWorkloads(t.Context(), true))
	t.Cleanup(func() { _ = s.UpdateWorkloads(context.Background(), false) })
	before := count(s)
	s.MustDo(s.UpgradeKubeVirt(t.Context(), "2", 15*time.Second))
	s.Eventually("a virt-handler is away", 30*time.Second, func() error {
		for _, node := range s.Nodes() {
			if !node.HasHandler() {
				return nil
			}
		}
		return fmt.Errorf("all are there")
	})
	s.Eventually("every node has its new virt-handler", time.Minute, func() error { return s.HandlersReady(t.Context()) })
	before.tell("until every node had its new virt-handler")
	s.Eventually("no machine is outdated", 4*time.Minute, func() error {
		if err := before.exceeds(12, 12); err != nil {
			t.Fatal(err)
		}
		for _, vm := range vms {
			if image := vm.Launcher(); image != "launcher:2" {
				return fmt.Errorf("%s runs in %q", vm.Name, image)
			}
		}
		return nil
	})
	before.tell("until KubeVirt had moved all machines")
	if most := s.MostMovesAtOnce(); most > 2 {
		t.Errorf("%d moves of Drover were under way at once, and its budget is 2", most)
	}
	mustRest(s)
	policy.MustBe("Ready=True", "")
	after := count(s)
	s.Throughout("and then it is still", 20*time.Second, func() error { return after.exceeds(0, 0) })
	before.tell("in all")
	if err := before.exceeds(12, 12); err != nil {
		t.Error(err)
	}
	if err := s.HandlersReady(t.Context()); err != nil {
		t.Error(err)
	}
	operator.MustHoldInvariants()
}

// Prometheus is away for ten minutes and a half, by the clock: machines that were new when it went, about which nothing need be known
// for five minutes, are so no longer, and what was last known is older than the ten minutes after which it says nothing.
func TestSickPrometheusIsAwayForTenMinutes(t *testing.T) {
	s := WithDrover(t)
	vms := spread(s)
	operator := s.StartOperator()
	packed := s.ClusterPolicy("pack", pack)
	free := mustRest(s)
	hot := vms[0]
	pressure := s.Policy("pressure", Pressure, With("threshold.signal", "{kubevirtMetric: {name: CPUUtilization, window: 5s}}"), With("threshold.level", "0.8"),
		With("selector", "{matchLabels: {app: "+hot.Name+"}}"))
	pressure.MustBe("Ready=True", "")
	still := count(s)
	s.PrometheusServer.Kill()
	gone := time.Now()
	hot.Using(Cores(1.9))
	pressure.MustBe("Ready=False", "SignalUnavailable")
	s.Throughout("nothing is moved and no node is written", 9*time.Minute+30*time.Second, func() error {
		time.Sleep(time.Second)
		return still.exceeds(0, 0)
	})
	packed.MustBe("Ready=False", "SignalUnavailable", "so nothing is moved")
	// What waits for a node is not made to wait for Prometheus too.
	late := s.VM("late").OnlyOn("kubernetes.io/hostname", free[0].Name).VCPUs(1).Memory("512Mi").Using(Cores(0.1)).Start()
	s.Throughout("the one node that is needed comes back, and nothing else", time.Until(gone.Add(10*time.Minute+30*time.Second)), func() error {
		time.Sleep(time.Second)
		return still.exceeds(0, 1)
	})
	still.tell("in ten minutes and a half without Prometheus")
	operator.MustBeAlive()

	from, back := hot.Node(), count(s)
	s.MustDo(s.PrometheusServer.Start())
	packed.MustBe("Ready=True", "")
	pressure.MustBe("Ready=True", "")
	hot.MustMoveFromWithin(from, time.Minute)
	s.Throughout("it goes on where it stopped", 30*time.Second, func() error { return back.exceeds(6, 8) })
	back.tell("in the half minute after its return")
	late.MustRun()
	operator.MustHoldInvariants()
}
