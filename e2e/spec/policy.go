package spec

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"drover.dev/drover/e2e/cluster"
)

var (
	policies        = schema.GroupVersionResource{Group: "policy.drover.dev", Version: "v1alpha1", Resource: "migrationpolicies"}
	clusterPolicies = schema.GroupVersionResource{Group: "policy.drover.dev", Version: "v1alpha1", Resource: "clustermigrationpolicies"}
)

// Policy in the cluster.
type Policy struct {
	s    *Scenario
	Name string
	kind schema.GroupVersionResource
}

// Change of a policy's spec: a path with dots, and a value in YAML.
type Change struct{ path, value string }

func With(path, value string) Change { return Change{path, value} }

// Pressure is the policy of most scenarios: a machine whose vCPUs wait moves, quickly.
const Pressure = `
type: Threshold
mode: Enforce
perVM: {cooldown: 5s, movesPerDay: 100}
threshold:
  signal: {kubevirtMetric: {name: CPUDelay, window: 5s}}
  level: 0.2
  for: 2s
  interval: 1s
`

// Policy applies a MigrationPolicy to the scenario's namespace.
func (s *Scenario) Policy(name, spec string, changes ...Change) *Policy {
	s.T.Helper()
	object, err := policyObject("MigrationPolicy", name, spec, changes)
	s.must(err)
	object.SetNamespace(s.Namespace)
	s.must(s.Cluster.Apply(s.ctx, object))
	return &Policy{s, name, policies}
}

// ClusterPolicy applies a ClusterMigrationPolicy that is limited to the scenario's namespace.
func (s *Scenario) ClusterPolicy(name, spec string, changes ...Change) *Policy {
	s.T.Helper()
	object, err := policyObject("ClusterMigrationPolicy", name, spec, append(changes, With("namespaces", "["+s.Namespace+"]")))
	s.must(err)
	s.must(s.Cluster.Apply(s.ctx, object))
	return &Policy{s, name, clusterPolicies}
}

// MustRefuse a policy: the API server does not take it, and says all of this.
func (s *Scenario) MustRefuse(name, spec string, saying ...string) {
	s.T.Helper()
	object, err := policyObject("MigrationPolicy", name, spec, nil)
	s.must(err)
	object.SetNamespace(s.Namespace)
	client := s.Dynamic.Resource(policies).Namespace(s.Namespace)
	_, err = client.Create(s.ctx, object, metav1.CreateOptions{FieldValidation: "Strict"})
	if err == nil {
		s.T.Fatalf("a policy was taken that should be refused:\n%s", spec)
	}
	if !contains(err.Error(), saying) {
		s.T.Fatalf("the refusal does not say %q: %v", saying, err)
	}
}

func policyObject(kind, name, spec string, changes []Change) (*unstructured.Unstructured, error) {
	body, err := cluster.Decode([]byte(spec))
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": policies.Group + "/" + policies.Version, "kind": kind,
		"metadata": map[string]any{"name": name}, "spec": body[0].Object}}
	for _, change := range changes {
		value, err := cluster.Decode([]byte("value: " + change.value))
		if err != nil {
			return nil, err
		}
		path := append([]string{"spec"}, strings.Split(change.path, ".")...)
		if value[0].Object["value"] == nil {
			unstructured.RemoveNestedField(object.Object, path...)
		} else if err := unstructured.SetNestedField(object.Object, value[0].Object["value"], path...); err != nil {
			return nil, err
		}
	}
	return object, nil
}

// ApplySample applies a file of manifests/samples, in the scenario's namespace instead of the sample's.
func (s *Scenario) ApplySample(name string) *Policy {
	s.T.Helper()
	content, err := os.ReadFile(filepath.Join(repository(), "manifests", "samples", name))
	s.must(err)
	objects, err := cluster.Decode(content)
	s.must(err)
	var made *Policy
	for _, object := range objects {
		if object.GetKind() == "Namespace" {
			continue
		}
		kind := clusterPolicies
		if object.GetNamespace() != "" {
			object.SetNamespace(s.Namespace)
			kind = policies
		}
		s.must(s.Cluster.Apply(s.ctx, object))
		made = &Policy{s, object.GetName(), kind}
	}
	return made
}

