package main

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	virtv1 "kubevirt.io/api/core/v1"
)

// slim is what Drover keeps of a VMI (operator/model/vm.h), in a struct as small as client-go lets it be: the metadata must stay
// metav1.ObjectMeta, for the informer asks for it.
type slim struct {
	metav1.ObjectMeta
	phase, node, evacuationNode, notMigratableReason, notMigratableMessage, selinux string
	vcpus, memory                                                                   int64
	eviction                                                                        *virtv1.EvictionStrategy
	migratable                                                                      *bool
	pending                                                                         []string
	hostModel                                                                       bool
	migration                                                                       *slimMigration
}

type slimMigration struct {
	uid, source, target, reason, mode string
	completed, failed, abort          bool
	started, ended                    time.Time
}

func slimVMI(object any) (any, error) {
	vmi, ok := object.(*virtv1.VirtualMachineInstance)
	if !ok {
		return object, nil // a tombstone, or slim already
	}
	s := &slim{ObjectMeta: metav1.ObjectMeta{Name: vmi.Name, Namespace: vmi.Namespace, UID: vmi.UID, ResourceVersion: vmi.ResourceVersion,
		Labels: vmi.Labels, CreationTimestamp: vmi.CreationTimestamp, DeletionTimestamp: vmi.DeletionTimestamp},
		phase: string(vmi.Status.Phase), node: vmi.Status.NodeName, evacuationNode: vmi.Status.EvacuationNodeName,
		selinux: vmi.Status.SelinuxContext, eviction: vmi.Spec.EvictionStrategy, vcpus: 1, hostModel: true}
	if cpu := vmi.Spec.Domain.CPU; cpu != nil {
		s.vcpus = int64(max(cpu.Cores, 1) * max(cpu.Sockets, 1) * max(cpu.Threads, 1))
		s.hostModel = cpu.Model == "" || cpu.Model == virtv1.CPUModeHostModel
	}
	if memory := vmi.Spec.Domain.Memory; memory != nil && memory.Guest != nil {
		s.memory = memory.Guest.Value()
	}
	for _, condition := range vmi.Status.Conditions {
		if condition.Type == virtv1.VirtualMachineInstanceIsMigratable {
			yes := condition.Status == corev1.ConditionTrue
			s.migratable, s.notMigratableReason, s.notMigratableMessage = &yes, condition.Reason, condition.Message
		}
	}
	if m := vmi.Status.MigrationState; m != nil {
		s.migration = &slimMigration{uid: string(m.MigrationUID), source: m.SourceNode, target: m.TargetNode, reason: m.FailureReason,
			mode: string(m.Mode), completed: m.Completed, failed: m.Failed, abort: m.AbortRequested}
		if m.StartTimestamp != nil {
			s.migration.started = m.StartTimestamp.Time
		}
		if m.EndTimestamp != nil {
			s.migration.ended = m.EndTimestamp.Time
		}
	}
	return s, nil
}

// slimmerNode is what Drover keeps of a node.
type slimmerNode struct {
	metav1.ObjectMeta
	taints               []corev1.Taint
	unschedulable, ready bool
	allocatable          corev1.ResourceList
}

func slimNode(object any) (any, error) {
	node, ok := object.(*corev1.Node)
	if !ok {
		return object, nil
	}
	s := &slimmerNode{ObjectMeta: metav1.ObjectMeta{Name: node.Name, UID: node.UID, ResourceVersion: node.ResourceVersion, Labels: node.Labels},
		taints: node.Spec.Taints, unschedulable: node.Spec.Unschedulable, allocatable: node.Status.Allocatable}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			s.ready = condition.Status == corev1.ConditionTrue
		}
	}
	return s, nil
}
