package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// A cluster asks where the VM `vm-0` can go; the first pod is its launcher.
type cluster struct {
	Nodes []*corev1.Node `json:"nodes"`
	Pods  []*corev1.Pod  `json:"pods"`

	Claims   []*corev1.PersistentVolumeClaim `json:"claims"`
	Volumes  []*corev1.PersistentVolume      `json:"volumes"`
	CSINodes []*storagev1.CSINode            `json:"csiNodes"`
}

func (q cluster) launcher() *corev1.Pod { return q.Pods[0] }

// target is the pod that KubeVirt would make for a migration: as the launcher, and away from the VM's own pods.
func (q cluster) target() *corev1.Pod {
	target := q.launcher().DeepCopy()
	target.Name, target.UID = target.Name+"-target", "uid-target"
	target.Spec.NodeName = ""
	target.Labels["kubevirt.io/migrationJobUID"] = "uid-migration"
	if target.Spec.Affinity == nil {
		target.Spec.Affinity = &corev1.Affinity{}
	}
	if target.Spec.Affinity.PodAntiAffinity == nil {
		target.Spec.Affinity.PodAntiAffinity = &corev1.PodAntiAffinity{}
	}
	apart := &target.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	*apart = append(*apart, corev1.PodAffinityTerm{TopologyKey: corev1.LabelHostname, LabelSelector: &metav1.LabelSelector{
		MatchLabels: map[string]string{"kubevirt.io/created-by": target.Labels["kubevirt.io/created-by"]}}})
	return target
}

// sourceLacksTopology tells whether the VM's own node is in none of the domains that a term of its affinity speaks of.
func (q cluster) sourceLacksTopology() bool {
	affinity := q.launcher().Spec.Affinity
	if affinity == nil || affinity.PodAffinity == nil {
		return false
	}
	for _, node := range q.Nodes {
		if node.Name != q.launcher().Spec.NodeName {
			continue
		}
		for _, term := range affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
			if _, has := node.Labels[term.TopologyKey]; !has {
				return true
			}
		}
	}
	return false
}

// withWidestTerms is the cluster as it would be if anti-affinity with a namespaceSelector or matchLabelKeys held everywhere and for all.
func (q cluster) withWidestTerms() cluster {
	widest := q
	widest.Pods = nil
	for _, pod := range q.Pods {
		pod = pod.DeepCopy()
		if pod.Spec.Affinity != nil && pod.Spec.Affinity.PodAntiAffinity != nil {
			terms := pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
			for i := range terms {
				if len(terms[i].MatchLabelKeys) > 0 || terms[i].NamespaceSelector != nil {
					terms[i].MatchLabelKeys, terms[i].NamespaceSelector = nil, &metav1.LabelSelector{}
				}
			}
		}
		widest.Pods = append(widest.Pods, pod)
	}
	return widest
}

var namespaceLabels = map[string]map[string]string{"vms": {"team": "a"}, "other": {"team": "b"}}

func quantity(text string) resource.Quantity { return resource.MustParse(text) }

func randomCluster(r *rand.Rand) cluster {
	var q cluster
	for i := range pick(r, 3, 5, 8, 20, 50) {
		q.Nodes = append(q.Nodes, randomNode(r, i))
	}
	pods := 1 + r.IntN(3*len(q.Nodes))
	for i := range pods {
		node := q.Nodes[r.IntN(len(q.Nodes))].Name
		pod := randomPod(r, i, i == 0 || chance(r, 0.5))
		pod.Spec.NodeName = node
		pod.Status.Phase = corev1.PodRunning
		if i > 0 {
			pod.Status.Phase = pick(r, corev1.PodRunning, corev1.PodRunning, corev1.PodRunning, corev1.PodPending, corev1.PodSucceeded, corev1.PodFailed)
			if chance(r, 0.05) {
				pod.Spec.NodeName, pod.Status.Phase = "", corev1.PodPending
			}
			if chance(r, 0.05) {
				now := metav1.Unix(1_700_000_000, 0)
				pod.DeletionTimestamp = &now
			}
		}
		q.Pods = append(q.Pods, pod)
	}
	if chance(r, 0.4) {
		randomVolumes(r, &q)
	}
	return q
}

