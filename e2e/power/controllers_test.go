package power

import (
	"fmt"
	"strings"
	"time"

	"drover.dev/drover/e2e/redfish"
	. "drover.dev/drover/e2e/spec"
)

// A node sleeps, wakes for a machine that waits for it, and sleeps again when that has gone.
func healthy(w *ward) {
	w.evening()
	w.mustSleep(sleeping)
	w.mustHaveAsked("GracefulShutdown")
	late := w.need("late")
	w.mustWakeFor(late)
	w.mustHaveAsked("GracefulShutdown", "On")
	if open := w.bmc.State().Sessions; open > 0 {
		w.T.Errorf("%d sessions are open on its controller", open)
	}
	late.Delete()
	w.vms = w.vms[:2]
	w.mustSleep(sleeping)
	w.policy.Delete()
	w.sleeper.MustServe(waking)
}

func slow(w *ward) {
	w.turn(func(d *redfish.Dials) { d.AnswerSeconds = 4 })
	w.evening()
	w.mustSleep(sleeping)
	w.mustWakeFor(w.need("late"))
}

// Of a machine whose controller does not answer nobody knows whether it is on: it is never switched off, and its node comes back for a
// machine that waits for it. When the controller is back, it sleeps.
func dead(w *ward) {
	w.turn(func(d *redfish.Dials) { d.Refuse = true })
	unreachable(w, func(d *redfish.Dials) { d.Refuse = false })
}

func failing(w *ward) {
	w.turn(func(d *redfish.Dials) { d.FailWith = 500 })
	unreachable(w, func(d *redfish.Dials) { d.FailWith = 0 })
}

func unreachable(w *ward, heal func(*redfish.Dials)) {
	w.evening()
	w.sleeper.MustLive(packing, "Empty", "PoweringOff")
	w.mustStayOn(30 * time.Second)
	late := w.need("late")
	late.MustRunWithin(waking)
	late.Delete()
	w.turn(heal)
	w.mustSleep(sleeping)
	w.mustWakeFor(w.need("later"))
}

// A controller dies while its machine is off: the node can't wake; when the controller is back it does, or a person hands it back.
func deadAsleep(w *ward) {
	w.evening()
	w.mustSleep(sleeping)
	w.turn(func(d *redfish.Dials) { d.Refuse = true })
	late := w.need("late")
	w.sleeper.MustLive(packing, "Waking", "Quarantined")
	w.Throughout("nothing that is not so is written", 20*time.Second, func() error {
		if life := w.sleeper.Life(); life != "Waking" && life != "Quarantined" {
			return fmt.Errorf("it is %q", life)
		}
		return nil
	})
	w.turn(func(d *redfish.Dials) { d.Refuse = false })
	if w.sleeper.Life() == "Quarantined" {
		w.sleeper.Uncordon()
		w.bmc.Press(true)
	}
	w.mustWakeFor(late)
}

// A controller that says yes and does nothing: the node is not taken for asleep, though it was asked by force, too; and a person gets it
// back before it is given up.
func liar(w *ward) {
	w.turn(func(d *redfish.Dials) { d.Lies = true })
	w.evening()
	w.sleeper.MustLive(packing, "PoweringOff")
	w.mustStayOn(75 * time.Second)
	w.mustHaveAsked("GracefulShutdown", "ForceOff")
	w.sleeper.Uncordon()
	w.sleeper.MustServe(waking)
	w.mustWakeFor(w.need("late"))
}

// A system that does not heed its controller is switched off by force when its time is up.
func deaf(w *ward) {
	w.turn(func(d *redfish.Dials) { d.IgnoresGraceful = true })
	w.evening()
	w.mustSleep(sleeping)
	w.mustHaveAsked("GracefulShutdown", "ForceOff")
	w.mustWakeFor(w.need("late"))
}

func refusing(w *ward) {
	w.turn(func(d *redfish.Dials) { d.RefusesGraceful = true })
	w.evening()
	w.mustSleep(sleeping)
	if asked := w.resets(); len(asked) == 0 || asked[len(asked)-1] != "ForceOff" {
		w.T.Errorf("its controller was asked for %q", asked)
	}
	w.mustWakeFor(w.need("late"))
}

// All sessions of the controller are taken by others: it is asked without one.
func crowded(w *ward) {
	w.turn(func(d *redfish.Dials) { d.SessionsTaken = 8 })
	w.evening(With("driver.redfish.authentication", "Session"))
	w.mustSleep(sleeping)
	w.mustWakeFor(w.need("late"))
	if logins := w.bmc.State().Logins; logins > 0 {
		w.T.Errorf("%d sessions were opened where none was to be had", logins)
	}
}

// What the controller shows is twenty seconds old.
func stale(w *ward) {
	w.turn(func(d *redfish.Dials) { d.StaleSeconds = 20 })
	w.evening()
	w.mustSleep(sleeping)
	w.mustWakeFor(w.need("late"))
	w.mustStayOn(25 * time.Second)
}

// What is peculiar about several vendors' controllers, all at once.
func vendor(w *ward) {
	w.turn(func(d *redfish.Dials) {
		d.ActionInfo, d.AbsoluteLinks, d.Tasks, d.SwapUUID, d.Baseboard, d.RedirectTo = true, true, "monitor", true, true, "self"
		d.Allowed = []string{"On", "ForceOff", "GracefulShutdownGracefulRestart", "ForceRestart", "Nmi", "ForceOn"}
		d.Transitions, d.ConflictSeconds, d.OffSeconds, d.OnSeconds, d.EmptyBodies = true, 20, 5, 5, 2
	})
	w.evening()
	w.mustSleep(sleeping)
	w.mustWakeFor(w.need("late"))
}

// A controller that answers and does not say whether its machine is on: it is not switched off.
func mute(w *ward) {
	w.turn(func(d *redfish.Dials) { d.NullPowerState = true })
	w.evening()
	w.sleeper.MustLive(packing, "Empty", "PoweringOff")
	w.mustStayOn(30 * time.Second)
	w.turn(func(d *redfish.Dials) { d.NullPowerState, d.NoPowerState = false, true })
	w.mustStayOn(15 * time.Second)
	w.turn(func(d *redfish.Dials) { d.NoPowerState = false })
	w.mustSleep(sleeping)
	w.mustWakeFor(w.need("late"))
}

// A node that never becomes ready is tried once more and then left alone, and says so; when a person has mended it, it serves.
func neverUp(w *ward) {
	w.evening(With("limits.wakeDeadline", "20s"))
	w.mustSleep(sleeping)
	w.sleeper.BootsIn(time.Hour)
	late := w.need("late")
	w.sleeper.MustLive(waking, "Waking")
	w.sleeper.MustLive(sleeping, "Quarantined")
	if reason := w.sleeper.Reason(); !strings.Contains(strings.ToLower(reason), "wake") && !strings.Contains(strings.ToLower(reason), "ready") {
		w.T.Errorf("it does not say why: %q", reason)
	}
	w.sleeper.BootsIn(time.Second)
	w.Eventually("it has booted", waking, func() error {
		if ready := w.sleeper.Readiness(); ready != "True" {
			return fmt.Errorf("it is ready: %s", ready)
		}
		return nil
	})
	if life := w.sleeper.Life(); life == "Quarantined" {
		w.sleeper.Uncordon()
	}
	w.mustWakeFor(late)
}
