package spec

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"drover.dev/drover/e2e/double"
)

// VM is a virtual machine instance. The words before Start describe it, the others do or expect something.
type VM struct {
	s         *Scenario
	Name      string
	Namespace string
	vcpus     int
	memory    string
	prefers   string
	labels    map[string]any
	notes     map[string]any
	selector  map[string]any
	strategy  string
	beside    string
	tolerates string
	started   bool
}

// Load of a guest, as annotations that the node double reads.
type Load map[string]string

func Cores(n float64) Load            { return Load{double.CPUCores: strconv.FormatFloat(n, 'g', -1, 64)} }
func MemoryUsed(quantity string) Load { return Load{double.MemoryUsed: quantity} }
func DirtyRate(quantity string) Load  { return Load{double.DirtyRate: quantity} }
func NoMetrics() Load                 { return Load{double.NoMetrics: "true"} }
func CopySeconds(n float64) Load {
	return Load{double.CopySeconds: strconv.FormatFloat(n, 'g', -1, 64)}
}
func CopyFails() Load     { return Load{double.Fail: "true"} }
func CopySucceeds() Load  { return Load{double.Fail: "false"} }
func CopyHangs() Load     { return Load{double.Hang: "true"} }
func CopyGoesOn() Load    { return Load{double.Hang: "false"} }
func NotMigratable() Load { return Load{double.NotMigratable: "true"} }

// VM with four vCPUs and 1 GiB, that may be migrated, labelled app=NAME.
func (s *Scenario) VM(name string) *VM {
	return &VM{s: s, Name: name, Namespace: s.Namespace, vcpus: 4, memory: "1Gi", strategy: "LiveMigrate", labels: map[string]any{"app": name}, notes: map[string]any{}}
}

// OnNode says where it starts; it may go elsewhere later.
func (v *VM) OnNode(name string) *VM           { v.prefers = name; return v }
func (v *VM) VCPUs(n int) *VM                  { v.vcpus = n; return v }
func (v *VM) Memory(quantity string) *VM       { v.memory = quantity; return v }
func (v *VM) Labelled(key, value string) *VM   { v.labels[key] = value; return v }
func (v *VM) OnlyOn(key, value string) *VM     { v.selector = map[string]any{key: value}; return v }
func (v *VM) EvictionStrategy(name string) *VM { v.strategy = name; return v }
func (v *VM) key() string                      { return v.Namespace + "/" + v.Name }

// Beside a pod with this label app, on whatever node that is; not together with OnNode.
func (v *VM) Beside(app string) *VM { v.beside = app; return v }

// Using sets loads and dials; on a machine that runs, at once.
func (v *VM) Using(loads ...Load) *VM {
	v.s.T.Helper()
	change := map[string]any{}
	for _, load := range loads {
		for key, value := range load {
			v.notes[key], change[key] = value, value
		}
	}
	if v.started {
		text, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": change}})
		v.s.must(err)
		v.s.Eventually("annotations of "+v.Name+" are set", usual, func() error {
			_, err := v.s.Dynamic.Resource(instances).Namespace(v.Namespace).Patch(v.s.ctx, v.Name, types.MergePatchType, text, metav1.PatchOptions{})
			return err
		})
	}
	return v
}

// Start it, and wait until it runs where it should.
func (v *VM) Start() *VM {
	v.s.T.Helper()
	v.s.Start(v)
	return v
}

// Start several at once.
func (s *Scenario) Start(vms ...*VM) {
	s.T.Helper()
	s.create(vms)
	for _, vm := range vms {
		vm.MustRun()
		if on := vm.Node(); vm.prefers != "" && on != vm.prefers {
			s.T.Fatalf("%s started on %s instead of %s", vm.Name, on, vm.prefers)
		}
	}
}

// Create them, whether or not they will ever run.
func (s *Scenario) Create(vms ...*VM) {
	s.T.Helper()
	s.create(vms)
}

func (s *Scenario) create(vms []*VM) {
	s.T.Helper()
	for _, vm := range vms {
		_, err := s.Dynamic.Resource(instances).Namespace(vm.Namespace).Create(s.ctx, vm.manifest(), metav1.CreateOptions{})
		s.must(err)
		vm.started = true
	}
}

