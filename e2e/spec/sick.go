package spec

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"drover.dev/drover/e2e/double"
)

// MustWaitForANode: the scheduler has looked for one, and found none.
func (v *VM) MustWaitForANode() {
	v.s.T.Helper()
	v.s.Eventually("the scheduler finds no node for "+v.Name, usual, func() error {
		pods, err := v.s.Kube.CoreV1().Pods(v.Namespace).List(v.s.ctx, metav1.ListOptions{LabelSelector: "kubevirt.io=virt-launcher"})
		if err != nil {
			return err
		}
		for _, pod := range pods.Items {
			for _, condition := range pod.Status.Conditions {
				if pod.Annotations["kubevirt.io/domain"] == v.Name && condition.Type == corev1.PodScheduled && condition.Reason == "Unschedulable" {
					return nil
				}
			}
		}
		return fmt.Errorf("it does not say so")
	})
}

// Launcher is the image that its guest runs in, as virt-controller sees it.
func (v *VM) Launcher() string {
	v.s.T.Helper()
	now, err := v.get()
	v.s.must(err)
	return text(now, "status", "launcherContainerImageVersion")
}

// Migrations of it that anybody ever made.
func (v *VM) Migrations() int { return len(history.of(v.Namespace, v.Name, false)) }

// Unscraped: Prometheus does not reach its virt-handler any more, which goes on working.
func (n Node) Unscraped() Node {
	n.s.T.Helper()
	n.s.tainted[n.Name] = true
	n.patch(types.MergePatchType, map[string]any{"metadata": map[string]any{"annotations": map[string]any{double.NoMetrics: "true"}}})
	return n
}

// Annotate and, in the same write, cordon or uncordon it and put one taint, or none, in the place of all: as an earlier version of
// Drover would have left it.
func (n Node) Rewrite(annotations map[string]any, cordoned bool, taint string) {
	n.s.T.Helper()
	n.s.tainted[n.Name] = true
	if annotations == nil {
		annotations = map[string]any{}
	}
	taints := []any{}
	if taint != "" {
		taints = append(taints, map[string]any{"key": taint, "effect": "NoSchedule"})
	}
	n.patch(types.MergePatchType, map[string]any{"metadata": map[string]any{"annotations": annotations}, "spec": map[string]any{"unschedulable": cordoned, "taints": taints}})
}

// HasTaint of this key.
func (n Node) HasTaint(key string) bool {
	n.s.T.Helper()
	for _, taint := range n.get().Spec.Taints {
		if taint.Key == key {
			return true
		}
	}
	return false
}

// IsUnschedulable by whomever.
func (n Node) IsUnschedulable() bool { n.s.T.Helper(); return n.get().Spec.Unschedulable }

// IsReady, as Kubernetes sees it.
func (n Node) IsReady() bool {
	n.s.T.Helper()
	for _, condition := range n.get().Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// handler is the node's virt-handler pod, if there is one that is not on its way out.
func (n Node) handler() (*corev1.Pod, error) {
	pods, err := n.s.Kube.CoreV1().Pods("kubevirt").List(n.s.ctx, metav1.ListOptions{LabelSelector: "kubevirt.io=virt-handler", FieldSelector: "spec.nodeName=" + n.Name})
	if err != nil {
		return nil, err
	}
	for i, pod := range pods.Items {
		if pod.DeletionTimestamp == nil && (pod.Status.Phase == corev1.PodRunning || pod.Status.Phase == corev1.PodPending) {
			return &pods.Items[i], nil
		}
	}
	return nil, fmt.Errorf("%s has no virt-handler", n.Name)
}

// HandlerUID of its virt-handler pod; "" for none.
func (n Node) HandlerUID() string {
	pod, err := n.handler()
	if err != nil {
		return ""
	}
	return string(pod.UID)
}

// HasHandler: a virt-handler runs on it.
func (n Node) HasHandler() bool {
	pod, err := n.handler()
	return err == nil && pod.Status.Phase == corev1.PodRunning
}

// DeleteHandler deletes its virt-handler pod, and says how to recognise it.
func (n Node) DeleteHandler() (uid string) {
	n.s.T.Helper()
	pod, err := n.handler()
	n.s.must(err)
	n.s.must(n.s.Kube.CoreV1().Pods("kubevirt").Delete(n.s.ctx, pod.Name, metav1.DeleteOptions{}))
	return string(pod.UID)
}

// MustHaveAnotherHandler than that one, running.
func (n Node) MustHaveAnotherHandler(uid string, limit time.Duration) {
	n.s.T.Helper()
	n.s.Eventually("virt-handler is back on "+n.Name, limit, func() error {
		pod, err := n.handler()
		if err == nil && (string(pod.UID) == uid || pod.Status.Phase != corev1.PodRunning) {
			err = fmt.Errorf("%s is %s", pod.Name, pod.Status.Phase)
		}
		return err
	})
}
