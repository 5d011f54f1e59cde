package scenarios

import (
	"fmt"
	"testing"
	"time"

	. "drover.dev/drover/e2e/spec"
)

// Group faults: whatever breaks, no machine is moved twice for one reason, nothing is left lying about, and all goes on when the
// fault has ended.

const (
	healing = 90 * time.Second // longer than any backoff that one fault causes
	points  = 20               // at least so many moments to be killed at
)

// The operator kills itself at its Nth effect boundary, is started again as a kubelet would, and the move is made exactly once.
// Moments beyond the last boundary of a move are tried by killing it from outside.
func TestFaultsKilledAtEveryEffectBoundary(t *testing.T) {
	s := WithDrover(t)
	policy := s.Policy("cpu-pressure", Pressure, With("threshold.for", "1s"), With("perVM.cooldown", "0s"), With("selector", `{matchLabels: {role: pressed}}`))
	s.Start(s.VM("noisy").OnNode("n1").Using(Cores(3.5)))
	boundaries := true
	for point := 1; boundaries || point <= points; point++ {
		if point > 5*points {
			t.Fatalf("there is no end of effects: the operator does not come to rest after a move")
		}
		vm := s.VM(fmt.Sprintf("vm-%d", point)).Labelled("role", "pressed").OnNode("n1").Using(Cores(3.5)).Start()
		operator := s.Operator()
		if boundaries {
			operator.CrashAt(point)
		}
		operator.Start()
		if boundaries {
			boundaries = operator.MustCrashOrMove(vm, "n1")
		} else {
			time.Sleep(time.Duration(point) * 200 * time.Millisecond)
			operator.Process.Kill()
		}
		if operator.Process.Running() {
			operator.Process.Kill() // the move was over before its moment came, which would still come later
		}
		s.ForgetLease()
		operator.CrashAt(0)
		operator.Start()
		operator.MustBecomeReady()
		vm.MustMoveFrom("n1")
		policy.MustHaveMoved(vm, "Succeeded")
		vm.MustHaveEvent("MigrationSucceeded")
		vm.MustStayFor(time.Second)
		vm.MustHaveMoves(1)
		operator.MustHoldInvariants()
		operator.Process.Stop()
		vm.Delete()
		t.Logf("killed at moment %d (effect boundary: %t): moved once", point, boundaries)
	}
}

// fault runs a move during which something happens, and expects that the machine moves exactly once all the same.
func fault(t *testing.T, during func(s *Scenario, web *VM, operator *Operator), loads ...Load) {
	s := WithDrover(t)
	web := pressed(s, loads...)
	operator := s.StartOperator()
	s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb))
	during(s, web, operator)
	web.MustMoveFromWithin("n1", healing)
	web.MustHaveMoves(1)
	operator.MustBeAlive()
	operator.MustBecomeReady()
	operator.MustHoldInvariants()
}

func TestFaultsAPIServerRestartsBeforeTheMove(t *testing.T) {
	fault(t, func(s *Scenario, web *VM, _ *Operator) { s.MustDo(s.APIServer.Restart()) })
}

func TestFaultsAPIServerRestartsDuringTheMove(t *testing.T) {
	fault(t, func(s *Scenario, web *VM, _ *Operator) {
		web.MustBeCopied()
		s.MustDo(s.APIServer.Restart())
	}, CopySeconds(3))
}

func TestFaultsAPIServerFreezesForThirtySeconds(t *testing.T) {
	fault(t, func(s *Scenario, web *VM, _ *Operator) {
		web.MustBeCopied()
		s.APIServer.Freeze()
		time.Sleep(30 * time.Second)
		s.APIServer.Thaw()
	}, CopySeconds(2))
}

func TestFaultsEtcdRestarts(t *testing.T) {
	fault(t, func(s *Scenario, web *VM, _ *Operator) {
		web.MustBeCopied()
		s.MustDo(s.Etcd.Restart())
	}, CopySeconds(2))
}

func TestFaultsVirtAPIIsDown(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s)
	s.VirtAPI.Kill()
	operator := s.StartOperator()
	policy := s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb))
	// The refusal is shown where the owner looks.
	policy.MustJudge(web, "", "failed calling webhook")
	operator.MustBeAlive()
	s.MustDo(s.VirtAPI.Start())
	web.MustMoveFromWithin("n1", healing)
	web.MustHaveMoves(1)
}

func TestFaultsTargetCannotBeScheduled(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s)
	s.Scheduler.Kill() // so that the taint comes between the decision and the scheduling: one that starts knows all nodes first
	s.StartOperator()
	policy := s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb))
	web.MustBeAskedToMove()
	target := web.Moves()[0].GetAnnotations()["drover.dev/target-node"]
	s.Node(target).Taint("test/away")
	s.MustDo(s.Scheduler.Start())
	s.Eventually("the move has failed", healing, func() error { return policy.HasMoved(web, "Failed") })
	web.MustHaveEvent("MigrationFailed")
	if on := web.Node(); on != "n1" {
		t.Errorf("web is on %s", on)
	}
	s.Node(target).Untaint("test/away")
	s.Eventually("another try succeeds", 2*healing, func() error { return policy.HasMoved(web, "Succeeded") })
}

func TestFaultsCopyFails(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s, CopyFails())
	s.StartOperator()
	policy := s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb))
	move := policy.MustHaveMoved(web, "Failed")
	if move.Reason == "" {
		t.Errorf("the failure has no reason: %+v", move)
	}
	web.MustHaveEvent("MigrationFailed", "injected by the node double")
	policy.MustJudge(web, "Waiting", "BackingOff") // no storm of tries
	web.Using(CopySucceeds())
	s.Eventually("another try succeeds", 2*healing, func() error { return policy.HasMoved(web, "Succeeded") })
}

