package scenarios

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	. "drover.dev/drover/e2e/spec"
)

// Group control-plane: the real components and the node double do what the operator's scenarios take for granted.

func TestControlPlaneNodesAreReady(t *testing.T) {
	s := New(t)
	for _, node := range []string{"n1", "n2", "n3"} {
		s.Node(node).MustBecomeReady(true)
	}
}

func TestControlPlaneRunsVirtualMachinesWhereTheyAreWanted(t *testing.T) {
	s := New(t)
	s.Start(s.VM("web").OnNode("n1"), s.VM("db").OnNode("n2"), s.VM("mail").OnNode("n3"))
}

func TestControlPlaneMigratesToTheSelectedNode(t *testing.T) {
	s := New(t)
	vm := s.VM("web").OnNode("n1").Start()
	for _, node := range []string{"n3", "n2", "n1"} { // a source pod that did not end would block the next one
		vm.Migrate(node).MustSucceed()
		vm.MustMoveTo(node)
	}
}

func TestControlPlaneFailedCopyLeavesTheMachineAndTheNextSucceeds(t *testing.T) {
	s := New(t)
	vm := s.VM("web").OnNode("n1").Using(CopyFails()).Start()
	vm.Migrate("n2").MustFail()
	if reason := vm.FailureReason(); !strings.Contains(reason, "injected") {
		t.Errorf("failure reason %q", reason)
	}
	vm.MustMoveTo("n1")
	vm.Using(CopySucceeds())
	vm.Migrate("n2").MustSucceed()
}

func TestControlPlaneUnschedulableTargetFailsSoonWithTheAnnotation(t *testing.T) {
	s := New(t)
	s.Node("n2").Taint("test/away")
	vm := s.VM("web").OnNode("n1").Start()
	vm.Migrate("n2", GivingUpAfter(3)).MustReach("Failed", 20*time.Second)
	vm.MustMoveTo("n1")
}

func TestControlPlaneDeletedMigrationThatHangsIsAborted(t *testing.T) {
	s := New(t)
	vm := s.VM("web").OnNode("n1").Using(CopyHangs()).Start()
	migration := vm.Migrate("n2")
	migration.MustReach("Running", 20*time.Second)
	migration.Delete()
	s.Eventually("the abort is recorded", 10*time.Second, func() error {
		if reason := vm.FailureReason(); !strings.Contains(reason, "aborted") {
			return fmt.Errorf("failure reason %q", reason)
		}
		return nil
	})
	vm.MustMoveTo("n1")
	vm.Using(CopyGoesOn())
	vm.Migrate("n2").MustSucceed()
}

func TestControlPlaneDialsTurnDuringACopy(t *testing.T) {
	s := New(t)
	vm := s.VM("web").OnNode("n1").Using(CopyHangs()).Start()
	migration := vm.Migrate("n2")
	migration.MustReach("Running", 20*time.Second)
	vm.Using(CopyGoesOn())
	migration.MustSucceed()
}

func TestControlPlaneRefusesToMigrateWhatCannotMove(t *testing.T) {
	s := New(t)
	vm := s.VM("web").OnNode("n1").Start()
	vm.Using(NotMigratable())
	s.Eventually("it is refused", 10*time.Second, func() error {
		said, err := s.Kubectl(context.Background(), fmt.Sprintf(`{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstanceMigration",
			"metadata": {"namespace": %q, "name": "refused"}, "spec": {"vmiName": "web"}}`, s.Namespace), "create", "--dry-run=server", "-f", "-")
		if err == nil || !strings.Contains(said, "HostDeviceNotLiveMigratable") {
			return fmt.Errorf("%v: %s", err, said)
		}
		return nil
	})
}

func TestControlPlaneEvictionMovesTheMachine(t *testing.T) {
	s := New(t)
	vm := s.VM("web").OnNode("n1").Start()
	s.Node("n1").Cordon()
	if err := vm.Evict(); err == nil || !strings.Contains(err.Error(), "triggered evacuation") {
		t.Errorf("the eviction answered %v", err)
	}
	vm.MustBeEvacuated()
	vm.MustMoveFrom("n1")
}

func TestControlPlaneNodePowersOffAndOn(t *testing.T) {
	s := New(t)
	s.Node("n3").PowerOff().MustBecomeReady(false)
	s.Node("n3").PowerOn().MustBecomeReady(true)
	s.VM("web").OnNode("n3").Start()
}

