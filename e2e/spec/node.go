package spec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"drover.dev/drover/e2e/double"
)

// Node of the double.
type Node struct {
	s    *Scenario
	Name string
}

func (s *Scenario) Node(name string) Node { return Node{s, name} }

func nodeNames() (names []string) {
	for _, text := range nodes {
		name, _, _ := strings.Cut(text, ",")
		names = append(names, name)
	}
	return names
}

func (n Node) patch(kind types.PatchType, change any) {
	n.s.T.Helper()
	text, err := json.Marshal(change)
	n.s.must(err)
	_, err = n.s.Kube.CoreV1().Nodes().Patch(n.s.ctx, n.Name, kind, text, metav1.PatchOptions{})
	n.s.must(err)
}

// Taint keeps pods away that don't tolerate it.
func (n Node) Taint(key string) Node {
	n.s.T.Helper()
	n.retaint(key, corev1.Taint{Key: key, Value: "true", Effect: corev1.TaintEffectNoSchedule})
	return n
}

func (n Node) Untaint(key string) Node { n.s.T.Helper(); n.retaint(key); return n }

// retaint puts these in the place of a key's taints. The list is one value to the API server: others' changes are read again.
func (n Node) retaint(key string, instead ...corev1.Taint) {
	n.s.T.Helper()
	n.s.Eventually("the taints of "+n.Name+" are changed", usual, func() error {
		node := n.get()
		kept := slices.DeleteFunc(node.Spec.Taints, func(taint corev1.Taint) bool { return taint.Key == key })
		node.Spec.Taints = append(kept, instead...)
		_, err := n.s.Kube.CoreV1().Nodes().Update(n.s.ctx, node, metav1.UpdateOptions{})
		return err
	})
}

func (n Node) Label(key, value string) Node {
	n.s.T.Helper()
	n.s.tainted[n.Name] = true
	n.patch(types.MergePatchType, map[string]any{"metadata": map[string]any{"labels": map[string]any{key: value}}})
	n.s.T.Cleanup(func() { n.Unlabel(key) })
	return n
}

// Unlabel it.
func (n Node) Unlabel(key string) {
	n.s.T.Helper()
	n.patch(types.MergePatchType, map[string]any{"metadata": map[string]any{"labels": map[string]any{key: nil}}})
}

// Cordon makes it unschedulable, as kubectl cordon does.
func (n Node) Cordon() Node   { n.s.T.Helper(); n.cordon(true); return n }
func (n Node) Uncordon() Node { n.s.T.Helper(); n.cordon(false); return n }

func (n Node) cordon(on bool) {
	n.s.T.Helper()
	n.s.tainted[n.Name] = true
	n.patch(types.MergePatchType, map[string]any{"spec": map[string]any{"unschedulable": on}})
}

// PowerOff in good order; PowerOn undoes it.
func (n Node) PowerOff() Node { n.s.T.Helper(); n.power("off"); return n }
func (n Node) PowerOn() Node  { n.s.T.Helper(); n.power(nil); return n }

// Lose it: it falls silent, as a machine that has crashed.
func (n Node) Lose() Node { n.s.T.Helper(); n.power("lost"); return n }

func (n Node) power(value any) {
	n.s.T.Helper()
	n.s.tainted[n.Name] = true
	n.patch(types.MergePatchType, map[string]any{"metadata": map[string]any{"annotations": map[string]any{double.Power: value}}})
}

// Life that Drover has written on it; "" for none.
func (n Node) Life() string {
	n.s.T.Helper()
	return n.get().Annotations["drover.dev/node-life"]
}

// IsCordoned, and by Drover.
func (n Node) IsCordoned() bool {
	n.s.T.Helper()
	node := n.get()
	return node.Spec.Unschedulable && node.Annotations["drover.dev/cordoned"] == "true"
}

func (n Node) get() *corev1.Node {
	n.s.T.Helper()
	n.s.tainted[n.Name] = true // what Drover wrote on it is undone at the end
	var node *corev1.Node
	n.s.Eventually(n.Name+" can be read", usual, func() (err error) {
		node, err = n.s.Kube.CoreV1().Nodes().Get(n.s.ctx, n.Name, metav1.GetOptions{})
		return err
	})
	return node
}

// Nodes of the cluster.
func (s *Scenario) Nodes() (all []Node) {
	for _, name := range nodeNames() {
		all = append(all, s.Node(name))
	}
	return all
}

// reset undoes all of the above.
func (n Node) reset() {
	if !n.s.tainted[n.Name] && !marked.bears(n.Name) {
		return
	}
	n.s.Eventually(n.Name+" is as it was", cleaning, func() error {
		node, err := n.s.Kube.CoreV1().Nodes().Get(n.s.ctx, n.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		annotations := map[string]any{double.Power: nil, double.NoMetrics: nil, double.BootTime: nil}
		for key := range node.Annotations {
			if strings.HasPrefix(key, "drover.dev/") && key != bmcAddress {
				annotations[key] = nil
			}
		}
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": annotations, "labels": map[string]any{NotForNHC: nil, "drover.dev/power": nil}},
			"spec": map[string]any{"taints": nil, "unschedulable": nil}})
		if err != nil {
			return err
		}
		_, err = n.s.Kube.CoreV1().Nodes().Patch(n.s.ctx, n.Name, types.MergePatchType, patch, metav1.PatchOptions{})
		return err
	})
}

// MustBecomeReady allows for virt-controller to call the node unschedulable once more after it is back: the next heartbeat mends that.
func (n Node) MustBecomeReady(ready bool) {
	n.s.T.Helper()
	n.s.Eventually(fmt.Sprintf("%s is ready: %t", n.Name, ready), heartbeat, func() error {
		node, err := n.s.Kube.CoreV1().Nodes().Get(n.s.ctx, n.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		schedulable := node.Labels["kubevirt.io/schedulable"]
		for _, taint := range node.Spec.Taints { // kube-controller-manager takes them off a moment later
			if ready && strings.HasPrefix(taint.Key, "node.kubernetes.io/not-ready") {
				return fmt.Errorf("it is tainted %s", taint.Key)
			}
		}
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && (condition.Status == corev1.ConditionTrue) == ready && schedulable == fmt.Sprint(ready) {
				return nil
			}
		}
		return fmt.Errorf("it is not: schedulable %q, conditions %v", schedulable, node.Status.Conditions)
	})
}

const bmcAddress = "drover.dev/bmc-address" // which people write

func isGone(err error) bool { return apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err) }
