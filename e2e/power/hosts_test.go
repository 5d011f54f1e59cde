package power

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"drover.dev/drover/e2e/cluster"
	. "drover.dev/drover/e2e/spec"
)

//go:embed baremetalhosts.yaml
var bareMetalHosts string

const hostsNamespace = "hosts"

var hosts = schema.GroupVersionResource{Group: "metal3.io", Version: "v1alpha1", Resource: "baremetalhosts"}

// hostsElsewhere puts Metal3's kind in place, and returns the kubeconfig of whoever may switch hosts; Drover's own account may not even
// see them.
func hostsElsewhere(s *Scenario) (kubeconfig string) {
	s.T.Helper()
	apply(s, bareMetalHosts)
	role, err := os.ReadFile(filepath.Join("..", "..", "manifests", "metal3-rbac.yaml"))
	s.MustDo(err)
	objects, err := cluster.Decode(role)
	s.MustDo(err)
	for _, object := range objects {
		if object.GetKind() == "ClusterRole" { // the binding is another account's
			s.MustDo(s.Apply(s.T.Context(), object))
		}
	}
	s.Eventually("there is an account for the hosts", packing, func() (err error) {
		kubeconfig, err = s.AccountKubeconfig(s.T.Context(), "metal3", hostsNamespace, "drover-elsewhere")
		return err
	})
	return kubeconfig
}

func apply(s *Scenario, text string) {
	s.T.Helper()
	objects, err := cluster.Decode([]byte(text))
	s.MustDo(err)
	for _, object := range objects {
		s.Eventually(object.GetKind()+" "+object.GetName()+" is there", packing, func() error { return s.Apply(s.T.Context(), object) })
	}
}

// metal3: the node's machine is a BareMetalHost's, which is in another namespace of another cluster. While its operator is told to leave
// it alone the node is left on, and it is said why.
func metal3(w *ward) {
	host := w.host()
	host.annotate("baremetalhost.metal3.io/paused", "")
	w.evening(With("driver", "{type: Metal3, metal3: {namespace: "+hostsNamespace+"}}"))
	w.Eventually("it is said why the node is left on", packing, func() error {
		status, err := w.ProfileStatus(w.name)
		if err != nil || !strings.Contains(fmt.Sprint(status), "is paused, so nobody switches it") {
			return fmt.Errorf("%v: %v", err, status)
		}
		return nil
	})
	w.mustStayOn(20 * time.Second)
	host.annotate("baremetalhost.metal3.io/paused", nil)
	w.mustSleep(sleeping)
	w.mustHaveAsked("GracefulShutdown")
	if host.online() {
		w.T.Error("the host is to be online")
	}
	w.mustWakeFor(w.need("late"))
	w.mustHaveAsked("GracefulShutdown", "On")
}

// host of the sleeper, and a double of Metal3's operator that switches its machine until the case ends.
type host struct {
	w    *ward
	name string
}

func (w *ward) host() *host {
	w.T.Helper()
	h := &host{w, w.sleeper.Name + "-host"}
	object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost",
		"metadata": map[string]any{"namespace": hostsNamespace, "name": h.name},
		"spec":     map[string]any{"online": true, "consumerRef": map[string]any{"name": "worker", "namespace": hostsNamespace}}}}
	_, err := w.Dynamic.Resource(hosts).Namespace(hostsNamespace).Create(w.T.Context(), object, metav1.CreateOptions{})
	w.MustDo(err)
	w.sleeper.ProvidedBy("metal3://" + hostsNamespace + "/" + h.name + "/worker")
	ctx, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { h.operate(ctx) })
	w.T.Cleanup(func() {
		stop()
		done.Wait()
	})
	return h
}

// operate as Metal3's operator does: it heeds spec.online unless it is told not to, ends the system softly, and writes what is so.
func (h *host) operate(ctx context.Context) {
	for ; ctx.Err() == nil; time.Sleep(300 * time.Millisecond) {
		object, err := h.w.Dynamic.Resource(hosts).Namespace(hostsNamespace).Get(ctx, h.name, metav1.GetOptions{})
		if err != nil {
			continue
		}
		online, _, _ := unstructured.NestedBool(object.Object, "spec", "online")
		if _, paused := object.GetAnnotations()["baremetalhost.metal3.io/paused"]; !paused && online != h.w.bmc.IsOn() {
			h.w.switchTo(online)
		}
		status := fmt.Sprintf(`{"status": {"poweredOn": %t, "operationalStatus": "OK", "provisioning": {"state": "provisioned"}}}`, h.w.bmc.IsOn())
		_, _ = h.w.Dynamic.Resource(hosts).Namespace(hostsNamespace).Patch(ctx, h.name, types.MergePatchType, []byte(status), metav1.PatchOptions{}, "status")
	}
}

func (h *host) annotate(key string, value any) {
	h.w.T.Helper()
	quotedValue := "null"
	if text, is := value.(string); is {
		quotedValue = quoted(text)
	}
	patch := fmt.Sprintf(`{"metadata": {"annotations": {%q: %s}}}`, key, quotedValue)
	_, err := h.w.Dynamic.Resource(hosts).Namespace(hostsNamespace).Patch(h.w.T.Context(), h.name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	h.w.MustDo(err)
}

func (h *host) online() bool {
	h.w.T.Helper()
	object, err := h.w.Dynamic.Resource(hosts).Namespace(hostsNamespace).Get(h.w.T.Context(), h.name, metav1.GetOptions{})
	h.w.MustDo(err)
	online, _, _ := unstructured.NestedBool(object.Object, "spec", "online")
	return online
}

// switchTo on or off, by somebody whom Drover has asked: the witness looks at the node, as it does when a controller is asked.
func (w *ward) switchTo(on bool) {
	kind := "GracefulShutdown"
	if on {
		kind = "On"
	}
	w.bmc.Before(kind)
	w.bmc.Press(on)
}
