package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
)

const bindCompleted = "pv.kubernetes.io/bind-completed"

// randomVolumes gives pods claims, claims volumes, and nodes limits. Volumes of a node's own disk, of a zone, and of everywhere; two claims
// may share a volume, and pods a claim.
func randomVolumes(r *rand.Rand, q *cluster) {
	for i := range 1 + r.IntN(2*len(q.Pods)) {
		q.Volumes = append(q.Volumes, randomVolume(r, i, len(q.Nodes)))
	}
	for i := range 1 + r.IntN(3*len(q.Pods)) {
		claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("claim-%d", i), Namespace: pick(r, "vms", "vms", "other"),
			UID: types.UID(fmt.Sprintf("uid-claim-%d", i))}, Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound}}
		claim.Spec.StorageClassName = ptr.To("")
		claim.Spec.VolumeName = fmt.Sprintf("pv-%d", r.IntN(len(q.Volumes)))
		claim.Annotations = map[string]string{bindCompleted: "yes", "other": "x"}
		switch r.IntN(60) {
		case 0:
			claim.Spec.VolumeName, claim.Annotations, claim.Status.Phase = "", nil, corev1.ClaimPending
		case 1:
			claim.Annotations, claim.Status.Phase = nil, corev1.ClaimPending
		case 2:
			claim.Status.Phase = corev1.ClaimLost
		case 3:
			now := metav1.Unix(1_700_000_000, 0)
			claim.DeletionTimestamp = &now
		case 4:
			claim.Spec.VolumeName = "pv-gone"
		}
		q.Claims = append(q.Claims, claim)
	}
	for i, pod := range q.Pods {
		for chance(r, 0.4) {
			claim := q.Claims[r.IntN(len(q.Claims))]
			if claim.Namespace != pod.Namespace && !chance(r, 0.03) { // then it is not there
				continue
			}
			addClaim(pod, claim.Name)
		}
		if i > 0 && chance(r, 0.1) {
			giveEphemeral(r, q, pod)
		}
	}
	for _, node := range q.Nodes {
		if !chance(r, 0.8) {
			continue
		}
		made := &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{Name: node.Name}}
		for _, driver := range []string{"disk.csi", "file.csi"} {
			made.Spec.Drivers = append(made.Spec.Drivers, storagev1.CSINodeDriver{Name: driver, NodeID: node.Name, Allocatable: pick(r,
				nil, &storagev1.VolumeNodeResources{}, &storagev1.VolumeNodeResources{Count: ptr.To(int32(r.IntN(6)))},
				&storagev1.VolumeNodeResources{Count: ptr.To(int32(20))})})
		}
		q.CSINodes = append(q.CSINodes, made)
	}
}

func addClaim(pod *corev1.Pod, claim string) {
	pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: fmt.Sprintf("v%d", len(pod.Spec.Volumes)), VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}}})
}

// giveEphemeral adds a volume of the pod's own, with its claim.
func giveEphemeral(r *rand.Rand, q *cluster, pod *corev1.Pod) {
	pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: "scratch", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}},
		corev1.Volume{Name: "config", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
	q.Claims = append(q.Claims, &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name + "-scratch", Namespace: pod.Namespace, Annotations: map[string]string{bindCompleted: "yes"},
			OwnerReferences: []metav1.OwnerReference{{Kind: "Pod", Name: pod.Name, UID: pod.UID, Controller: ptr.To(true)}}},
		Spec:   corev1.PersistentVolumeClaimSpec{VolumeName: fmt.Sprintf("pv-%d", r.IntN(len(q.Volumes))), StorageClassName: ptr.To("")},
		Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound}})
}

func randomVolume(r *rand.Rand, i, nodes int) *corev1.PersistentVolume {
	pv := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("pv-%d", i), Labels: map[string]string{"tier": "x"}}}
	if chance(r, 0.8) {
		pv.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: pick(r, "disk.csi", "disk.csi", "file.csi", "free.csi"), VolumeHandle: fmt.Sprintf("h%d", i)}
		if chance(r, 0.05) { // a volume that two objects stand for
			pv.Spec.CSI.VolumeHandle = "h0"
		}
	} else {
		pv.Spec.NFS = &corev1.NFSVolumeSource{Server: "nfs", Path: "/"}
	}
	if chance(r, 0.2) {
		pv.Labels[pick(r, corev1.LabelTopologyZone, corev1.LabelTopologyZone, corev1.LabelFailureDomainBetaZone, corev1.LabelTopologyRegion)] =
			pick(r, "a", "b", "a__b", "a__b__c", "a__", "", "b____c")
	}
	in := func(key string, values ...string) corev1.NodeSelectorTerm {
		return corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: key, Operator: corev1.NodeSelectorOpIn, Values: values}}}
	}
	required := func(terms ...corev1.NodeSelectorTerm) {
		pv.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: terms}}
	}
	switch r.IntN(20) {
	case 0, 1:
		required(in(corev1.LabelTopologyZone, "a", "b"))
	case 2:
		required(in(corev1.LabelHostname, fmt.Sprintf("node-%d", r.IntN(nodes))))
	case 3:
		required(in(corev1.LabelTopologyZone, "c"), in("pool", "fast"))
	case 4:
		required(corev1.NodeSelectorTerm{MatchExpressions: randomNodeTerm(r).MatchExpressions})
	case 5:
		pv.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{}
	}
	return pv
}

// told is an informer that is never started: who asks to hear of its objects is told of those that are in its store.
type told struct{ cache.SharedIndexInformer }

func (t told) AddEventHandler(handler cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	for _, object := range t.GetStore().List() {
		handler.OnAdd(object, true)
	}
	return nil, nil
}

// informersOf holds what the scheduler would have been told of the cluster.
func informersOf(q cluster) informers.SharedInformerFactory {
	factory := informers.NewSharedInformerFactory(nil, 0)
	fill(factory, &corev1.Namespace{}, namespaceObjects)
	fill(factory, &corev1.PersistentVolumeClaim{}, q.Claims)
	fill(factory, &corev1.PersistentVolume{}, q.Volumes)
	fill(factory, &storagev1.CSINode{}, q.CSINodes)
	return factory
}

func fill[T runtime.Object](factory informers.SharedInformerFactory, kind T, objects []T) {
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	informer := told{cache.NewSharedIndexInformer(&cache.ListWatch{}, kind, 0, indexers)}
	for _, object := range objects {
		if err := informer.GetStore().Add(object); err != nil {
			panic(err)
		}
	}
	factory.InformerFor(kind, func(kubernetes.Interface, time.Duration) cache.SharedIndexInformer { return informer })
}

var namespaceObjects = func() []*corev1.Namespace {
	var objects []*corev1.Namespace
	for name, of := range namespaceLabels {
		objects = append(objects, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: of}})
	}
	return objects
}()
