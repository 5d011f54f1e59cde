package double

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	leaseSeconds   = 40
	leaseEvery     = 10 * time.Second
	heartbeatEvery = time.Minute
	tokenSeconds   = 3600
	machineType    = "pc-q35-9.2"
)

// NodeSpec says what one node is like.
type NodeSpec struct {
	Name     string
	CPU      string // quantities
	Memory   string
	Zone     string
	CPUModel string
	Vendor   string
	UUID     string // of its machine, in status.nodeInfo.systemUUID; one is made of the name if it is empty
	PowerURL string // where to ask whether its machine is on (machine.go); empty: it is
	Boot     time.Duration
	Address  string // InternalIP
	Labels   map[string]string
}

// ParseNode reads NAME[,cpu=4][,memory=16Gi][,zone=a][,cpu-model=M][,vendor=Intel][,uuid=U][,power=URL][,boot=5s][,address=127.0.0.1][,label.KEY=VALUE]...
func ParseNode(text string) (NodeSpec, error) {
	name, rest, more := strings.Cut(text, ",")
	spec := NodeSpec{Name: name, UUID: systemUUID(name), CPU: "4", Memory: "16Gi", Zone: "a", CPUModel: "Haswell-noTSX", Vendor: "Intel", Address: "127.0.0.1", Labels: map[string]string{}}
	boot := "0s"
	for more {
		var part string
		part, rest, more = strings.Cut(rest, ",")
		key, value, ok := strings.Cut(part, "=")
		fields := map[string]*string{"cpu": &spec.CPU, "memory": &spec.Memory, "zone": &spec.Zone, "cpu-model": &spec.CPUModel, "vendor": &spec.Vendor,
			"uuid": &spec.UUID, "power": &spec.PowerURL, "boot": &boot, "address": &spec.Address}
		label, isLabel := strings.CutPrefix(key, "label.")
		switch {
		case ok && isLabel:
			spec.Labels[label] = value
		case ok && fields[key] != nil:
			*fields[key] = value
		default:
			return spec, fmt.Errorf("node %q: %q is none of cpu=, memory=, zone=, cpu-model=, vendor=, uuid=, power=, boot=, address=, label.KEY=", name, part)
		}
	}
	var err error
	if spec.Boot, err = time.ParseDuration(boot); err != nil {
		return spec, fmt.Errorf("node %q: %w", name, err)
	}
	for _, text := range []string{spec.CPU, spec.Memory} {
		if _, err := resource.ParseQuantity(text); err != nil {
			return spec, fmt.Errorf("node %q: %q: %w", name, text, err)
		}
	}
	return spec, nil
}

// String is what ParseNode reads.
func (s NodeSpec) String() string {
	text := fmt.Sprintf("%s,cpu=%s,memory=%s,zone=%s,cpu-model=%s,vendor=%s,uuid=%s,boot=%s,address=%s", s.Name, s.CPU, s.Memory, s.Zone, s.CPUModel, s.Vendor, s.UUID, s.Boot, s.Address)
	if s.PowerURL != "" {
		text += ",power=" + s.PowerURL
	}
	for key, value := range s.Labels {
		text += ",label." + key + "=" + value
	}
	return text
}

func (s NodeSpec) cores() float64 {
	cpu := resource.MustParse(s.CPU)
	return cpu.AsApproximateFloat64()
}

// node keeps one Node object alive: its lease, its conditions, KubeVirt's labels and heartbeat.
type node struct {
	NodeSpec
	double *Double

	mu         sync.Mutex
	power      string // as last seen: "", "off" or "lost"
	machine    machine
	bootTime   *time.Duration // by annotation
	unscraped  bool
	bootedAt   time.Time // when it was last switched on; zero: it has always been on
	ready      *bool     // as last reported
	token      string
	tokenUntil time.Time
	handling   dynamic.Interface // virt-handler's, with the token
	handlerAPI kubernetes.Interface
}

func (n *node) on() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.power == "" && n.runs()
}

func (n *node) isUnscraped() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.unscraped
}

// rebootedAfter says whether what ran at that time was lost in a power cycle.
func (n *node) rebootedAfter(started time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.bootedAt.After(started)
}