func randomNode(r *rand.Rand, i int) *corev1.Node {
	name := fmt.Sprintf("node-%d", i)
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name), Labels: map[string]string{
		"kubevirt.io/schedulable": pick(r, "true", "true", "true", "true", "true", "true", "true", "false"),
		"pool":                    pick(r, "fast", "slow"),
		"rank":                    pick(r, "1", "2", "10", "x"),
	}}}
	if chance(r, 0.97) {
		node.Labels[corev1.LabelHostname] = name
	}
	if chance(r, 0.9) {
		node.Labels[corev1.LabelTopologyZone] = pick(r, "a", "b", "c")
	}
	node.Status.Allocatable = corev1.ResourceList{
		"cpu": quantity(pick(r, "4", "8", "15900m", "0.5")), "memory": quantity(pick(r, "8Gi", "64Gi", "33333333333", "1G")),
		"pods": quantity(pick(r, "110", "110", "110", "3")), "devices.kubevirt.io/kvm": quantity(pick(r, "1k", "1", "0")),
	}
	if chance(r, 0.5) {
		node.Status.Allocatable["ephemeral-storage"] = quantity(pick(r, "20Gi", "100M"))
	}
	if chance(r, 0.3) {
		node.Status.Allocatable["hugepages-2Mi"] = quantity(pick(r, "0", "1Gi"))
	}
	ready := corev1.ConditionTrue
	if chance(r, 0.05) {
		ready = pick(r, corev1.ConditionFalse, corev1.ConditionUnknown)
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule})
	}
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready}}
	if chance(r, 0.05) {
		node.Spec.Unschedulable = true
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
	}
	for chance(r, 0.15) {
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: pick(r, "gpu", "db", ""), Value: pick(r, "", "x", "y"),
			Effect: pick(r, corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute, corev1.TaintEffectPreferNoSchedule)})
		if last := &node.Spec.Taints[len(node.Spec.Taints)-1]; last.Key == "" {
			last.Key = "drover.dev/retiring"
		}
	}
	return node
}

func randomPod(r *rand.Rand, i int, launcher bool) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: pick(r, "vms", "vms", "other"), Labels: map[string]string{"app": pick(r, "a", "b", "c")}}}
	pod.Name = fmt.Sprintf("pod-%d", i)
	if launcher {
		pod.Name = fmt.Sprintf("virt-launcher-vm-%d-abcde", i)
		pod.Labels["kubevirt.io"], pod.Labels["kubevirt.io/created-by"] = "virt-launcher", fmt.Sprintf("uid-vm-%d", i)
		pod.Spec.NodeSelector = map[string]string{"kubevirt.io/schedulable": "true"}
	}
	pod.UID = types.UID("uid-" + pod.Name)
	if chance(r, 0.3) {
		pod.Labels["tier"] = pick(r, "x", "y")
	}
	for c := range 1 + r.IntN(2) {
		pod.Spec.Containers = append(pod.Spec.Containers, randomContainer(r, fmt.Sprintf("c%d", c), 0.12))
	}
	for c := range r.IntN(3) {
		container := randomContainer(r, fmt.Sprintf("i%d", c), 0.02)
		if chance(r, 0.4) {
			always := corev1.ContainerRestartPolicyAlways
			container.RestartPolicy = &always
		}
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, container)
	}
	if chance(r, 0.1) {
		pod.Spec.Overhead = corev1.ResourceList{"cpu": quantity("250m"), "memory": quantity("120Mi")}
	}
	if chance(r, 0.05) {
		pod.Spec.Resources = &corev1.ResourceRequirements{Requests: corev1.ResourceList{pick(r, corev1.ResourceCPU, corev1.ResourceMemory): quantity("3")}}
	}
	for chance(r, 0.3) {
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{
			Key:      pick(r, "gpu", "db", "", corev1.TaintNodeUnschedulable, corev1.TaintNodeNotReady),
			Operator: pick(r, "", corev1.TolerationOpEqual, corev1.TolerationOpExists), Value: pick(r, "", "x"),
			Effect: pick(r, "", corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute)})
		if last := &pod.Spec.Tolerations[len(pod.Spec.Tolerations)-1]; last.Key == "" || last.Operator == corev1.TolerationOpExists {
			last.Operator, last.Value = corev1.TolerationOpExists, ""
		}
	}
	if launcher && chance(r, 0.15) {
		pod.Spec.NodeSelector["pool"] = pick(r, "fast", "slow")
	}
	randomAffinity(r, pod)
	if chance(r, 0.05) {
		pod.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone,
			WhenUnsatisfiable: pick(r, corev1.DoNotSchedule, corev1.ScheduleAnyway), LabelSelector: randomSelector(r)}}
	}
	return pod
}