// Change its spec.
func (p *Policy) Change(changes ...Change) {
	p.s.T.Helper()
	object, err := policyObject("", p.Name, "{type: Threshold}", changes)
	p.s.must(err)
	unstructured.RemoveNestedField(object.Object, "spec", "type")
	patch, err := json.Marshal(map[string]any{"spec": object.Object["spec"]})
	p.s.must(err)
	_, err = p.client().Patch(p.s.ctx, p.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	p.s.must(err)
}

// Delete it, if it is there still.
func (p *Policy) Delete() {
	p.s.T.Helper()
	if err := p.client().Delete(p.s.ctx, p.Name, metav1.DeleteOptions{}); !isGone(err) {
		p.s.must(err)
	}
}

type policyClient interface {
	Get(context.Context, string, metav1.GetOptions, ...string) (*unstructured.Unstructured, error)
	Patch(context.Context, string, types.PatchType, []byte, metav1.PatchOptions, ...string) (*unstructured.Unstructured, error)
	Delete(context.Context, string, metav1.DeleteOptions, ...string) error
}

func (p *Policy) client() policyClient {
	if p.kind == clusterPolicies {
		return p.s.Dynamic.Resource(p.kind)
	}
	return p.s.Dynamic.Resource(p.kind).Namespace(p.s.Namespace)
}

// Status of a policy as it is written for people.
type Status struct {
	ObservedGeneration, SelectedVMs, BreachingVMs, ImmovableVMs, MovesInFlight int64

	MigrationSlots struct{ Used, Total int64 }
	Conditions     []metav1.Condition
	Verdicts       []Verdict
	Moves          []Move
}

type Verdict struct {
	VM, Verdict, Reason, Message, Target, BreachedSince string
	Value                                               *float64
}

type Move struct{ VM, VMUID, Migration, MigrationUID, Source, Target, StartedAt, EndedAt, Result, Reason string }

func (p *Policy) Status() (status Status, err error) {
	object, err := p.client().Get(p.s.ctx, p.Name, metav1.GetOptions{})
	if err != nil {
		return status, err
	}
	written, err := json.Marshal(object.Object["status"])
	if err == nil {
		err = json.Unmarshal(written, &status)
	}
	return status, err
}

// Must wait until the status is as it should be.
func (p *Policy) Must(what string, look func(Status) error) {
	p.s.T.Helper()
	p.s.Eventually("policy "+p.Name+": "+what, usual, func() error {
		status, err := p.Status()
		if err != nil {
			return err
		}
		return look(status)
	})
}

// MustBe in a condition ("Ready=True", "Stalled=False"), for a reason (any if empty), with a message that says all of this.
func (p *Policy) MustBe(condition, reason string, saying ...string) {
	p.s.T.Helper()
	kind, value, _ := strings.Cut(condition, "=")
	p.Must(condition+" "+reason, func(status Status) error { return status.is(kind, value, reason, saying) })
}

// Says why a condition ("Ready=True") is not so, or has no message with all of this.
func (status Status) Says(condition string, parts ...string) error {
	kind, value, _ := strings.Cut(condition, "=")
	return status.is(kind, value, "", parts)
}

func (status Status) is(kind, value, reason string, saying []string) error {
	for _, each := range status.Conditions {
		if each.Type != kind {
			continue
		}
		if string(each.Status) == value && (reason == "" || each.Reason == reason) && contains(each.Message, saying) {
			return nil
		}
		return fmt.Errorf("it is %s=%s %s: %s", each.Type, each.Status, each.Reason, each.Message)
	}
	return fmt.Errorf("there is no condition %s", kind)
}

func (status Status) verdictOn(vm *VM) *Verdict {
	for i, each := range status.Verdicts {
		if each.VM == vm.Name || each.VM == vm.key() {
			return &status.Verdicts[i]
		}
	}
	return nil
}

// MustJudge a machine so (anyhow if empty), with a message that says all of this.
func (p *Policy) MustJudge(vm *VM, verdict string, saying ...string) (found Verdict) {
	p.s.T.Helper()
	p.Must(vm.Name+" is judged "+verdict, func(status Status) error {
		about := status.verdictOn(vm)
		if about == nil {
			return fmt.Errorf("there is no verdict on it, only %+v", status.Verdicts)
		}
		if verdict != "" && about.Verdict != verdict || !contains(about.Reason+" "+about.Message, saying) {
			return fmt.Errorf("it is %+v", *about)
		}
		found = *about
		return nil
	})
	return found
}

// MustHold a machine where it is, for one of these reasons.
func (p *Policy) MustHold(vm *VM, reasons ...string) (found Verdict) {
	p.s.T.Helper()
	p.Must(fmt.Sprintf("%s is held because of one of %v", vm.Name, reasons), func(status Status) error {
		about := status.verdictOn(vm)
		if about == nil || about.Verdict != "Hold" || !slices.Contains(reasons, about.Reason) {
			return fmt.Errorf("the verdicts are %+v", status.Verdicts)
		}
		found = *about
		return nil
	})
	return found
}

// MustHaveMoved a machine, with this result.
func (p *Policy) MustHaveMoved(vm *VM, result string) (found Move) {
	p.s.T.Helper()
	p.Must("a move of "+vm.Name+" that "+result, func(status Status) error {
		for _, move := range status.Moves {
			if (move.VM == vm.Name || move.VM == vm.key()) && move.Result == result {
				found = move
				return nil
			}
		}
		return fmt.Errorf("there are only %+v", status.Moves)
	})
	return found
}

// MustSeeNoBreachFor so long.
func (p *Policy) MustSeeNoBreachFor(length time.Duration) {
	p.s.T.Helper()
	p.s.Throughout("policy "+p.Name+" sees no breach", length, func() error {
		status, err := p.Status()
		if err == nil && status.BreachingVMs > 0 {
			err = fmt.Errorf("it sees %d: %+v", status.BreachingVMs, status.Verdicts)
		}
		return err
	})
}
