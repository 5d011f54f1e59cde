package scenarios

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"drover.dev/drover/e2e/cluster"
	. "drover.dev/drover/e2e/spec"
)

// Manifests that are apart from the base are taken as they are, strictly: no field that the API does not know. The pods of drover-nodepower
// are let into its own namespace, and into none that holds to a standard of PodSecurity.
func TestControlPlaneTakesTheManifestsOfDrivers(t *testing.T) {
	s := WithDrover(t)
	strictly := func(stdin string, args ...string) (string, error) {
		return s.Kubectl(t.Context(), stdin, append([]string{"apply", "--server-side", "--dry-run=server", "--validate=strict"}, args...)...)
	}
	for _, name := range []string{"nodepower.yaml", "wake-on-lan.yaml", "metal3-rbac.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "manifests", name))
		s.MustDo(err)
		objects, err := cluster.Decode(text)
		s.MustDo(err)
		for _, object := range objects { // what is in a namespace can't be tried without it
			if object.GetKind() == "Namespace" {
				s.MustDo(s.Apply(t.Context(), object))
				s.MustDo(s.AwaitNamespace(t.Context(), object.GetName()))
				t.Cleanup(func() { deleteNamespace(s, object.GetName()) })
			}
		}
		if said, err := strictly("", "--filename", filepath.Join("..", "..", "manifests", name)); err != nil || strings.Contains(said, "Warning") {
			t.Errorf("%s: %v: %s", name, err, said)
		}
		for _, object := range objects {
			if object.GetKind() == "DaemonSet" {
				podsAreLetIn(t, object, strictly)
			}
		}
	}
}

// deleteNamespace when the test is over, and its context with it.
func deleteNamespace(s *Scenario, name string) {
	said, err := s.Kubectl(context.WithoutCancel(s.T.Context()), "", "delete", "--wait=false", "--ignore-not-found", "namespace", name)
	if err != nil {
		s.T.Errorf("cleaning up namespace %s: %v: %s", name, err, said)
	}
}

func podsAreLetIn(t *testing.T, daemons *unstructured.Unstructured, apply func(string, ...string) (string, error)) {
	t.Helper()
	template, _, err := unstructured.NestedMap(daemons.Object, "spec", "template")
	if err != nil {
		t.Fatal(err)
	}
	pod := &unstructured.Unstructured{Object: template}
	pod.SetAPIVersion("v1")
	pod.SetKind("Pod")
	pod.SetName("tried")
	for namespace, letIn := range map[string]bool{daemons.GetNamespace(): true, "held-to-baseline": false} {
		if !letIn {
			held := `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "held-to-baseline", "labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}`
			objects, _ := cluster.Decode([]byte(held))
			s := New(t)
			s.MustDo(s.Apply(t.Context(), objects...))
			s.MustDo(s.AwaitNamespace(t.Context(), namespace))
			t.Cleanup(func() { deleteNamespace(s, namespace) })
			pod.Object["spec"].(map[string]any)["serviceAccountName"] = "default"
		}
		pod.SetNamespace(namespace)
		text, err := json.Marshal(pod.Object)
		if err != nil {
			t.Fatal(err)
		}
		said, err := apply(string(text), "--filename", "-")
		if letIn && err != nil && !strings.Contains(said, "serviceaccount") {
			t.Errorf("a pod of %s is not let into %s: %s", daemons.GetName(), namespace, said)
		}
		if !letIn && (err == nil || !strings.Contains(said, "hostPath")) {
			t.Errorf("a pod of %s is let into %s, or for no good reason not (%v): %s", daemons.GetName(), namespace, err, said)
		}
	}
}
