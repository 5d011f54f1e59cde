package double

import (
	"context"
	"log"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	targetLabel = "kubevirt.io/migrationTargetNodeName"
	nodeLabel   = "kubevirt.io/nodeName"
)

// instance is one that is being handled: a copy of what the cache holds, and who may write it.
type instance struct {
	object
	double *Double
	raw    *unstructured.Unstructured
	pods   []*corev1.Pod
}

// handleInstance does what virt-handlers do. Each write is one step; the event it causes leads to the next.
func (d *Double) handleInstance(ctx context.Context, raw *unstructured.Unstructured) error {
	v := &instance{object: raw.Object, double: d, raw: raw, pods: d.podsOf(string(raw.GetUID()))}
	d.weigh(v)
	phase, node := v.text("status", "phase"), v.text("status", "nodeName")
	if (phase == "Scheduled" || phase == "Running") && d.handles(node) {
		own := v.podOn(node)
		switch {
		case raw.GetDeletionTimestamp() != nil || own != nil && own.DeletionTimestamp != nil:
			return v.end(ctx, node, "Succeeded", "guest shuts down")
		case v.lostOn(node):
			return v.end(ctx, node, "Failed", "guest was lost with its node's power")
		case phase == "Scheduled" && own != nil:
			return v.boot(ctx, node, own)
		case phase == "Running" && v.judgeMigratable():
			return v.write(ctx, node, "migratable or not")
		}
	}
	if phase == "Running" && v.text("status", "migrationState", "migrationUid") != "" {
		return v.migrate(ctx, node)
	}
	return nil
}

// weigh tells the load model about the instance.
func (d *Double) weigh(v *instance) {
	if v.text("status", "phase") == "Running" && v.text("status", "nodeName") != "" {
		d.load.put(guestOf(v.object))
	} else {
		d.load.drop(v.text("metadata", "namespace"), v.text("metadata", "name"))
	}
}

func (v *instance) podOn(node string) *corev1.Pod {
	for _, pod := range v.pods {
		if pod.Spec.NodeName == node && pod.Status.Phase == corev1.PodRunning {
			return pod
		}
	}
	return nil
}

// lostOn says whether the guest was lost in a power cycle of that node. Its pod may have been ended for that already.
func (v *instance) lostOn(node string) bool {
	own := v.podOn(node)
	for _, pod := range v.pods {
		if pod.Spec.NodeName == node && (own == nil || pod == own) && pod.Status.StartTime != nil && v.double.nodes[node].rebootedAfter(pod.Status.StartTime.Time) {
			return true
		}
	}
	return false
}

// write as the virt-handler of a node. A stale copy is refused, and the event of the newer one brings it back.
func (v *instance) write(ctx context.Context, node, what string) error {
	client, err := v.double.nodes[node].handler(ctx)
	if err != nil {
		return err
	}
	_, err = client.Resource(instances).Namespace(v.raw.GetNamespace()).Update(ctx, v.raw, metav1.UpdateOptions{})
	if err == nil {
		log.Printf("handler %s: %s/%s: %s", node, v.raw.GetNamespace(), v.raw.GetName(), what)
	}
	return err
}

func (v *instance) enter(phase string) {
	v.set(phase, "status", "phase")
	v.set(append(v.list("status", "phaseTransitionTimestamps"), map[string]any{"phase": phase, "phaseTransitionTimestamp": rfc3339()}),
		"status", "phaseTransitionTimestamps")
}

func (v *instance) end(ctx context.Context, node, phase, what string) error {
	v.enter(phase)
	return v.write(ctx, node, what)
}

func (v *instance) boot(ctx context.Context, node string, pod *corev1.Pod) error {
	v.enter("Running")
	v.judgeMigratable()
	v.set("none", "status", "selinuxContext") // without it no target pod is ever made
	v.set("BlockMigration", "status", "migrationMethod")
	v.set(machineType, "status", "machine", "type")
	v.atAddressOf(pod)
	return v.write(ctx, node, "guest runs")
}

// judgeMigratable writes the two conditions, and says whether that changed anything.
func (v *instance) judgeMigratable() bool {
	status := map[bool]string{true: "False", false: "True"}[v.double.dials.notMigratable(v.object)]
	if v.condition("LiveMigratable").text("status") == status {
		return false
	}
	for _, kind := range []string{"LiveMigratable", "StorageLiveMigratable"} {
		v.dropCondition(kind)
		condition := map[string]any{"type": kind, "status": "True", "lastProbeTime": nil, "lastTransitionTime": rfc3339()}
		if kind == "LiveMigratable" && status == "False" {
			condition["status"], condition["reason"], condition["message"] = status, "HostDeviceNotLiveMigratable", "VMI uses a PCI host devices"
		}
		v.set(append(v.list("status", "conditions"), condition), "status", "conditions")
	}
	return true
}

