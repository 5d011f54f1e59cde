package power

import (
	"fmt"
	"slices"
	"time"

	. "drover.dev/drover/e2e/spec"
)

// Pods that something makes again are evicted, the node sleeps, and they run elsewhere.
func movedPods(w *ward) {
	w.load()
	w.ReplicaSet("pods", 2, "200m", "case", w.name, w.sleeper.Name)
	if on := w.MustHavePods("pods", 2, packing); !slices.Contains(on, w.sleeper.Name) {
		w.T.Fatalf("the pods are on %q", on)
	}
	w.pack()
	w.mustSleep(sleeping)
	if on := w.MustHavePods("pods", 2, packing); slices.Contains(on, w.sleeper.Name) {
		w.T.Errorf("the pods are on %q", on)
	}
}

// A PodDisruptionBudget that lets no pod go keeps its node on, and is named; when it is lifted, the node sleeps.
func budget(w *ward) {
	w.load()
	lift := w.Budget("guarded")
	w.ReplicaSet("guarded", 1, "200m", "case", w.name, w.sleeper.Name)
	if on := w.MustHavePods("guarded", 1, packing); on[0] != w.sleeper.Name {
		w.T.Fatalf("the pod is on %q", on)
	}
	w.pack()
	w.mustStayOn(45 * time.Second)
	if on := w.MustHavePods("guarded", 1, packing); on[0] != w.sleeper.Name {
		w.T.Errorf("the pod was moved to %q", on)
	}
	lift()
	w.mustSleep(sleeping)
	w.MustHavePods("guarded", 1, packing)
}

// A machine that can't move keeps its node on: it is not even cordoned.
func immovable(w *ward) {
	w.vms = []*VM{w.vm("stays", w.stays.Name, 0.1), w.vm("fixed", w.sleeper.Name, 0.15).Using(NotMigratable())}
	w.Start(w.vms...)
	w.pack()
	w.Throughout("its node stays as it is", time.Minute, func() error {
		if life := w.sleeper.Life(); life != "" || w.sleeper.IsUnschedulable() {
			return fmt.Errorf("it is %q", life)
		}
		return nil
	})
	w.mustHaveAsked()
	if moves := w.vms[1].Migrations(); moves > 0 {
		w.T.Errorf("it was asked to move %d times", moves)
	}
}

// A pod that nothing would make again keeps its node on.
func bare(w *ward) {
	w.load()
	w.BarePod("bare", w.sleeper.Name)
	w.pack()
	w.mustStayOn(time.Minute)
	w.mustHaveAsked()
	w.MustHavePods("bare", 1, packing)
}

// A machine that tolerates the cordon appears on the node when that is empty already: its machine stays on, or the node wakes for it.
func late(w *ward) {
	w.evening()
	w.sleeper.MustLive(packing, "Empty")
	vm := w.need("late").Tolerating("node.kubernetes.io/unschedulable")
	vm.MustRunWithin(waking)
	w.vms = append(w.vms, vm)
	w.Throughout("it runs on", 30*time.Second, func() error {
		if !w.bmc.IsOn() {
			return fmt.Errorf("its node's machine is off")
		}
		return nil
	})
	w.sleeper.MustServe(waking)
}
