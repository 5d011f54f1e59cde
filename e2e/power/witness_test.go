package power

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"drover.dev/drover/e2e/redfish"
	. "drover.dev/drover/e2e/spec"
)

// witness looks at a node at the very moment in which its machine's controller is asked to switch it.
type witness struct {
	mu    sync.Mutex
	wrong []string
	kinds []string // of resets, in order
}

func (w *ward) watch() {
	w.seen = &witness{}
	w.bmc.Before = func(kind string) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		wrong := w.judge(ctx, kind)
		w.seen.mu.Lock()
		defer w.seen.mu.Unlock()
		w.seen.kinds = append(w.seen.kinds, kind)
		if wrong != nil {
			w.seen.wrong = append(w.seen.wrong, fmt.Sprintf("%s: %v", kind, wrong))
		}
	}
}

// judge a reset: off only what is empty, marked, and told to others; on only what nothing will be evicted from.
func (w *ward) judge(ctx context.Context, kind string) error {
	node, err := w.LookAtNode(ctx, w.sleeper.Name)
	if err != nil {
		return err
	}
	switch kind {
	case "GracefulShutdown", "ForceOff":
		if running, err := w.LaunchersOn(ctx, w.sleeper.Name); err != nil || len(running) > 0 {
			return fmt.Errorf("machines are on the node: %q (%v)", running, err)
		}
		if life := node.Annotations["drover.dev/node-life"]; life != "PoweringOff" {
			return fmt.Errorf("the node is %q", life)
		}
		if !node.Spec.Unschedulable {
			return fmt.Errorf("the node is not cordoned")
		}
		if value := node.Labels[NotForNHC]; value != "true" {
			return fmt.Errorf("remediators were not told: %s=%q", NotForNHC, value)
		}
	case "On", "ForceOn":
		for _, taint := range node.Spec.Taints {
			if taint.Key == OutOfService {
				return fmt.Errorf("the node is out of service still")
			}
		}
	default:
		return fmt.Errorf("nobody should ask for that")
	}
	return nil
}

// resets that were asked for so far, in order, each once.
func (w *ward) resets() []string {
	w.seen.mu.Lock()
	defer w.seen.mu.Unlock()
	return slices.Compact(append([]string(nil), w.seen.kinds...))
}

func (w *ward) mustHaveDoneNothingForbidden() {
	w.T.Helper()
	w.seen.mu.Lock()
	defer w.seen.mu.Unlock()
	for _, each := range w.seen.wrong {
		w.T.Error(each)
	}
	if state := w.bmc.State(); state.MostAtOnce > 1 {
		w.T.Errorf("its controller was asked %d things at once", state.MostAtOnce)
	}
	for _, vm := range w.vms {
		vm.MustRun()
	}
	w.T.Logf("lives: %q, resets: %q", w.sleeper.Lives(), w.seen.kinds)
}

// mustLeaveNothing: without its policy, and with a controller that works, the node serves and bears no mark, whatever came before.
func (w *ward) mustLeaveNothing() {
	w.T.Helper()
	w.turn(func(d *redfish.Dials) { *d = redfish.Dials{} })
	w.policy.Delete()
	w.sleeper.MustServe(sleeping)
	w.stays.MustServe(waking)
	if !w.bmc.IsOn() {
		w.T.Errorf("%s serves, and its machine is off", w.sleeper.Name)
	}
}

// mustSleep: its machine is off, Kubernetes has seen it go, others are told, and its machine has lost nothing.
func (w *ward) mustSleep(limit time.Duration) {
	w.T.Helper()
	w.sleeper.MustLive(limit, "Asleep")
	if w.bmc.IsOn() {
		w.T.Errorf("%s is Asleep, and its machine is on", w.sleeper.Name)
	}
	w.Eventually("Kubernetes has seen it go, and others are told", waking, func() error {
		if ready := w.sleeper.Readiness(); ready == "True" {
			return fmt.Errorf("it is ready: %s", ready)
		}
		if !w.sleeper.HasTaint(OutOfService) || w.sleeper.LabelOf(NotForNHC) != "true" || !w.sleeper.IsCordoned() {
			return fmt.Errorf("out of service %t, told %q, cordoned %t", w.sleeper.HasTaint(OutOfService), w.sleeper.LabelOf(NotForNHC), w.sleeper.IsCordoned())
		}
		return nil
	})
	for _, vm := range w.vms {
		vm.MustRun()
		if on := vm.Node(); on != w.stays.Name {
			w.T.Errorf("%s runs on %s", vm.Name, on)
		}
	}
}

// mustWakeFor a machine that waits for the node.
func (w *ward) mustWakeFor(vm *VM) {
	w.T.Helper()
	began := time.Now()
	vm.MustRunWithin(waking)
	w.T.Logf("%s waited %s for %s", vm.Name, time.Since(began).Round(100*time.Millisecond), w.sleeper.Name)
	w.vms = append(w.vms, vm)
	w.sleeper.MustServe(waking)
	if !w.bmc.IsOn() {
		w.T.Errorf("%s serves, and its machine is off", w.sleeper.Name)
	}
}

// mustStayOn for a while: its machine is on and nobody asked for anything else.
func (w *ward) mustStayOn(length time.Duration) {
	w.T.Helper()
	w.Throughout("its machine stays on", length, func() error {
		if !w.bmc.IsOn() {
			return fmt.Errorf("it is off")
		}
		if life := w.sleeper.Life(); life == "Asleep" {
			return fmt.Errorf("the node is %s", life)
		}
		return nil
	})
}

func (w *ward) mustHaveAsked(kinds ...string) {
	w.T.Helper()
	if asked := w.resets(); !slices.Equal(asked, kinds) {
		w.T.Errorf("its controller was asked for %q instead of %q", asked, kinds)
	}
}