func TestFaultsMigrationHangs(t *testing.T) {
	s := WithDrover(t)
	s.MustDo(s.ConfigureKubeVirt(t.Context(), `{"migrations": {"completionTimeoutPerGiB": 5, "progressTimeout": 5}}`))
	web := pressed(s, CopyHangs())
	s.StartOperator("--migration-pending-timeout", "30s")
	policy := s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb))
	web.MustBeCopied()
	s.Eventually("it is cancelled", 3*time.Minute, func() error { return policy.HasMoved(web, "Cancelled") })
	web.MustHaveEvent("MigrationCancelled", "hangs")
	if on := web.Node(); on != "n1" {
		t.Errorf("web is on %s", on)
	}
	web.MustHaveNoOpenMigration()
	web.Using(CopyGoesOn())
	s.Eventually("another try succeeds", 2*healing, func() error { return policy.HasMoved(web, "Succeeded") })
}

func TestFaultsLeaderThatFreezesIsReplacedAndDoesNotActAgain(t *testing.T) {
	s := WithDrover(t)
	first := s.StartOperator()
	s.MustHaveLeader()
	second := s.StartOperator()
	web := pressed(s)
	first.Process.Freeze()
	s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb))
	web.MustMoveFromWithin("n1", healing)
	first.Process.Thaw()
	web.MustStayFor(5 * time.Second)
	web.MustHaveMoves(1)
	second.MustBeAlive()
}

func TestFaultsStolenLeaseStopsTheOperator(t *testing.T) {
	s := WithDrover(t)
	web := pressed(s)
	operator := s.StartOperator()
	s.MustHaveLeader()
	giveBack := s.StealLease()
	time.Sleep(12 * time.Second) // within its renewal deadline it may take itself for the leader
	s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb))
	web.MustStayFor(8 * time.Second)
	operator.MustBeAlive()
	giveBack()
	web.MustMoveFromWithin("n1", healing)
	web.MustHaveMoves(1)
}

// Each right is taken away for a while. Either the operator does without it, or it says what is missing; it never does anything twice.
func TestFaultsRightsAreRemovedOneByOne(t *testing.T) {
	rights := WithDrover(t).OperatorRights()
	for _, right := range rights {
		t.Run(right.String(), func(t *testing.T) {
			s := WithDrover(t)
			restore := s.WithoutRight(right)
			web := pressed(s)
			operator := s.Operator()
			operator.Start()
			s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb), With("threshold.for", "1s"))
			s.Eventually("it does without, or says what is missing", 30*time.Second, func() error {
				if len(web.Moves()) > 0 || operator.Complains(right) {
					return nil
				}
				return fmt.Errorf("it neither moves web nor says anything")
			})
			operator.MustBeAlive()
			restore()
			web.MustMoveFromWithin("n1", healing)
			web.MustHaveMoves(1)
		})
	}
}

func TestFaultsPrometheus(t *testing.T) {
	const vector = `{"status": "success", "data": {"resultType": "vector", "result": [%s]}}`
	for name, fault := range map[string]struct {
		answer  Answer
		signals bool // the policy must say that its signal can't be read; otherwise the machine is just unknown
	}{
		"Down":         {Answer{Refuse: true}, true},
		"Slow":         {Answer{After: time.Minute}, true},
		"Error500":     {Answer{Status: 500, Body: "oops"}, true},
		"NotJSON":      {Answer{Body: "<html>login</html>"}, true},
		"Truncated":    {Answer{Body: `{"status": "success", "data": {"resultType": "vec`}, true},
		"Scalar":       {Answer{Body: `{"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}`}, true},
		"Matrix":       {Answer{Body: `{"status": "success", "data": {"resultType": "matrix", "result": []}}`}, true},
		"String":       {Answer{Body: `{"status": "success", "data": {"resultType": "string", "result": [1, "high"]}}`}, true},
		"Empty":        {Answer{Body: fmt.Sprintf(vector, "")}, false},
		"NaN":          {Answer{Body: fmt.Sprintf(vector, `{"metric": {"namespace": "NAMESPACE", "name": "web"}, "value": [1, "NaN"]}`)}, false},
		"Infinite":     {Answer{Body: fmt.Sprintf(vector, `{"metric": {"namespace": "NAMESPACE", "name": "web"}, "value": [1, "+Inf"]}`)}, false},
		"NotANumber":   {Answer{Body: fmt.Sprintf(vector, `{"metric": {"namespace": "NAMESPACE", "name": "web"}, "value": [1, "high"]}`)}, false},
		"WithoutNames": {Answer{Body: fmt.Sprintf(vector, `{"metric": {}, "value": [1, "9"]}`)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := WithDrover(t)
			web := pressed(s)
			prometheus := s.FakePrometheus(fault.answer)
			operator := s.StartOperator("--allow-owner-promql", "--prometheus-url", prometheus.URL)
			policy := s.Policy("cpu-pressure", Pressure, With("selector", onlyWeb), With("threshold.signal", delayByPromQL))
			if fault.signals {
				policy.MustBe("Ready=False", "")
			} else {
				policy.MustBe("Ready=True", "")
			}
			web.MustStayFor(4 * time.Second)
			operator.MustBeAlive()
			prometheus.Heal()
			web.MustMoveFromWithin("n1", healing)
			web.MustHaveMoves(1)
			policy.MustBe("Ready=True", "")
		})
	}
}
