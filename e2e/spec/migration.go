package spec

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Migration that a scenario asks KubeVirt for itself, or finds.
type Migration struct {
	s    *Scenario
	vm   *VM
	Name string
	UID  string
}

// GivingUpAfter so many seconds, if the target pod can't be scheduled.
func GivingUpAfter(seconds int) map[string]any {
	return map[string]any{"kubevirt.io/migrationUnschedulablePodTimeoutSeconds": fmt.Sprint(seconds), "kubevirt.io/migrationPendingPodTimeoutSeconds": fmt.Sprint(seconds)}
}

// Migrate to a node, or anywhere when it is empty.
func (v *VM) Migrate(to string, annotations ...map[string]any) *Migration {
	v.s.T.Helper()
	spec := map[string]any{"vmiName": v.Name}
	if to != "" {
		spec["addedNodeSelector"] = map[string]any{"kubernetes.io/hostname": to}
	}
	metadata := map[string]any{"namespace": v.Namespace, "generateName": v.Name + "-"}
	for _, each := range annotations {
		metadata["annotations"] = each
	}
	made, err := v.s.Dynamic.Resource(migrations).Namespace(v.Namespace).Create(v.s.ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstanceMigration", "metadata": metadata, "spec": spec}}, metav1.CreateOptions{})
	v.s.must(err)
	return &Migration{v.s, v, made.GetName(), string(made.GetUID())}
}

// Phase as last seen, also of one that is gone.
func (m *Migration) Phase() string {
	for _, each := range history.of(m.vm.Namespace, m.vm.Name, false) {
		if string(each.GetUID()) == m.UID {
			return text(each, "status", "phase")
		}
	}
	return ""
}

func (m *Migration) MustReach(phase string, limit time.Duration) {
	m.s.T.Helper()
	m.s.Eventually(m.Name+" is "+phase, limit, func() error {
		now := m.Phase()
		if now == phase {
			return nil
		}
		if now == "Failed" || now == "Succeeded" {
			m.s.T.Fatalf("%s is %s instead of %s", m.Name, now, phase)
		}
		return fmt.Errorf("it is %q", now)
	})
}

func (m *Migration) MustSucceed() { m.s.T.Helper(); m.MustReach("Succeeded", usual) }
func (m *Migration) MustFail()    { m.s.T.Helper(); m.MustReach("Failed", usual) }

// Delete is how a migration is cancelled; it returns when the object is gone.
func (m *Migration) Delete() {
	m.s.T.Helper()
	client := m.s.Dynamic.Resource(migrations).Namespace(m.vm.Namespace)
	m.s.must(client.Delete(m.s.ctx, m.Name, metav1.DeleteOptions{}))
	m.s.Eventually(m.Name+" is gone", usual, func() error {
		if _, err := client.Get(m.s.ctx, m.Name, metav1.GetOptions{}); !isGone(err) {
			return fmt.Errorf("it is there still (%v)", err)
		}
		return nil
	})
}

// FailureReason that virt-handler left in the instance.
func (v *VM) FailureReason() string {
	v.s.T.Helper()
	now, err := v.get()
	v.s.must(err)
	return text(now, "status", "migrationState", "failureReason")
}

// MustBeEvacuated: KubeVirt itself makes a migration, for the eviction that was asked for.
func (v *VM) MustBeEvacuated() {
	v.s.T.Helper()
	v.s.Eventually("KubeVirt evacuates "+v.Name, usual, func() error {
		for _, each := range history.of(v.Namespace, v.Name, false) {
			if each.GetAnnotations()["kubevirt.io/evacuationMigration"] != "" {
				return nil
			}
		}
		return fmt.Errorf("there is no evacuation migration")
	})
}