func TestControlPlaneGuestDiesWithItsNodesPower(t *testing.T) {
	s := New(t)
	vm := s.VM("web").OnNode("n3").Start()
	time.Sleep(1100 * time.Millisecond) // pods' start times have whole seconds
	s.Node("n3").Lose()
	s.Eventually("its series are gone", 10*time.Second, func() error {
		if found, err := s.Query(context.Background(), fmt.Sprintf(`kubevirt_vmi_info{namespace=%q}`, s.Namespace)); err != nil || len(found) > 0 {
			return fmt.Errorf("%v %v", found, err)
		}
		return nil
	})
	s.Node("n3").PowerOn()
	vm.MustFail()
}

func TestControlPlanePrometheusShowsWhatGuestsUse(t *testing.T) {
	s := New(t)
	vm := s.VM("web").OnNode("n1").VCPUs(2).Using(Cores(1.5), MemoryUsed("512Mi"), DirtyRate("3Mi")).Start()
	s.Start(s.VM("idle").OnNode("n2"), s.VM("mute").OnNode("n2").Using(NoMetrics()))
	of := func(series, name string) string {
		return fmt.Sprintf(`%s{namespace=%q,name=%q}`, series, s.Namespace, name)
	}
	rate := func(series, name string) string { return "sum(rate(" + of(series, name) + "[5s]))" }
	s.MustMeasure(rate("kubevirt_vmi_cpu_usage_seconds_total", "web"), 1.5, 0.1)
	s.MustMeasure(rate("kubevirt_vmi_vcpu_delay_seconds_total", "web"), 0, 0.01)
	s.MustMeasure(rate("kubevirt_vmi_cpu_usage_seconds_total", "idle"), 0.02, 0.005)
	s.MustMeasure(of("kubevirt_vmi_memory_resident_bytes", "web"), 512<<20, 0)
	s.MustMeasure(of("kubevirt_vmi_memory_available_bytes", "web")+" - "+of("kubevirt_vmi_memory_usable_bytes", "web"), 512<<20, 0)
	s.MustMeasure(of("kubevirt_vmi_memory_domain_bytes", "web"), 1<<30, 0)
	s.MustMeasure(of("kubevirt_vmi_dirty_rate_bytes_per_second", "web"), 3<<20, 0)
	s.MustMeasure(fmt.Sprintf(`count(kubevirt_vmi_info{namespace=%q})`, s.Namespace), 2, 0)
	vm.Using(Cores(0.5))
	s.MustMeasure(rate("kubevirt_vmi_cpu_usage_seconds_total", "web"), 0.5, 0.1)
}

func TestControlPlaneContentionAppearsAsDelayAndEndsWithAMove(t *testing.T) {
	s := New(t)
	web, noisy := s.VM("web").OnNode("n1").Using(Cores(3.5)), s.VM("noisy").OnNode("n1").Using(Cores(3.5))
	s.Start(web, noisy)
	got := fmt.Sprintf(`sum(rate(kubevirt_vmi_cpu_usage_seconds_total{namespace=%q,name="web"}[5s]))`, s.Namespace)
	delay := fmt.Sprintf(`sum(rate(kubevirt_vmi_vcpu_delay_seconds_total{namespace=%q,name="web",id=~"[0-3]"}[5s]))`, s.Namespace)
	s.MustMeasure(got, 2, 0.1)
	s.MustMeasure(delay, 1.5, 0.1)
	web.Migrate("n2").MustSucceed()
	s.MustMeasure(got, 3.5, 0.1)
	s.MustMeasure(delay, 0, 0.05)
}

func TestControlPlaneGoesOnAfterRestarts(t *testing.T) {
	s := New(t)
	vm := s.VM("web").OnNode("n1").Start()
	for _, process := range []interface{ Restart() error }{s.Etcd, s.APIServer, s.NodeDouble, s.VirtController, s.VirtAPI} {
		if err := process.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Heal(context.Background()); err != nil {
		t.Fatal(err)
	}
	vm.Migrate("n2").MustSucceed()
}

func TestControlPlaneCopyOutlivesAFrozenAPIServer(t *testing.T) {
	s := New(t)
	vm := s.VM("web").OnNode("n1").Using(CopySeconds(2)).Start()
	migration := vm.Migrate("n2")
	migration.MustReach("Running", 20*time.Second)
	s.APIServer.Freeze()
	time.Sleep(12 * time.Second) // longer than writes wait for an answer
	s.APIServer.Thaw()
	migration.MustReach("Succeeded", time.Minute)
	vm.MustMoveTo("n2")
}