// atAddressOf: with masquerade the guest is reached at its pod's address.
func (v *instance) atAddressOf(pod *corev1.Pod) {
	for _, each := range v.list("status", "interfaces") {
		if nic, ok := each.(map[string]any); ok && pod != nil {
			nic["ipAddress"], nic["ipAddresses"] = pod.Status.PodIP, []any{pod.Status.PodIP}
			nic["infoSource"], nic["queueCount"], nic["linkState"] = "domain", int64(1), "up"
		}
	}
}

// migrate takes the next step of a migration that virt-controller has handed over.
func (v *instance) migrate(ctx context.Context, node string) error {
	d := v.double
	state := object(v.at("status", "migrationState").(map[string]any))
	source, target := state.text("sourceNode"), state.text("targetNode")
	labelled := v.text("metadata", "labels", targetLabel)
	switch {
	case state.yes("completed") || state.yes("failed"):
		d.forgetCopy(state.text("migrationUid"))
		if labelled != "" && d.handles(labelled) {
			v.remove("metadata", "labels", targetLabel)
			return v.write(ctx, labelled, "migration is over")
		}
	case state.text("endTimestamp") != "":
		if d.handles(target) {
			state["completed"] = true
			for _, kind := range []string{"HotVCPUChange", "HotMemoryChange", "VolumesChange"} {
				v.dropCondition(kind)
			}
			return v.write(ctx, target, "migration completed")
		}
	case state.yes("abortRequested") && d.handles(source):
		state["abortStatus"] = "Succeeded"
		return v.failCopy(ctx, source, state, "Live migration aborted", "copy aborted")
	case state.text("targetNodeAddress") == "":
		if labelled == target && d.handles(target) {
			state["targetNodeAddress"] = "127.0.0.1"
			state["targetDirectMigrationNodePorts"] = map[string]any{"39001": int64(0), "39002": int64(49152), "39003": int64(49153)}
			return v.write(ctx, target, "target is ready")
		}
	case state.text("startTimestamp") == "":
		if node == source && d.handles(source) {
			state["startTimestamp"], state["mode"] = rfc3339(), "PreCopy"
			return v.write(ctx, source, "copy starts")
		}
	default:
		return v.copy(ctx, state, source, target)
	}
	return nil
}

// copy lets time pass, then lets the guest run on the target: two writes, as the target detects the guest before it owns it.
func (v *instance) copy(ctx context.Context, state object, source, target string) error {
	d := v.double
	passed, takes := d.copying(state.text("migrationUid"), state.text("startTimestamp")), d.dials.copyTime(v.object)
	if d.dials.fails(v.object) {
		if passed < takes/2 {
			d.again(takes/2-passed, v.item())
			return nil
		}
		if !d.handles(source) {
			return nil
		}
		return v.failCopy(ctx, source, state, "Live migration failed: injected by the node double", "copy failed")
	}
	if d.dials.hangs(v.object) || !d.handles(source) {
		return nil // until an annotation, an abort or the power changes that
	}
	if passed < takes {
		d.again(takes-passed, v.item())
		return nil
	}
	if !d.handles(target) {
		return nil
	}
	if !state.yes("targetNodeDomainDetected") {
		state["targetNodeDomainDetected"], state["targetNodeDomainReadyTimestamp"] = true, rfc3339()
		v.dropCondition("MigrationRequired")
		return v.write(ctx, target, "guest is seen on the target")
	}
	state["endTimestamp"] = rfc3339()
	v.set(target, "metadata", "labels", nodeLabel)
	v.set(target, "status", "nodeName")
	v.set("Unix", "status", "migrationTransport")
	v.remove("metadata", "labels", "kubevirt.io/outdatedLauncherImage")
	v.remove("metadata", "annotations", "kubevirt.io/eviction-source")
	v.remove("status", "evacuationNodeName")
	v.remove("status", "launcherContainerImageVersion")
	v.atAddressOf(v.podOn(target))
	return v.write(ctx, target, "guest belongs to the target")
}

func (v *instance) failCopy(ctx context.Context, source string, state object, reason, what string) error {
	state["failed"], state["failureReason"], state["endTimestamp"] = true, reason, rfc3339()
	return v.write(ctx, source, what)
}

func (v *instance) item() item { return item{"vmi", v.raw.GetNamespace(), v.raw.GetName()} }

// copying says for how long the copy of a migration has run. After a restart of the double it goes by what was written.
func (d *Double) copying(migration, written string) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	began, known := d.copies[migration]
	if !known {
		began = time.Now()
		if start, err := time.Parse(time.RFC3339, written); err == nil && began.Sub(start) > 2*time.Second {
			began = start
		}
		d.copies[migration] = began
	}
	return time.Since(began)
}

func (d *Double) forgetCopy(migration string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.copies, migration)
}
