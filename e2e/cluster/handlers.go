package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"drover.dev/drover/e2e/double"
)

const handlersName = "virt-handler"

// RunHandlers makes the DaemonSet of virt-handler, as KubeVirt's operator would: it tolerates nothing of its own accord. From then on
// kube-controller-manager sees to its pods, and a node without one has no virt-handler. It returns when all nodes have theirs.
func (c *Cluster) RunHandlers(ctx context.Context) error {
	labels, all := map[string]string{"kubevirt.io": handlersName}, intstr.FromString("100%")
	requests := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("357Mi")}
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "kubevirt", Name: handlersName, Labels: labels}, Spec: appsv1.DaemonSetSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		UpdateStrategy: appsv1.DaemonSetUpdateStrategy{Type: appsv1.RollingUpdateDaemonSetStrategyType,
			RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxUnavailable: &all}},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
			PriorityClassName: "system-node-critical",
			Containers:        []corev1.Container{{Name: handlersName, Image: "virt-handler:1", Resources: corev1.ResourceRequirements{Requests: requests}}}}}}}
	if _, err := c.Kube.AppsV1().DaemonSets("kubevirt").Create(ctx, set, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return c.await(ctx, "virt-handlers", c.HandlersReady)
}

// HandlersReady on every node, of the image that the DaemonSet asks for.
func (c *Cluster) HandlersReady(ctx context.Context) error {
	set, err := c.Kube.AppsV1().DaemonSets("kubevirt").Get(ctx, handlersName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	all, status := int32(len(c.options.Nodes)), set.Status
	if status.ObservedGeneration != set.Generation || status.UpdatedNumberScheduled != all || status.NumberReady != all {
		return fmt.Errorf("of %d nodes %d have an up-to-date virt-handler, and %d one that is ready", all, status.UpdatedNumberScheduled, status.NumberReady)
	}
	return nil
}

// UpgradeKubeVirt to other images, as far as nodes and machines see it: all virt-handlers are replaced at once, and take so long to
// start; and all machines that run are outdated, which virt-controller moves them to mend.
func (c *Cluster) UpgradeKubeVirt(ctx context.Context, version string, starts time.Duration) error {
	for i, argument := range c.VirtController.Args {
		if strings.HasPrefix(argument, "--launcher-image=") {
			c.VirtController.Args[i] = "--launcher-image=launcher:" + version
		}
	}
	if err := c.VirtController.Restart(); err != nil {
		return err
	}
	patch := fmt.Sprintf(`{"spec": {"template": {"metadata": {"annotations": {%q: %q}}, "spec": {"containers": [{"name": %q, "image": "virt-handler:%s"}]}}}}`,
		double.StartTime, starts, handlersName, version)
	_, err := c.Kube.AppsV1().DaemonSets("kubevirt").Patch(ctx, handlersName, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// RollHandlersOneByOne from now on, as KubeVirt's operator begins to.
func (c *Cluster) RollHandlersOneByOne(ctx context.Context) error {
	_, err := c.Kube.AppsV1().DaemonSets("kubevirt").Patch(ctx, handlersName, types.MergePatchType, []byte(`{"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 1}}}}`), metav1.PatchOptions{})
	return err
}

// HandlersRolledOut as KubeVirt's operator sees it: as many are ready, and of the image that is asked for, as nodes want one; and none
// of another image is there, wherever.
func (c *Cluster) HandlersRolledOut(ctx context.Context) error {
	set, err := c.Kube.AppsV1().DaemonSets("kubevirt").Get(ctx, handlersName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	status := set.Status
	if status.ObservedGeneration != set.Generation || status.UpdatedNumberScheduled != status.DesiredNumberScheduled || status.NumberReady != status.DesiredNumberScheduled {
		return fmt.Errorf("%d nodes want a virt-handler, %d have an up-to-date one, and %d one that is ready", status.DesiredNumberScheduled, status.UpdatedNumberScheduled, status.NumberReady)
	}
	pods, err := c.Kube.CoreV1().Pods("kubevirt").List(ctx, metav1.ListOptions{LabelSelector: "kubevirt.io=" + handlersName})
	if err != nil {
		return err
	}
	for _, pod := range pods.Items {
		if image := pod.Spec.Containers[0].Image; image != set.Spec.Template.Spec.Containers[0].Image {
			return fmt.Errorf("%s on %s is of the image %s still", pod.Name, pod.Spec.NodeName, image)
		}
	}
	return nil
}

// UpdateWorkloads says whether KubeVirt migrates outdated machines by itself.
func (c *Cluster) UpdateWorkloads(ctx context.Context, migrate bool) error {
	list := map[bool]string{true: `["LiveMigrate"]`, false: "[]"}[migrate]
	_, err := c.Dynamic.Resource(kubeVirts).Namespace("kubevirt").Patch(ctx, "kubevirt", types.MergePatchType,
		[]byte(`{"spec": {"workloadUpdateStrategy": {"workloadUpdateMethods": `+list+`}}}`), metav1.PatchOptions{})
	return err
}
