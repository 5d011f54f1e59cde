package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	virtv1 "kubevirt.io/api/core/v1"
)

const namespaces, workers = 50, 50

func vmName(i int) (namespace, name string) {
	return fmt.Sprintf("tenant-%03d", i%namespaces), fmt.Sprintf("vm-%06d", i)
}

type fleet struct{ vmis, nodes int }

// load fills the API server, unless an earlier run has.
func (p *controlPlane) load(ctx context.Context, size fleet) error {
	if p.isLoaded() {
		return nil
	}
	config := rest.CopyConfig(p.config)
	config.QPS, config.Burst = -1, 0
	config.UserAgent = "virt-controller"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := p.installDefinition(); err != nil {
		return err
	}
	vmis, err := vmiClient(config)
	if err != nil {
		return err
	}
	for i := range namespaces {
		name, _ := vmName(i)
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if _, err := client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	if err := inParallel(size.nodes, "nodes", func(i int) error {
		_, err := client.CoreV1().Nodes().Create(ctx, node(i), metav1.CreateOptions{})
		return err
	}); err != nil {
		return err
	}
	if err := inParallel(size.vmis, "VMIs", func(i int) error {
		object := vmi(i, size.nodes)
		return vmis.Post().Namespace(object.Namespace).Resource("virtualmachineinstances").Body(object).Do(ctx).Error()
	}); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.dir, "loaded"), nil, 0o644)
}

// isLoaded tells whether an earlier run has loaded the folder to the end.
func (p *controlPlane) isLoaded() bool {
	_, err := os.Stat(filepath.Join(p.dir, "loaded"))
	return err == nil
}

// installDefinition installs KubeVirt's own definition of the VMI and waits until it is served.
func (p *controlPlane) installDefinition() error {
	all, err := exec.Command(filepath.Join(p.bin, "kubevirt-resources"), "definitions").Output()
	if err != nil {
		return fmt.Errorf("kubevirt-resources: %w", err)
	}
	for document := range bytes.Lines(all) { // one definition a line
		if !bytes.Contains(document, []byte(`"name":"virtualmachineinstances.kubevirt.io"`)) {
			continue
		}
		kubectl := func(input []byte, args ...string) error {
			command := exec.Command(filepath.Join(p.bin, "kubectl"), append([]string{"--kubeconfig=" + p.kubeconfig}, args...)...)
			command.Stdin = bytes.NewReader(input)
			if output, err := command.CombinedOutput(); err != nil {
				return fmt.Errorf("kubectl %v: %w: %s", args, err, output)
			}
			return nil
		}
		if err := kubectl(document, "create", "--validate=false", "-f", "-"); err != nil {
			return err
		}
		// kubectl refuses a definition that has no conditions yet, so it is asked again.
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
			err := kubectl(nil, "wait", "--for=condition=Established", "--timeout=60s", "crd/virtualmachineinstances.kubevirt.io")
			if err == nil || time.Now().After(deadline) {
				return err
			}
		}
	}
	return fmt.Errorf("kubevirt-resources has no definition of the VMI")
}

func inParallel(count int, what string, do func(i int) error) error {
	began := time.Now()
	var next, done atomic.Int64
	var failure atomic.Pointer[error]
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(count) && failure.Load() == nil; i = next.Add(1) - 1 {
				if err := do(int(i)); err != nil {
					failure.CompareAndSwap(nil, &err)
					return
				}
				if n := done.Add(1); n%2000 == 0 {
					say("%d of %d %s, %.0f a second", n, count, what, float64(n)/time.Since(began).Seconds())
				}
			}
		})
	}
	wait.Wait()
	if err := failure.Load(); err != nil {
		return fmt.Errorf("%s: %w", what, *err)
	}
	return nil
}

func vmiClient(config *rest.Config) (*rest.RESTClient, error) {
	scheme := kruntime.NewScheme()
	if err := virtv1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	virt := rest.CopyConfig(config)
	virt.GroupVersion = &schema.GroupVersion{Group: "kubevirt.io", Version: "v1"}
	virt.APIPath = "/apis"
	virt.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	return rest.RESTClientFor(virt)
}

// patch changes an annotation of `count` VMIs, spread over the fleet, at `rate` a second.
func (p *controlPlane) patch(ctx context.Context, size fleet, count int, rate float64, round int) error {
	config := rest.CopyConfig(p.config)
	config.QPS, config.Burst = -1, 0
	config.UserAgent = "patcher"
	client, err := vmiClient(config)
	if err != nil {
		return err
	}
	began := time.Now()
	return inParallel(count, "patches", func(i int) error {
		time.Sleep(time.Until(began.Add(time.Duration(float64(i) / rate * float64(time.Second)))))
		namespace, name := vmName(i * 7 % size.vmis)
		body, _ := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{"bench/round": fmt.Sprintf("%d-%d", round, time.Now().UnixNano())}}})
		return client.Patch(types.MergePatchType).Namespace(namespace).Resource("virtualmachineinstances").Name(name).Body(body).Do(ctx).Error()
	})
}

func node(i int) *corev1.Node {
	name := fmt.Sprintf("node-%05d", i)
	labels := map[string]string{"kubernetes.io/hostname": name, "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux",
		"topology.kubernetes.io/zone": fmt.Sprintf("zone-%d", i%3), "kubevirt.io/schedulable": "true", "cpu-vendor.node.kubevirt.io/AMD": "true",
		"host-model-cpu.node.kubevirt.io/EPYC-Rome": "true"}
	for f := range 40 {
		labels[fmt.Sprintf("cpu-feature.node.kubevirt.io/feature%02d", f)] = "true"
	}
	resources := corev1.ResourceList{"cpu": resource.MustParse("64"), "memory": resource.MustParse("512Gi"), "pods": resource.MustParse("250"),
		"devices.kubevirt.io/kvm": resource.MustParse("1k"), "devices.kubevirt.io/tun": resource.MustParse("1k")}
	now := metav1.Now()
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels, Annotations: map[string]string{"kubevirt.io/heartbeat": now.UTC().Format(time.RFC3339)}},
		Status: corev1.NodeStatus{Capacity: resources, Allocatable: resources, NodeInfo: corev1.NodeSystemInfo{KubeletVersion: "v1.34.2",
			KernelVersion: "6.1.0", OSImage: "Debian GNU/Linux 12", Architecture: "amd64", OperatingSystem: "linux"}}}
	for _, t := range []corev1.NodeConditionType{"MemoryPressure", "DiskPressure", "PIDPressure", "Ready"} {
		status := corev1.ConditionFalse
		if t == "Ready" {
			status = corev1.ConditionTrue
		}
		node.Status.Conditions = append(node.Status.Conditions, corev1.NodeCondition{Type: t, Status: status, Reason: "KubeletHas", Message: "kubelet says so",
			LastHeartbeatTime: now, LastTransitionTime: now})
	}
	return node
}
