// Package night holds what becomes of a cluster of twelve nodes from evening to morning, when load falls and rises again, each of whose
// machines is a system of an emulator of Redfish; and of its operator, which is killed, cut off or doubled meanwhile.
package night

import (
	"fmt"
	"testing"
	"time"

	. "drover.dev/drover/e2e/spec"
)

const count = 12

func TestMain(m *testing.M) {
	var nodes []string
	for i := range count { // six in each of two zones: two of each may sleep
		nodes = append(nodes, fmt.Sprintf("n%d,zone=%c,power=emulator,boot=5s,label.rack=one", i+1, 'a'+rune(i%2)))
	}
	MainOn(m, nodes...)
}

// What the rest stands on: a node falls silent when its machine is switched off, and Kubernetes sees it go, and come.
func TestPowerOfAMachineIsWhatKubernetesSees(t *testing.T) {
	s := New(t)
	node := s.Node("n12")
	vm := s.VM("lost").OnNode(node.Name).VCPUs(1).Memory("256Mi").Start()
	s.Reset(node, "ForceOff")
	s.Eventually("its machine is off", 20*time.Second, func() error {
		if state, err := s.Machine(node); err != nil || state != "Off" {
			return fmt.Errorf("it is %s (%v)", state, err)
		}
		return nil
	})
	if ready := node.Readiness(); ready != "True" {
		t.Errorf("it says that it is ready: %s, and it was told nothing", ready)
	}
	s.Eventually("Kubernetes does not know any more", 90*time.Second, func() error {
		if ready := node.Readiness(); ready != "Unknown" || !node.HasTaint("node.kubernetes.io/unreachable") {
			return fmt.Errorf("it is ready: %s", ready)
		}
		return nil
	})
	s.Reset(node, "On")
	node.MustServe(60 * time.Second)
	vm.MustFail()
}
