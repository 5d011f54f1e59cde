package scenarios

import (
	"fmt"
	"testing"
	"time"

	. "drover.dev/drover/e2e/spec"
)

// Group threshold: a policy of type Threshold moves the machine that it should, when it should, and says why.

// Delay by PromQL, as an owner would write it. Aggregated, as a machine has series of both nodes for a while after a move.
const delayByPromQL = `{promql: {query: 'max by (namespace, name) (rate(kubevirt_vmi_vcpu_delay_seconds_total[5s]))'}}`

// pressed puts web on n1 beside a neighbour, so that each gets two of the four cores that it wants 3.5 of. n2 is half busy, n3 idle.
func pressed(s *Scenario, loads ...Load) (web *VM) {
	web = s.VM("web").OnNode("n1").Using(Cores(3.5)).Using(loads...)
	s.Start(web, s.VM("noisy").OnNode("n1").Using(Cores(3.5)), s.VM("steady").OnNode("n2").VCPUs(2).Using(Cores(2)))
	return web
}

const onlyWeb = `{matchLabels: {app: web}}`

func TestThresholdEnforceMovesThePressedMachineToTheBestNodeAndTellsItsOwner(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s)
	operator := s.StartOperator("--allow-owner-promql")
	policy := s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb), With("threshold.signal", delayByPromQL))
	web.MustMoveTo("n3")
	web.MustHaveMoves(1)

	made := web.Moves()[0]
	if to := made.GetAnnotations()["drover.dev/target-node"]; to != "n3" {
		t.Errorf("the migration says that it goes to %q", to)
	}
	if of := made.GetAnnotations()["drover.dev/policy"]; of != s.Namespace+"/cpu-pressure" {
		t.Errorf("the migration says that it is of policy %q", of)
	}
	if made.GetAnnotations()["drover.dev/reason"] == "" || made.GetLabels()["drover.dev/policy-uid"] == "" {
		t.Errorf("the migration does not say why it is: %v %v", made.GetAnnotations(), made.GetLabels())
	}
	web.MustHaveEvent("MigrationStarted", "n1", "n3")
	web.MustHaveEvent("MigrationSucceeded", "n1", "n3")
	if move := policy.MustHaveMoved(web, "Succeeded"); move.Source != "n1" || move.Target != "n3" || move.Migration != made.GetName() || move.EndedAt == "" {
		t.Errorf("the status tells of the move as %+v", move)
	}
	policy.MustBe("Ready=True", "")
	policy.Must("counts are right and nothing is in flight", func(status Status) error {
		if status.SelectedVMs != 1 || status.MovesInFlight != 0 || status.MigrationSlots.Total != 5 {
			return fmt.Errorf("%+v", status)
		}
		return nil
	})
	s.MustExplain(web, "n3", "cpu-pressure")
	operator.MustHoldInvariants()
}

func TestThresholdSampleOfTheManifestsMovesAMachine(t *testing.T) {
	s := WithDrover(t)
	s.StartOperator()
	s.ApplySample("threshold.yaml")
	web := pressed(s)
	s.Eventually("one of the two moves away", 30*time.Second, func() error {
		if s.Moves() == 0 {
			return fmt.Errorf("nothing has moved; web is on %s", web.Node())
		}
		return nil
	})
}

func TestThresholdRecommendSaysWhatItWouldDoAndDoesNothing(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s)
	s.StartOperator()
	policy := s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb), With("mode", "Recommend"))
	if verdict := policy.MustJudge(web, "Recommended"); verdict.Target != "n3" || verdict.Message == "" {
		t.Errorf("it recommends %+v", verdict)
	}
	web.MustHaveEvent("MigrationRecommended", "n3")
	s.MustExplain(web, "recommend", "n3")
	web.MustStayFor(3 * time.Second)
}

func TestThresholdMoveThatIsNotWorthItIsNotMadeAndTheReasonShown(t *testing.T) {
	s := WithDrover(t)
	web := s.VM("web").OnNode("n1").Using(Cores(3.5)).Start() // alone: it could have no more elsewhere
	s.StartOperator()
	policy := s.Policy("cpu-use", Pressure, With("threshold.signal", "{kubevirtMetric: {name: CPUUtilization, window: 5s}}"), With("threshold.level", "0.8"))
	verdict := policy.MustHold(web, "NoBetterNode", "NotWorthIt")
	if verdict.Message == "" || verdict.Value == nil {
		t.Errorf("the verdict is %+v", verdict)
	}
	s.MustExplain(web, verdict.Reason)
	web.MustStayFor(3 * time.Second)
}

func TestThresholdMissingMetricsAreNotABreach(t *testing.T) {
	s := WithDrover(t)
	mute := s.VM("mute").OnNode("n1").Using(NoMetrics()).Start()
	s.Start(s.VM("noisy").OnNode("n1").Using(Cores(4)))
	s.StartOperator()
	// Taken for zero, it would be far below the level.
	policy := s.Policy("idle", Pressure, With("selector", `{matchLabels: {app: mute}}`),
		With("threshold.signal", "{kubevirtMetric: {name: CPUUtilization, window: 5s}}"), With("threshold.direction", "Below"), With("threshold.level", "0.5"))
	policy.MustBe("Ready=True", "")
	policy.MustSeeNoBreachFor(5 * time.Second)
	mute.MustStayFor(time.Second)
	s.MustExplain(mute, "no data")
}

func TestThresholdOneReplicaOfTwoActs(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s)
	first, second := s.StartOperator(), s.StartOperator()
	s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb))
	web.MustMoveTo("n3")
	web.MustHaveMoves(1)
	web.MustStayFor(2 * time.Second)
	first.MustBeAlive()
	second.MustBeAlive()
}

func TestThresholdBudgetOfOneMovesThreeOneAtATime(t *testing.T) {
	s := WithDrover(t)
	var vms []*VM
	for _, name := range []string{"web-1", "web-2", "web-3"} {
		vms = append(vms, s.VM(name).OnNode("n1").Using(Cores(3.5), CopySeconds(1.5)))
	}
	s.Start(vms...)
	operator := s.StartOperator()
	policy := s.Policy("cpu-pressure", Pressure)
	policy.Must("a machine waits for the budget", func(status Status) error {
		for _, verdict := range status.Verdicts {
			if verdict.Reason == "BudgetExhausted" {
				return nil
			}
		}
		return fmt.Errorf("%+v", status.Verdicts)
	})
	s.Eventually("each has a node of its own", 45*time.Second, func() error {
		on := map[string]bool{}
		for _, vm := range vms {
			on[vm.Node()] = true
		}
		if len(on) < 3 {
			return fmt.Errorf("they are on %v", on)
		}
		return nil
	})
	if most := s.MostMovesAtOnce(); most != 1 {
		t.Errorf("%d moved at once", most)
	}
	operator.MustHoldInvariants()
}

func TestThresholdImmovableMachineIsListedWithItsReason(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s, NotMigratable())
	s.StartOperator()
	policy := s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb))
	policy.MustJudge(web, "Immovable", "immovable because", "HostDeviceNotLiveMigratable")
	policy.Must("it is counted", func(status Status) error {
		if status.ImmovableVMs != 1 {
			return fmt.Errorf("%d are", status.ImmovableVMs)
		}
		return nil
	})
	s.MustExplain(web, "immovable because")
	web.MustStayFor(2 * time.Second)
}
