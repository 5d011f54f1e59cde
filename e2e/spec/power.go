package spec

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"drover.dev/drover/e2e/cluster"
	"drover.dev/drover/e2e/double"
)

// What a sleeping node bears besides Drover's own marks.
const (
	OutOfService = "node.kubernetes.io/out-of-service"
	NotForNHC    = "remediation.medik8s.io/exclude-from-remediation"
)

var powerProfiles = schema.GroupVersionResource{Group: policies.Group, Version: policies.Version, Resource: "powerprofiles"}

// PowerProfile applies one, which ends with the scenario.
func (s *Scenario) PowerProfile(name, spec string, changes ...Change) {
	s.T.Helper()
	object, err := policyObject("PowerProfile", name, spec, changes)
	s.must(err)
	s.must(s.Cluster.Apply(s.ctx, object))
	s.T.Cleanup(func() {
		if err := s.Dynamic.Resource(powerProfiles).Delete(s.ctx, name, metav1.DeleteOptions{}); err != nil && !isGone(err) {
			s.T.Errorf("cleaning up PowerProfile %s: %v", name, err)
		}
	})
}

// ProfileStatus as it is written, for people.
func (s *Scenario) ProfileStatus(name string) (map[string]any, error) {
	object, err := s.Dynamic.Resource(powerProfiles).Get(s.ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	status, _, err := unstructured.NestedMap(object.Object, "status")
	return status, err
}

// Secret with a user name and a password, in the operator's namespace; it ends with the scenario.
func (s *Scenario) Secret(name, user, password string) {
	s.T.Helper()
	secrets := s.Kube.CoreV1().Secrets(cluster.OperatorNamespace)
	_, err := secrets.Create(s.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"username": user, "password": password}}, metav1.CreateOptions{})
	s.must(err)
	s.T.Cleanup(func() { _ = secrets.Delete(s.ctx, name, metav1.DeleteOptions{}) })
}

// ---- nodes ----

// Annotate it; nil takes an annotation away.
func (n Node) Annotate(key string, value any) Node {
	n.s.T.Helper()
	n.patch(types.MergePatchType, map[string]any{"metadata": map[string]any{"annotations": map[string]any{key: value}}})
	return n
}

// BootsIn so long from now on.
func (n Node) BootsIn(length time.Duration) Node {
	n.s.T.Helper()
	return n.Annotate(double.BootTime, length.String())
}

// LabelOf it; "" if there is none.
func (n Node) LabelOf(key string) string { n.s.T.Helper(); return n.get().Labels[key] }

// Readiness as Kubernetes sees it: True, False or Unknown.
func (n Node) Readiness() string {
	n.s.T.Helper()
	for _, condition := range n.get().Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return string(condition.Status)
		}
	}
	return ""
}

// ProvidedBy says whose machine it is, as a cloud's controller does.
func (n Node) ProvidedBy(id string) Node {
	n.s.T.Helper()
	n.patch(types.MergePatchType, map[string]any{"spec": map[string]any{"providerID": id}})
	return n
}

// BootID that its kubelet tells.
func (n Node) BootID() string { n.s.T.Helper(); return n.get().Status.NodeInfo.BootID }

// SystemUUID that its kubelet tells.
func (n Node) SystemUUID() string { n.s.T.Helper(); return n.get().Status.NodeInfo.SystemUUID }

// Reason that Drover has written on it.
func (n Node) Reason() string { n.s.T.Helper(); return n.get().Annotations["drover.dev/node-reason"] }

// Bears what Drover has written on it and not taken off: annotations and labels of its own, a cordon, a taint. Nil for none.
func (n Node) Bears() error {
	n.s.T.Helper()
	node, left := n.get(), []string{}
	for _, all := range []map[string]string{node.Annotations, node.Labels} {
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if strings.HasPrefix(key, "drover.dev/node-") || key == "drover.dev/cordoned" || key == "drover.dev/power" || key == NotForNHC {
				left = append(left, key+"="+all[key])
			}
		}
	}
	if node.Spec.Unschedulable {
		left = append(left, "a cordon")
	}
	for _, taint := range node.Spec.Taints {
		if taint.Key == OutOfService {
			left = append(left, taint.Key)
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("%s bears %q", n.Name, left)
	}
	return nil
}

// MustServe waits until it is ready, schedulable for machines, and bears no mark of Drover's.
func (n Node) MustServe(limit time.Duration) {
	n.s.T.Helper()
	n.s.Eventually(n.Name+" serves", limit, func() error {
		if err := n.Bears(); err != nil {
			return err
		}
		node := n.get()
		if n.Readiness() != "True" || node.Labels["kubevirt.io/schedulable"] != "true" {
			return fmt.Errorf("%s is ready: %s, schedulable: %q", n.Name, n.Readiness(), node.Labels["kubevirt.io/schedulable"])
		}
		for _, taint := range node.Spec.Taints {
			if strings.HasPrefix(taint.Key, "node.kubernetes.io/") {
				return fmt.Errorf("%s is tainted %s", n.Name, taint.Key)
			}
		}
		return nil
	})
}

// MustLive waits until Drover has written one of these lives on it.
func (n Node) MustLive(limit time.Duration, lives ...string) (life string) {
	n.s.T.Helper()
	n.s.Eventually(fmt.Sprintf("%s is one of %q", n.Name, lives), limit, func() error {
		if life = n.Life(); !slices.Contains(lives, life) {
			return fmt.Errorf("it is %q (%s), after %q", life, n.Reason(), n.Lives())
		}
		return nil
	})
	return life
}