// live registers the node and beats until the context ends.
func (n *node) live(ctx context.Context) {
	try := func(what string, act func(context.Context) error) bool {
		err := act(ctx)
		if err != nil && ctx.Err() == nil {
			log.Printf("node %s: %s: %v", n.Name, what, err)
		}
		return err == nil
	}
	wait := func(d time.Duration) bool {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(d):
			return true
		}
	}
	for !try("register", n.register) {
		if !wait(200 * time.Millisecond) {
			return
		}
	}
	var leaseDue, heartbeatDue time.Time
	for wait(100 * time.Millisecond) {
		if !n.on() {
			leaseDue, heartbeatDue = time.Time{}, time.Time{} // both at once when it comes back
			continue
		}
		if now := time.Now(); now.After(leaseDue) {
			if try("lease", n.renew) && try("status", func(ctx context.Context) error { return n.report(ctx, true) }) {
				leaseDue = now.Add(leaseEvery)
			}
		}
		if now := time.Now(); now.After(heartbeatDue) && n.double.daemons.at(n.Name) {
			if try("heartbeat", func(ctx context.Context) error { return n.heartbeat(ctx, true) }) {
				heartbeatDue = now.Add(heartbeatEvery)
			} else if !wait(200 * time.Millisecond) {
				return
			}
		}
	}
}

func (n *node) register(ctx context.Context) error {
	labels := map[string]string{"kubernetes.io/hostname": n.Name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
		"node-role.kubernetes.io/worker": "", "topology.kubernetes.io/zone": n.Zone, "topology.kubernetes.io/region": "local"}
	maps.Copy(labels, n.Labels)
	// Every kubelet writes some annotation; KubeVirt's policy on virt-handler's writes can't do without one.
	notes := map[string]string{"volumes.kubernetes.io/controller-managed-attach-detach": "true"}
	_, err := n.double.kubelet.CoreV1().Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: labels, Annotations: notes}}, metav1.CreateOptions{})
	n.mu.Lock()
	n.tokenUntil = time.Time{} // a token is bound to one object
	n.mu.Unlock()
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// observe follows the annotations of the Node object, and registers again when the object was deleted.
func (n *node) observe(ctx context.Context) error {
	found, known, _ := n.double.objects.GetStore().GetByKey(n.Name)
	if !known {
		return n.register(ctx)
	}
	power := found.(*corev1.Node).Annotations[Power]
	if power != "off" && power != "lost" {
		power = ""
	}
	n.mu.Lock()
	before := n.power
	n.unscraped = found.(*corev1.Node).Annotations[NoMetrics] == "true"
	n.bootTime = nil
	if takes, err := time.ParseDuration(found.(*corev1.Node).Annotations[BootTime]); err == nil {
		n.bootTime = &takes
	}
	n.mu.Unlock()
	if power == before {
		return nil
	}
	log.Printf("node %s: power %q", n.Name, found.(*corev1.Node).Annotations[Power])
	if power == "off" {
		if err := n.heartbeat(ctx, false); err != nil {
			return err
		}
		if err := n.report(ctx, false); err != nil {
			return err
		}
	}
	n.mu.Lock()
	n.power = power
	if power == "" {
		n.bootedAt = time.Now().Truncate(time.Second) // as coarse as the start of pods
	}
	n.mu.Unlock()
	n.enqueueAll()
	return nil
}

// enqueueAll that is on it: everything stops or goes on.
func (n *node) enqueueAll() {
	n.double.enqueueAllInstances()
	for _, each := range n.double.pods.GetStore().List() {
		if pod := each.(*corev1.Pod); pod.Spec.NodeName == n.Name {
			n.double.queue.Add(item{"pod", pod.Namespace, pod.Name})
		}
	}
}

