package double

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"log"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// runPod does what the kubelet of the pod's node does: start it, end it when its guest has left, finish its deletion.
func (d *Double) runPod(ctx context.Context, pod *corev1.Pod) error {
	if !d.alive(pod.Spec.NodeName) {
		return nil
	}
	vmi := d.instanceOf(pod)
	running, pending := pod.Status.Phase == corev1.PodRunning, pod.Status.Phase == corev1.PodPending
	switch {
	case pod.DeletionTimestamp != nil:
		if running && vmi != nil && guestRunsIn(vmi, pod) {
			return nil // virt-handler shuts the guest down first
		}
		if running || pending {
			if err := d.endPod(ctx, pod, corev1.PodSucceeded); err != nil {
				return err
			}
		}
		now := int64(0)
		return d.kubelet.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now,
			Preconditions: &metav1.Preconditions{UID: &pod.UID}})
	case pending:
		if left := startsIn(pod); left > 0 {
			d.again(left, item{"pod", pod.Namespace, pod.Name})
			return nil
		}
		return d.startPod(ctx, pod)
	case running && pod.Status.StartTime != nil && d.nodes[pod.Spec.NodeName].rebootedAfter(pod.Status.StartTime.Time):
		if pod.Spec.RestartPolicy == corev1.RestartPolicyAlways && vmi == nil {
			return d.startPod(ctx, pod) // its containers, that is
		}
		return d.endPod(ctx, pod, corev1.PodFailed)
	case running && vmi != nil:
		if phase := endOf(vmi, pod); phase != "" {
			return d.endPod(ctx, pod, phase)
		}
	}
	return nil
}

func guestRunsIn(vmi object, pod *corev1.Pod) bool {
	phase := vmi.text("status", "phase")
	return (phase == "Scheduled" || phase == "Running") && vmi.text("status", "nodeName") == pod.Spec.NodeName
}

// endOf says how a running launcher pod ends, if it does: the guest moved away from this source, never arrived in this target,
// or shut down.
func endOf(vmi object, pod *corev1.Pod) corev1.PodPhase {
	state := object{}
	if found, ok := vmi.at("status", "migrationState").(map[string]any); ok {
		state = found
	}
	switch {
	case vmi.text("status", "phase") == "Succeeded":
		return corev1.PodSucceeded
	case vmi.text("status", "phase") == "Failed":
		return corev1.PodFailed
	case pod.Name == state.text("sourcePod") && state.yes("completed") && !state.yes("failed"):
		return corev1.PodSucceeded
	case pod.Name == state.text("targetPod") && state.yes("failed"):
		return corev1.PodFailed
	}
	return ""
}

func (d *Double) startPod(ctx context.Context, pod *corev1.Pod) error {
	now := metav1.Now()
	number := crc32.ChecksumIEEE([]byte(pod.UID))
	address := fmt.Sprintf("10.%d.%d.%d", 128|number>>16&127, number>>8&255, number&255)
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
	done := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: now, FinishedAt: now}}
	status := func(c corev1.Container, state corev1.ContainerState) corev1.ContainerStatus {
		started := state.Running != nil
		// KubeVirt wants a reproducible digest of disks that come in containers.
		return corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: "image@sha256:" + strings.Repeat("a", 64), Ready: true, Started: &started, State: state}
	}
	next := corev1.PodStatus{Phase: corev1.PodRunning, StartTime: &now, HostIP: "127.0.0.1", PodIP: address, PodIPs: []corev1.PodIP{{IP: address}}}
	for _, kind := range []corev1.PodConditionType{corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
		next.Conditions = append(next.Conditions, corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	for _, c := range pod.Spec.Containers {
		next.ContainerStatuses = append(next.ContainerStatuses, status(c, running))
	}
	for _, c := range pod.Spec.InitContainers {
		state := done
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			state = running
		}
		next.InitContainerStatuses = append(next.InitContainerStatuses, status(c, state))
	}
	log.Printf("kubelet %s: pod %s/%s runs", pod.Spec.NodeName, pod.Namespace, pod.Name)
	return d.patchPodStatus(ctx, pod, next)
}

func (d *Double) endPod(ctx context.Context, pod *corev1.Pod, phase corev1.PodPhase) error {
	now, stopped := metav1.Now(), false
	next := corev1.PodStatus{Phase: phase}
	for _, kind := range []corev1.PodConditionType{corev1.ContainersReady, corev1.PodReady} {
		next.Conditions = append(next.Conditions, corev1.PodCondition{Type: kind, Status: corev1.ConditionFalse, Reason: "PodCompleted", LastTransitionTime: now})
	}
	exit := int32(0)
	if phase == corev1.PodFailed {
		exit = 1
	}
	finish := func(from []corev1.ContainerStatus) (to []corev1.ContainerStatus) {
		for _, each := range from {
			each.Ready, each.Started = false, &stopped
			each.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: exit, Reason: "Completed", FinishedAt: now, StartedAt: now}}
			to = append(to, each)
		}
		return to
	}
	next.ContainerStatuses, next.InitContainerStatuses = finish(pod.Status.ContainerStatuses), finish(pod.Status.InitContainerStatuses)
	log.Printf("kubelet %s: pod %s/%s ends %s", pod.Spec.NodeName, pod.Namespace, pod.Name, phase)
	return d.patchPodStatus(ctx, pod, next)
}

// patchPodStatus merges by condition type: virt-controller writes conditions of its own into launcher pods.
func (d *Double) patchPodStatus(ctx context.Context, pod *corev1.Pod, status corev1.PodStatus) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": pod.UID}, "status": status})
	if err != nil {
		return err
	}
	_, err = d.kubelet.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

func rfc3339() string { return time.Now().UTC().Format(time.RFC3339) }