func (v *VM) manifest() *unstructured.Unstructured {
	spec := map[string]any{
		"evictionStrategy": v.strategy,
		"domain": map[string]any{
			"cpu":       map[string]any{"cores": int64(v.vcpus)},
			"memory":    map[string]any{"guest": v.memory},
			"resources": map[string]any{"requests": map[string]any{"cpu": "100m"}},
			"devices": map[string]any{
				"disks":      []any{map[string]any{"name": "system", "disk": map[string]any{"bus": "virtio"}}},
				"interfaces": []any{map[string]any{"name": "default", "masquerade": map[string]any{}}},
			},
		},
		"networks": []any{map[string]any{"name": "default", "pod": map[string]any{}}},
		"volumes":  []any{map[string]any{"name": "system", "containerDisk": map[string]any{"image": "registry.example/system:1"}}},
	}
	if v.selector != nil {
		spec["nodeSelector"] = v.selector
	}
	if v.prefers != "" { // a preference places it, and does not keep it there
		spec["affinity"] = map[string]any{"nodeAffinity": map[string]any{"preferredDuringSchedulingIgnoredDuringExecution": []any{
			map[string]any{"weight": int64(100), "preference": map[string]any{"matchExpressions": []any{
				map[string]any{"key": "kubernetes.io/hostname", "operator": "In", "values": []any{v.prefers}}}}}}}}
	}
	if v.tolerates != "" {
		spec["tolerations"] = []any{map[string]any{"key": v.tolerates, "operator": "Exists"}}
	}
	if v.beside != "" {
		spec["affinity"] = map[string]any{"podAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": []any{
			map[string]any{"topologyKey": "kubernetes.io/hostname", "labelSelector": map[string]any{"matchLabels": map[string]any{"app": v.beside}}}}}}
	}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
		"metadata": map[string]any{"namespace": v.Namespace, "name": v.Name, "labels": v.labels, "annotations": v.notes}, "spec": spec}}
}

// ---- what is the case ----

func (v *VM) get() (*unstructured.Unstructured, error) {
	return v.s.Dynamic.Resource(instances).Namespace(v.Namespace).Get(v.s.ctx, v.Name, metav1.GetOptions{})
}

// Node that it runs on.
func (v *VM) Node() string {
	v.s.T.Helper()
	now, err := v.get()
	v.s.must(err)
	return text(now, "status", "nodeName")
}

func (v *VM) MustRun() { v.s.T.Helper(); v.MustRunWithin(usual) }

func (v *VM) MustRunWithin(limit time.Duration) {
	v.s.T.Helper()
	v.s.Eventually(v.Name+" runs", limit, func() error {
		now, err := v.get()
		if err == nil && (text(now, "status", "phase") != "Running" || !hasCondition(now, "Ready", "True")) {
			err = fmt.Errorf("it is %s", text(now, "status", "phase"))
		}
		return err
	})
}

// MustMoveFrom waits until it runs elsewhere, and says where.
func (v *VM) MustMoveFrom(node string) (to string) {
	v.s.T.Helper()
	return v.MustMoveFromWithin(node, usual)
}

func (v *VM) MustMoveFromWithin(node string, limit time.Duration) (to string) {
	v.s.T.Helper()
	v.s.Eventually(v.Name+" leaves "+node, limit, func() error {
		now, err := v.get()
		if err != nil {
			return err
		}
		if to = text(now, "status", "nodeName"); to == node {
			return fmt.Errorf("it is there still")
		}
		if text(now, "status", "phase") != "Running" {
			return fmt.Errorf("it is %s", text(now, "status", "phase"))
		}
		return nil
	})
	return to
}

func (v *VM) MustMoveTo(node string) {
	v.s.T.Helper()
	v.s.Eventually(v.Name+" is on "+node, usual, func() error {
		now, err := v.get()
		if err == nil && text(now, "status", "nodeName") != node {
			err = fmt.Errorf("it is on %s", text(now, "status", "nodeName"))
		}
		return err
	})
}

// MustStayFor: it neither moves nor is asked to.
func (v *VM) MustStayFor(length time.Duration) {
	v.s.T.Helper()
	on, before := v.Node(), len(history.of(v.Namespace, v.Name, false))
	v.s.Throughout(v.Name+" stays on "+on, length, func() error {
		if made := len(history.of(v.Namespace, v.Name, false)); made > before {
			return fmt.Errorf("%d migrations were made", made-before)
		}
		return nil
	})
	if now := v.Node(); now != on {
		v.s.T.Fatalf("%s went from %s to %s", v.Name, on, now)
	}
}

// Moves are the migration objects that Drover ever made for it.
func (v *VM) Moves() []*unstructured.Unstructured { return history.of(v.Namespace, v.Name, true) }

