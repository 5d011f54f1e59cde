package spec

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"drover.dev/drover/e2e/cluster"
)

const (
	usual     = 30 * time.Second // for what should happen
	cleaning  = 60 * time.Second
	heartbeat = 90 * time.Second // virt-handler's comes every minute
)

// Scenario is one test's part of the cluster. Its end undoes what it did: faults, taints, policies, machines.
type Scenario struct {
	*cluster.Cluster
	T         *testing.T
	Namespace string
	ctx       context.Context
	operators []*Operator
	tainted   map[string]bool
	parts     []*Scenario
}

var (
	count      atomic.Int32
	partsMutex sync.Mutex
)

// New begins a scenario on a healthy cluster, in a namespace of its own: what Prometheus remembers of others' machines can't count.
func New(t *testing.T) *Scenario {
	t.Helper()
	s := begin(t)
	t.Cleanup(s.cleanUp)
	return s
}

func begin(t *testing.T) *Scenario {
	t.Helper()
	s := &Scenario{Cluster: shared, T: t, Namespace: fmt.Sprintf("vms-%d", count.Add(1)), ctx: context.Background(), tainted: map[string]bool{}}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.Namespace}}
	_, err := s.Kube.CoreV1().Namespaces().Create(s.ctx, namespace, metav1.CreateOptions{})
	s.must(err)
	limited, cancel := context.WithTimeout(s.ctx, usual)
	defer cancel()
	s.must(s.AwaitNamespace(limited, s.Namespace))
	return s
}

// Part of a scenario for a subtest that runs beside others: it has a namespace of its own, and should have nodes of its own. The
// scenario's operator serves all parts, and the scenario's end cleans up after them.
func (s *Scenario) Part(t *testing.T) *Scenario {
	t.Helper()
	part := begin(t)
	part.operators = s.operators
	t.Cleanup(func() {
		if t.Failed() {
			part.tellAll()
		}
	})
	partsMutex.Lock()
	defer partsMutex.Unlock()
	s.parts = append(s.parts, part)
	return part
}

// WithDrover also installs the operator's definitions and rights, once for all.
func WithDrover(t *testing.T) *Scenario {
	t.Helper()
	if err := installed(); err != nil {
		t.Fatalf("Drover's manifests can't be installed: %v", err)
	}
	return New(t)
}

func (s *Scenario) cleanUp() {
	t := s.T
	if t.Failed() {
		s.tellAll()
	}
	s.KillOperators()
	ctx, cancel := context.WithTimeout(s.ctx, 2*cleaning)
	defer cancel()
	for _, process := range []*cluster.Process{s.Etcd, s.APIServer} { // in this order: what else is down needs them
		process.Thaw()
		s.must(process.Start())
	}
	all := append(s.parts, s)
	for _, part := range s.parts {
		part.T = t // its own test has ended
	}
	for _, part := range all {
		for _, node := range nodeNames() {
			part.Node(node).reset()
		}
	}
	s.must(s.Heal(ctx))
	if len(s.operators) > 0 {
		s.ForgetLease()
	}
	s.must(s.ConfigureKubeVirt(ctx, "null"))
	for _, part := range all {
		part.removeObjects(ctx)
	}
}

// removeObjects of its namespace, the namespace, and all policies of the cluster.
func (s *Scenario) removeObjects(ctx context.Context) {
	background := metav1.DeletePropagationBackground
	for _, kind := range []schema.GroupVersionResource{clusterPolicies, policies, migrations, instances} {
		var client interface {
			DeleteCollection(context.Context, metav1.DeleteOptions, metav1.ListOptions) error
		} = s.Dynamic.Resource(kind)
		if kind != clusterPolicies {
			client = s.Dynamic.Resource(kind).Namespace(s.Namespace)
		}
		if err := client.DeleteCollection(ctx, metav1.DeleteOptions{PropagationPolicy: &background}, metav1.ListOptions{}); err != nil && !isGone(err) {
			s.T.Errorf("cleaning up %s: %v", kind.Resource, err)
		}
	}
	s.Eventually("the machines of the scenario are gone", cleaning, func() error {
		left, err := s.Dynamic.Resource(instances).Namespace(s.Namespace).List(ctx, metav1.ListOptions{})
		if err == nil && len(left.Items) > 0 {
			err = fmt.Errorf("%d are left", len(left.Items))
		}
		return err
	})
	_ = s.Kube.CoreV1().Namespaces().Delete(ctx, s.Namespace, metav1.DeleteOptions{})
}

