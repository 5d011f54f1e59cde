package power

import (
	"fmt"
	"time"

	"drover.dev/drover/e2e/redfish"
	. "drover.dev/drover/e2e/spec"
)

// A person uncordons a node that sleeps: it wakes and serves, and goes on serving.
func uncordoned(w *ward) {
	w.evening()
	w.mustSleep(sleeping)
	w.sleeper.Uncordon()
	w.sleeper.MustServe(waking)
	w.mustStayOn(20 * time.Second)
	w.policy.MustBe("Ready=True", "", "node "+w.sleeper.Name+" serves because a person has uncordoned it")
}

// A person presses the power switch of a machine that is off: its node comes back and serves; it is not switched off at once again.
func button(w *ward) {
	w.evening(With("limits.minimumOn", "10m"))
	w.mustSleep(sleeping)
	w.bmc.Press(true)
	w.sleeper.MustServe(waking)
	w.mustStayOn(20 * time.Second)
	w.mustHaveAsked("GracefulShutdown")
}

// What a person works on is left as it is: it is not woken, until it is handed back.
func handsOff(w *ward) {
	w.evening()
	w.mustSleep(sleeping)
	w.sleeper.Label("drover.dev/hands-off", "")
	vm := w.need("late")
	vm.MustWaitForANode()
	w.Throughout("it sleeps", 20*time.Second, func() error {
		if w.bmc.IsOn() || w.sleeper.Life() != "Asleep" {
			return fmt.Errorf("it is %q, and its machine is on: %t", w.sleeper.Life(), w.bmc.IsOn())
		}
		return nil
	})
	w.sleeper.Unlabel("drover.dev/hands-off")
	w.mustWakeFor(vm)
}

// By hand: drover node wake, and drover node sleep. Each waits until it is so.
func command(w *ward) {
	w.evening()
	w.mustSleep(sleeping)
	if said, code := w.DroverAsAdminWithin(waking, "node", "wake", w.sleeper.Name); code != 0 {
		w.T.Fatalf("drover node wake: exit %d, and it says %s", code, said)
	}
	if !w.bmc.IsOn() || !w.sleeper.IsReady() {
		w.T.Errorf("it says that the node is awake; its machine is on: %t, the node is ready: %t", w.bmc.IsOn(), w.sleeper.IsReady())
	}
	w.sleeper.MustServe(waking)
	w.mustStayOn(20 * time.Second)
	if said, code := w.DroverAsAdminWithin(sleeping, "node", "sleep", w.sleeper.Name); code != 0 {
		w.T.Fatalf("drover node sleep: exit %d, and it says %s", code, said)
	}
	if life := w.sleeper.Life(); life != "Asleep" || w.bmc.IsOn() {
		w.T.Errorf("it says that the node is asleep; that is %q, and its machine is on: %t", life, w.bmc.IsOn())
	}
	w.mustSleep(sleeping)
}

// The policy goes while a machine is being switched off, and again while it is off: each time its node comes back and bears nothing.
func deleted(w *ward) {
	w.turn(func(d *redfish.Dials) { d.OffSeconds = 15 })
	w.evening()
	w.sleeper.MustLive(packing, "PoweringOff")
	w.policy.Delete()
	w.sleeper.MustServe(sleeping)
	w.turn(func(d *redfish.Dials) { d.OffSeconds = 1 })
	w.policy = w.ClusterPolicy("pack-"+w.name, packs, With("consolidation.nodes", "{matchLabels: {case: "+w.name+"}}"))
	w.mustSleep(sleeping)
	w.policy.Delete()
	w.sleeper.MustServe(waking)
}