// MustHaveMoves that Drover made, no more and no fewer, and none that is still open.
func (v *VM) MustHaveMoves(want int) {
	v.s.T.Helper()
	v.s.Eventually(fmt.Sprintf("Drover made %d migrations of %s, and all have ended", want, v.Name), usual, func() error {
		made := v.Moves()
		if len(made) > want {
			v.s.T.Fatalf("Drover made %d migrations of %s instead of %d", len(made), v.Name, want)
		}
		if len(made) < want {
			return fmt.Errorf("there are %d", len(made))
		}
		for _, each := range made {
			if phase := text(each, "status", "phase"); phase != "Succeeded" && phase != "Failed" && each.GetDeletionTimestamp() == nil {
				return fmt.Errorf("%s is %q", each.GetName(), phase)
			}
		}
		return nil
	})
}

// MustHaveEvent with this reason that says all of this.
func (v *VM) MustHaveEvent(reason string, saying ...string) {
	v.s.T.Helper()
	v.s.Eventually(fmt.Sprintf("an event %s about %s", reason, v.Name), usual, func() error {
		seen := []string{}
		for _, event := range v.events() {
			if event[0] == reason && contains(event[1], saying) {
				return nil
			}
			seen = append(seen, event[0]+": "+event[1])
		}
		return fmt.Errorf("there are only %q", seen)
	})
}

// events about the instance: reason and message of each.
func (v *VM) events() (found [][2]string) {
	all, err := v.s.Kube.CoreV1().Events(v.Namespace).List(v.s.ctx, metav1.ListOptions{FieldSelector: "involvedObject.kind=VirtualMachineInstance,involvedObject.name=" + v.Name})
	if err != nil {
		return nil
	}
	for _, event := range all.Items {
		found = append(found, [2]string{event.Reason, event.Message})
	}
	return found
}

// Evict asks for its pod's eviction, as kubectl drain does, and returns the answer.
func (v *VM) Evict() error {
	v.s.T.Helper()
	pods, err := v.s.Kube.CoreV1().Pods(v.Namespace).List(v.s.ctx, metav1.ListOptions{LabelSelector: "kubevirt.io=virt-launcher", FieldSelector: "status.phase=Running,spec.nodeName=" + v.Node()})
	v.s.must(err)
	for _, pod := range pods.Items {
		if pod.Annotations["kubevirt.io/domain"] == v.Name {
			return v.s.Kube.PolicyV1().Evictions(v.Namespace).Evict(v.s.ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name}})
		}
	}
	v.s.T.Fatalf("%s has no pod", v.Name)
	return nil
}

func hasCondition(object *unstructured.Unstructured, kind, status string) bool {
	list, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, each := range list {
		if condition, ok := each.(map[string]any); ok && condition["type"] == kind {
			return condition["status"] == status
		}
	}
	return false
}

func contains(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// MustFail waits until the guest is lost.
func (v *VM) MustFail() {
	v.s.T.Helper()
	v.s.Eventually(v.Name+" has failed", usual, func() error {
		now, err := v.get()
		if err == nil && text(now, "status", "phase") != "Failed" {
			err = fmt.Errorf("it is %s", text(now, "status", "phase"))
		}
		return err
	})
}

// Delete it, and wait until it is gone.
func (v *VM) Delete() {
	v.s.T.Helper()
	v.s.must(v.s.Dynamic.Resource(instances).Namespace(v.Namespace).Delete(v.s.ctx, v.Name, metav1.DeleteOptions{}))
	v.s.Eventually(v.Name+" is gone", usual, func() error {
		if _, err := v.get(); !isGone(err) {
			return fmt.Errorf("it is there still (%v)", err)
		}
		return nil
	})
}

// MustBeAskedToMove waits until Drover has made a migration of it.
func (v *VM) MustBeAskedToMove() {
	v.s.T.Helper()
	v.s.Eventually("Drover asks "+v.Name+" to move", usual, func() error {
		if len(v.Moves()) == 0 {
			return fmt.Errorf("it does not")
		}
		return nil
	})
}

// MustBeCopied waits until a migration of Drover's copies its memory.
func (v *VM) MustBeCopied() {
	v.s.T.Helper()
	v.s.Eventually(v.Name+" is being copied", usual, func() error {
		for _, each := range v.Moves() {
			if text(each, "status", "phase") == "Running" {
				return nil
			}
		}
		return fmt.Errorf("it is not")
	})
}

// MustHaveNoOpenMigration of anyone's.
func (v *VM) MustHaveNoOpenMigration() {
	v.s.T.Helper()
	v.s.Eventually(v.Name+" is in no migration", usual, func() error {
		list, err := v.s.Dynamic.Resource(migrations).Namespace(v.Namespace).List(v.s.ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, each := range list.Items {
			if phase := text(&each, "status", "phase"); text(&each, "spec", "vmiName") == v.Name && phase != "Succeeded" && phase != "Failed" {
				return fmt.Errorf("%s is %q", each.GetName(), phase)
			}
		}
		return nil
	})
}
