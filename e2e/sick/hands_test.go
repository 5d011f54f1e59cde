package sick

import (
	"fmt"
	"strings"
	"time"

	. "drover.dev/drover/e2e/spec"
)

// What people do to nodes holds against what a policy wants.
func hands(w *ward) {
	cordoned, worked, free := w.nodes[0], w.nodes[1], w.nodes[2:]
	vms := w.oneEach(w.nodes...)
	cordoned.Cordon()
	worked.Label("drover.dev/hands-off", "")
	policy := w.pack(3)
	resting := w.mustRest(2, free...)
	for _, node := range free {
		if node != resting[0] && node != resting[1] {
			node.Label("drover.dev/keep-on", "") // what is packed stays so
		}
	}

	// One that rests is uncordoned: it serves, and goes on serving.
	back := resting[0].Uncordon()
	w.Eventually("its marks are taken off", 10*time.Second, func() error {
		if life := back.Life(); life != "" {
			return fmt.Errorf("it is %s", life)
		}
		return nil
	})
	policy.MustBe("Ready=True", "", "node "+back.Name+" serves because a person has uncordoned it")

	// One that somebody works on is drained: its machine leaves it by KubeVirt's own migration, and Drover has no part in that.
	before := vms[worked]
	worked.Cordon()
	if err := before.Evict(); err == nil || !strings.Contains(err.Error(), "triggered evacuation") {
		w.T.Errorf("the eviction answered %v", err)
	}
	before.MustMoveFrom(worked.Name)

	// One that rests is worked on: it does not come back for a machine that waits for it, until it is handed back.
	held := resting[1].Label("drover.dev/hands-off", "")
	late := w.VM("late").OnlyOn("kubernetes.io/hostname", held.Name).VCPUs(1).Memory("512Mi")
	w.Create(late)
	late.MustWaitForANode()
	w.mustWrite(0, aBreath, w.nodes...)
	policy.MustBe("Ready=True", "", "node "+held.Name+" is left as it is", "drover.dev/hands-off")
	if !held.IsCordoned() || held.Life() != "Empty" {
		w.T.Errorf("%s is %q, cordoned by Drover: %t", held.Name, held.Life(), held.IsCordoned())
	}
	held.Unlabel("drover.dev/hands-off")
	late.MustRun()

	w.mustWrite(0, 45*time.Second, cordoned, worked, back)
	for _, node := range []Node{cordoned, worked} {
		if !node.IsUnschedulable() || node.IsCordoned() || len(node.Lives()) > 0 {
			w.T.Errorf("%s: unschedulable %t, by Drover %t, lives %q", node.Name, node.IsUnschedulable(), node.IsCordoned(), node.Lives())
		}
	}
	if made := vms[cordoned].Migrations(); made > 0 {
		w.T.Errorf("%d migrations off a node that a person has cordoned", made)
	}
	if made := len(before.Moves()); made > 0 {
		w.T.Errorf("%d moves by Drover off a node that a person drains", made)
	}
	if back.Life() != "" || back.IsUnschedulable() {
		w.T.Errorf("%s is %q again", back.Name, back.Life())
	}
	if moves := w.Moves(); moves > 3 {
		w.T.Errorf("%d moves where two nodes were emptied of one machine each", moves)
	}
}

// A virt-handler that is deleted comes back on nodes that Drover has taken out of service, by the real DaemonSet controller, and so
// do machines' ways off them. By a taint, as earlier versions set one, it would not.
func daemon(w *ward) {
	const oldTaint = "drover.dev/retiring"
	const comesBack = 20 * time.Second
	w.nodes[3].Rewrite(nil, false, oldTaint) // left over on a node that serves
	vms := w.oneEach(w.nodes[:3]...)
	for _, vm := range vms {
		vm.Using(CopyHangs())
	}
	w.pack(2)
	var leaving Node
	w.Eventually("a node waits for its machine to leave", packing, func() error {
		for _, node := range w.nodes {
			if life := node.Life(); life == "Retiring" || life == "Draining" {
				leaving = node
				return nil
			}
		}
		return fmt.Errorf("none does")
	})
	leaving.MustHaveAnotherHandler(leaving.DeleteHandler(), comesBack)
	if life := leaving.Life(); life != "Retiring" && life != "Draining" {
		w.T.Errorf("%s is %q", leaving.Name, life)
	}
	for _, vm := range vms {
		vm.Using(CopyGoesOn())
	}
	resting := w.mustRest(2, w.nodes...)
	for _, node := range resting {
		node.MustHaveAnotherHandler(node.DeleteHandler(), comesBack)
	}
	if w.nodes[3].HasTaint(oldTaint) {
		w.T.Errorf("the taint of an earlier version is still on %s", w.nodes[3].Name)
	}

	// The same with a taint of its own: this is what the cordon is for.
	tainted := resting[0].Taint("test/away")
	uid := tainted.DeleteHandler()
	w.Throughout("virt-handler stays away from a tainted node", 5*time.Second, func() error {
		if pod := tainted.HandlerUID(); pod != "" && pod != uid {
			return fmt.Errorf("it is back")
		}
		return nil
	})
	tainted.Untaint("test/away")
	tainted.MustHaveAnotherHandler(uid, comesBack)

	// Nodes at rest as two earlier versions left them: with a taint alone, and with a taint and a cordon.
	before := w.Writes(resting...)
	resting[0].Rewrite(map[string]any{"drover.dev/cordoned": nil}, false, oldTaint)
	resting[1].Rewrite(nil, true, oldTaint)
	for _, node := range resting {
		w.Eventually(node.Name+" is taken over", 15*time.Second, func() error {
			if node.HasTaint(oldTaint) || !node.IsCordoned() || node.Life() != "Empty" {
				return fmt.Errorf("taint %t, cordoned %t, %q", node.HasTaint(oldTaint), node.IsCordoned(), node.Life())
			}
			return nil
		})
		node.MustHaveAnotherHandler(node.DeleteHandler(), comesBack)
	}
	w.mustWrite(0, aBreath, w.nodes...)
	if made := w.Writes(resting...) - before; made > 4 { // one of them by this test
		w.T.Errorf("%d writes to take two nodes over", made)
	}
}