// LookAtNode from a goroutine that is not the test's: what can't be read is an error.
func (s *Scenario) LookAtNode(ctx context.Context, name string) (*corev1.Node, error) {
	return s.Kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
}

// LaunchersOn a node that have not ended.
func (s *Scenario) LaunchersOn(ctx context.Context, node string) (names []string, err error) {
	pods, err := s.Kube.CoreV1().Pods("").List(ctx, metav1.ListOptions{LabelSelector: "kubevirt.io=virt-launcher", FieldSelector: "spec.nodeName=" + node})
	if err != nil {
		return nil, err
	}
	for _, pod := range pods.Items {
		if pod.Status.Phase == corev1.PodRunning || pod.Status.Phase == corev1.PodPending {
			names = append(names, pod.Namespace+"/"+pod.Name)
		}
	}
	return names, nil
}

// ---- pods ----

func podTemplate(app, node, cpu string) corev1.PodTemplateSpec {
	requests := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": app}}, Spec: corev1.PodSpec{
		Containers: []corev1.Container{{Name: "main", Image: "registry.example/main:1", Resources: corev1.ResourceRequirements{Requests: requests}}}}}
	if node != "" {
		template.Spec.NodeSelector = map[string]string{"kubernetes.io/hostname": node}
	}
	return template
}

// BarePod that nothing would make again, on a node.
func (s *Scenario) BarePod(name, node string) {
	s.T.Helper()
	template := podTemplate(name, node, "100m")
	_, err := s.Kube.CoreV1().Pods(s.Namespace).Create(s.ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: template.Labels}, Spec: template.Spec}, metav1.CreateOptions{})
	s.must(err)
	s.MustHavePods(name, 1, usual)
}

// ReplicaSet of pods that ask for so much CPU, on nodes with this label, at first near one of them.
func (s *Scenario) ReplicaSet(app string, replicas int, cpu, selector, value, near string) {
	s.T.Helper()
	template := podTemplate(app, "", cpu)
	template.Spec.NodeSelector = map[string]string{selector: value}
	if near != "" {
		template.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{
			{Weight: 100, Preference: corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{
				{Key: "kubernetes.io/hostname", Operator: corev1.NodeSelectorOpIn, Values: []string{near}}}}}}}}
	}
	count := int32(replicas)
	_, err := s.Kube.AppsV1().ReplicaSets(s.Namespace).Create(s.ctx, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec: appsv1.ReplicaSetSpec{Replicas: &count, Selector: &metav1.LabelSelector{MatchLabels: template.Labels}, Template: template}}, metav1.CreateOptions{})
	s.must(err)
}

// MustHavePods of an app that run, on whatever nodes, and say which.
func (s *Scenario) MustHavePods(app string, count int, limit time.Duration) (nodes []string) {
	s.T.Helper()
	s.Eventually(fmt.Sprintf("%d pods of %s run", count, app), limit, func() error {
		pods, err := s.Kube.CoreV1().Pods(s.Namespace).List(s.ctx, metav1.ListOptions{LabelSelector: "app=" + app})
		if err != nil {
			return err
		}
		nodes = nil
		for _, pod := range pods.Items {
			if pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil {
				nodes = append(nodes, pod.Spec.NodeName)
			}
		}
		if len(nodes) != count {
			return fmt.Errorf("%d of %d do", len(nodes), len(pods.Items))
		}
		return nil
	})
	return nodes
}

// Budget that lets none of an app's pods go while it holds.
func (s *Scenario) Budget(app string) (lift func()) {
	s.T.Helper()
	none := intstr.FromInt32(0)
	budgets := s.Kube.PolicyV1().PodDisruptionBudgets(s.Namespace)
	_, err := budgets.Create(s.ctx, &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec: policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &none, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}}}, metav1.CreateOptions{})
	s.must(err)
	return func() {
		s.T.Helper()
		s.must(budgets.Delete(s.ctx, app, metav1.DeleteOptions{}))
	}
}

// Tolerating the cordon it can be placed on a node that Drover has taken out of service.
func (v *VM) Tolerating(key string) *VM { v.tolerates = key; return v }

// ---- the emulator of machines' controllers ----

// User and Password that the emulator asks for, and Authority, the certificate that vouches for it, as a value of YAML.
func (s *Scenario) User() string     { return cluster.EmulatorUser }
func (s *Scenario) Password() string { return cluster.EmulatorPassword }
func (s *Scenario) Authority() string {
	s.T.Helper()
	inPEM, err := os.ReadFile(s.CA())
	s.must(err)
	inJSON, err := json.Marshal(string(inPEM))
	s.must(err)
	return string(inJSON)
}

// Machine of a node as the emulator shows it: its PowerState.
func (s *Scenario) Machine(node Node) (state string, err error) {
	text, err := s.AskEmulator(s.ctx, "GET", "/redfish/v1/Systems/"+node.SystemUUID(), "")
	if err != nil {
		return "", err
	}
	var said struct{ PowerState string }
	err = json.Unmarshal([]byte(text), &said)
	return said.PowerState, err
}

// Reset a node's machine by the emulator, as a person does who knows its controller.
func (s *Scenario) Reset(node Node, kind string) {
	s.T.Helper()
	_, err := s.AskEmulator(s.ctx, "POST", "/redfish/v1/Systems/"+node.SystemUUID()+"/Actions/ComputerSystem.Reset", `{"ResetType": "`+kind+`"}`)
	s.must(err)
}