func randomContainer(r *rand.Rand, name string, port float64) corev1.Container {
	container := corev1.Container{Name: name}
	requests := corev1.ResourceList{}
	if chance(r, 0.8) {
		requests["cpu"] = quantity(pick(r, "100m", "1", "1500m", "2", "0.001", "0"))
	}
	if chance(r, 0.8) {
		requests["memory"] = quantity(pick(r, "128Mi", "2Gi", "1G", "700000001", "0"))
	}
	if chance(r, 0.2) {
		requests[pick[corev1.ResourceName](r, "devices.kubevirt.io/kvm", "ephemeral-storage", "hugepages-2Mi")] = quantity(pick(r, "1", "2", "512Mi"))
	}
	container.Resources.Requests = requests
	if chance(r, port) {
		container.Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: pick[int32](r, 80, 443, 0), HostIP: pick(r, "", "", "10.0.0.1"),
			Protocol: pick(r, corev1.ProtocolTCP, corev1.ProtocolTCP, corev1.ProtocolUDP)}}
	}
	return container
}

func randomAffinity(r *rand.Rand, pod *corev1.Pod) {
	affinity := &corev1.Affinity{}
	if chance(r, 0.15) {
		required := &corev1.NodeSelector{}
		for range 1 + r.IntN(2) {
			required.NodeSelectorTerms = append(required.NodeSelectorTerms, randomNodeTerm(r))
		}
		affinity.NodeAffinity = &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: required}
	}
	if chance(r, 0.08) {
		affinity.PodAffinity = &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{randomPodTerm(r)}}
		if chance(r, 0.2) {
			affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution = append(
				affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, randomPodTerm(r))
		}
	}
	if chance(r, 0.08) {
		affinity.PodAntiAffinity = &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{randomPodTerm(r)}}
	}
	if affinity.NodeAffinity != nil || affinity.PodAffinity != nil || affinity.PodAntiAffinity != nil {
		pod.Spec.Affinity = affinity
	}
}

func randomNodeTerm(r *rand.Rand) corev1.NodeSelectorTerm {
	var term corev1.NodeSelectorTerm
	for range r.IntN(3) {
		requirement := corev1.NodeSelectorRequirement{Key: pick(r, "pool", "rank", corev1.LabelTopologyZone, "none"),
			Operator: pick(r, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn, corev1.NodeSelectorOpExists, corev1.NodeSelectorOpDoesNotExist,
				corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt)}
		switch requirement.Operator {
		case corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn:
			requirement.Values = []string{pick(r, "fast", "a", "b", "1"), pick(r, "slow", "c", "10")}
		case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
			requirement.Key, requirement.Values = "rank", []string{strconv.Itoa(r.IntN(12) - 3)}
		}
		term.MatchExpressions = append(term.MatchExpressions, requirement)
	}
	if chance(r, 0.2) {
		term.MatchFields = []corev1.NodeSelectorRequirement{{Key: "metadata.name", Operator: pick(r, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn),
			Values: []string{fmt.Sprintf("node-%d", r.IntN(5))}}}
	}
	return term
}

func randomPodTerm(r *rand.Rand) corev1.PodAffinityTerm {
	term := corev1.PodAffinityTerm{TopologyKey: pick(r, corev1.LabelHostname, corev1.LabelTopologyZone, corev1.LabelTopologyZone, "pool")}
	term.LabelSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": pick(r, "a", "b", "c", "d")}}
	if chance(r, 0.2) {
		term.LabelSelector = randomSelector(r)
	}
	if chance(r, 0.03) {
		term.LabelSelector = nil
	}
	switch {
	case chance(r, 0.15):
		term.Namespaces = []string{pick(r, "vms", "other")}
	case chance(r, 0.1):
		term.NamespaceSelector = &metav1.LabelSelector{}
	case chance(r, 0.05):
		term.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": pick(r, "a", "b", "c")}}
	}
	if chance(r, 0.03) && term.LabelSelector != nil {
		term.MatchLabelKeys = []string{"tier"}
	}
	return term
}