// tellAll logs what helps to understand a failure.
func (s *Scenario) tellAll() {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	if said, err := s.Kubectl(ctx, "", "--request-timeout=5s", "get", "vmi,vmim,pod", "--namespace", s.Namespace, "--output=wide"); err == nil {
		s.T.Logf("objects:\n%s", said)
	}
	if said, err := s.Kubectl(ctx, "", "--request-timeout=5s", "get", policies.Resource+"."+policies.Group, "--namespace", s.Namespace, "--output=yaml"); err == nil {
		s.T.Logf("policies:\n%s", said)
	}
	if said, err := s.Kubectl(ctx, "", "--request-timeout=5s", "get", clusterPolicies.Resource+"."+clusterPolicies.Group, "--output=yaml"); err == nil {
		s.T.Logf("policies of the cluster:\n%s", said)
	}
	if said, err := s.Kubectl(ctx, "", "--request-timeout=5s", "get", "events", "--namespace", s.Namespace, "--sort-by=.lastTimestamp"); err == nil {
		s.T.Logf("events:\n%s", tail(said, 30))
	}
	for _, operator := range s.operators {
		s.T.Logf("%s %v:\n%s", operator.Process.Name, operator.Process.Args, tail(operator.Log(), 60))
	}
	s.T.Logf("node double:\n%s", tail(s.NodeDouble.Output(), 15))
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

func (s *Scenario) must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

// MustDo what must not fail.
func (s *Scenario) MustDo(err error) { s.T.Helper(); s.must(err) }

// Eventually waits until what is looked for is the case.
func (s *Scenario) Eventually(what string, limit time.Duration, look func() error) {
	s.T.Helper()
	for began, most := time.Now(), limit; ; time.Sleep(50 * time.Millisecond) {
		err := look()
		if err == nil {
			return
		}
		most = max(most, Patient(limit)) // the machine may have become busy meanwhile
		if time.Since(began) > most {
			s.T.Fatalf("after %s still not so: %s: %v", most, what, err)
		}
	}
}

// Throughout fails as soon as something does not hold that should hold all the time.
func (s *Scenario) Throughout(what string, length time.Duration, look func() error) {
	s.T.Helper()
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err := look(); err != nil {
			s.T.Fatalf("%s: %v", what, err)
		}
	}
}

// Value of a PromQL query that should have one result.
func (s *Scenario) Value(promql string) (float64, error) {
	samples, err := s.Query(s.ctx, promql)
	if err != nil {
		return 0, err
	}
	if len(samples) != 1 {
		return 0, fmt.Errorf("%d results of %s", len(samples), promql)
	}
	return samples[0].Value, nil
}

// MustMeasure waits until a query has about this value.
func (s *Scenario) MustMeasure(promql string, want, within float64) {
	s.T.Helper()
	s.Eventually(fmt.Sprintf("%s is about %g", promql, want), usual, func() error {
		value, err := s.Value(promql)
		if err == nil && (value < want-within || value > want+within) {
			err = fmt.Errorf("it is %g", value)
		}
		return err
	})
}

// MostMovesAtOnce that Drover ever had in flight in this scenario.
func (s *Scenario) MostMovesAtOnce() int { return history.mostAtOnce(s.Namespace) }

// Moves are all migration objects that Drover ever made in this scenario.
func (s *Scenario) Moves() int { return len(history.of(s.Namespace, "", true)) }