// report writes the status of the Node as its kubelet.
func (n *node) report(ctx context.Context, ready bool) error {
	resources := map[string]string{"cpu": n.CPU, "memory": n.Memory, "pods": "110", "ephemeral-storage": "200Gi",
		"devices.kubevirt.io/kvm": "1k", "devices.kubevirt.io/tun": "1k", "devices.kubevirt.io/vhost-net": "1k"}
	now := metav1.Now().UTC().Format(time.RFC3339)
	condition := func(kind, status, reason string) map[string]any {
		return map[string]any{"type": kind, "status": status, "reason": reason, "lastHeartbeatTime": now}
	}
	main := condition("Ready", "True", "KubeletReady")
	if !ready {
		main = condition("Ready", "False", "KubeletNotReady")
	}
	n.mu.Lock()
	if n.ready == nil || *n.ready != ready {
		main["lastTransitionTime"] = now
	}
	boot := systemUUID(n.Name + n.bootedAt.String()) // another one each time
	n.mu.Unlock()
	patch, _ := json.Marshal(map[string]any{"status": map[string]any{
		"capacity": resources, "allocatable": resources,
		"addresses": []any{map[string]any{"type": "Hostname", "address": n.Name}, map[string]any{"type": "InternalIP", "address": n.Address}},
		"nodeInfo":  map[string]any{"architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.34.2", "systemUUID": n.UUID, "bootID": boot},
		"conditions": []any{main, condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
			condition("DiskPressure", "False", "KubeletHasNoDiskPressure"), condition("PIDPressure", "False", "KubeletHasSufficientPID")},
	}})
	_, err := n.double.kubelet.CoreV1().Nodes().Patch(ctx, n.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if err == nil {
		n.mu.Lock()
		n.ready = &ready
		n.mu.Unlock()
	}
	return err
}

func (n *node) renew(ctx context.Context) error {
	leases := n.double.kubelet.CoordinationV1().Leases("kube-node-lease")
	now, seconds := metav1.NowMicro(), int32(leaseSeconds)
	spec := coordinationv1.LeaseSpec{HolderIdentity: &n.Name, LeaseDurationSeconds: &seconds, RenewTime: &now}
	patch, _ := json.Marshal(map[string]any{"spec": spec})
	_, err := leases.Patch(ctx, n.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if apierrors.IsNotFound(err) {
		_, err = leases.Create(ctx, &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: n.Name}, Spec: spec}, metav1.CreateOptions{})
	}
	return err
}

// heartbeat writes virt-handler's labels and annotation.
func (n *node) heartbeat(ctx context.Context, schedulable bool) error {
	if _, err := n.handler(ctx); err != nil {
		return err
	}
	labels := map[string]string{"kubevirt.io/schedulable": fmt.Sprint(schedulable)}
	for _, key := range []string{"machine-type.node.kubevirt.io/" + machineType, "machine-type.node.kubevirt.io/q35",
		"cpu-vendor.node.kubevirt.io/" + n.Vendor, "host-model-cpu.node.kubevirt.io/" + n.CPUModel,
		"cpu-model.node.kubevirt.io/" + n.CPUModel, "cpu-model-migration.node.kubevirt.io/" + n.CPUModel} {
		labels[key] = "true"
	}
	patch, _ := json.Marshal(map[string]any{"metadata": map[string]any{"labels": labels,
		"annotations": map[string]string{"kubevirt.io/heartbeat": time.Now().UTC().Format(time.RFC3339)}}})
	n.mu.Lock()
	api := n.handlerAPI
	n.mu.Unlock()
	_, err := api.CoreV1().Nodes().Patch(ctx, n.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

// handler is the client of this node's virt-handler.
func (n *node) handler(ctx context.Context) (dynamic.Interface, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Now().Before(n.tokenUntil) {
		return n.handling, nil
	}
	found, err := n.double.kubelet.CoreV1().Nodes().Get(ctx, n.Name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	seconds := int64(tokenSeconds)
	answer, err := n.double.kubelet.CoreV1().ServiceAccounts("kubevirt").CreateToken(ctx, "kubevirt-handler", &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds,
			BoundObjectRef: &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Node", Name: n.Name, UID: found.UID}}}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	config := rest.AnonymousClientConfig(n.double.config)
	config.BearerToken, config.Timeout, config.QPS = answer.Status.Token, writeTimeout, -1
	if n.handling, err = dynamic.NewForConfig(config); err != nil {
		return nil, err
	}
	if n.handlerAPI, err = kubernetes.NewForConfig(config); err != nil {
		return nil, err
	}
	n.tokenUntil = time.Now().Add(tokenSeconds * time.Second * 3 / 4)
	return n.handling, nil
}
