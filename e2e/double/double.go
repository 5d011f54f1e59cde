// Package double stands in for the kubelet and KubeVirt's virt-handler of several nodes, beside a real control plane.
//
// What a kubelet does is done under the identity of the given configuration; what virt-handler does is done as its service
// account, with a token for each node that is bound to that Node object, as the tokens of a real daemon set are. Scheduling,
// admission, migration decisions and garbage collection are left to the real components.
package double

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

var instances = schema.GroupVersionResource{Group: "kubevirt.io", Version: "v1", Resource: "virtualmachineinstances"}

const (
	createdBy    = "kubevirt.io/created-by" // label of a launcher pod: its instance's UID
	domainOf     = "kubevirt.io/domain"     // annotation of a launcher pod: its instance's name
	byInstance   = "by-instance"
	writeTimeout = 10 * time.Second
	workers      = 6
)

// item of the work queue.
type item struct{ kind, namespace, name string }

// Double is all nodes together. Objects are handled one at a time each; different ones in parallel.
type Double struct {
	dials    Dials
	machines Machines
	config   *rest.Config
	kubelet  kubernetes.Interface
	nodes    map[string]*node
	load     *load
	queue    workqueue.TypedRateLimitingInterface[item]
	pods     cache.SharedIndexInformer
	vmis     cache.SharedIndexInformer
	objects  cache.SharedIndexInformer // Nodes
	daemons  daemons

	mu     sync.Mutex
	copies map[string]time.Time // when the copy of each migration began, by its UID
}

func New(config *rest.Config, specs []NodeSpec, dials Dials, machines Machines) (*Double, error) {
	writing := rest.CopyConfig(config)
	writing.Timeout, writing.QPS = writeTimeout, -1
	kubelet, err := kubernetes.NewForConfig(writing)
	if err != nil {
		return nil, err
	}
	d := &Double{dials: dials, machines: machines, config: writing, kubelet: kubelet, nodes: map[string]*node{}, load: newLoad(time.Now), copies: map[string]time.Time{}, daemons: daemons{running: map[string]map[string]bool{}},
		queue: workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[item](20*time.Millisecond, time.Second))}
	for _, spec := range specs {
		if d.nodes[spec.Name] != nil {
			return nil, fmt.Errorf("two nodes are called %q", spec.Name)
		}
		d.nodes[spec.Name] = &node{NodeSpec: spec, double: d}
		d.load.setCapacity(spec.Name, spec.cores())
	}
	return d, d.watch(config)
}

func (d *Double) watch(config *rest.Config) error {
	watching, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	custom, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(watching, 0)
	d.objects = factory.Core().V1().Nodes().Informer()
	d.pods = informers.NewSharedInformerFactoryWithOptions(watching, 0, informers.WithTweakListOptions(func(options *metav1.ListOptions) {
		options.FieldSelector = "spec.nodeName!="
	})).Core().V1().Pods().Informer()
	d.vmis = dynamicinformer.NewDynamicSharedInformerFactory(custom, 0).ForResource(instances).Informer()
	if err := d.pods.AddIndexers(cache.Indexers{byInstance: func(o any) ([]string, error) {
		return []string{o.(*corev1.Pod).Labels[createdBy]}, nil
	}}); err != nil {
		return err
	}
	d.objects.AddEventHandler(onEvent(func(n *corev1.Node) { d.queue.Add(item{kind: "node", name: n.Name}) }))
	d.pods.AddEventHandler(onEvent(func(p *corev1.Pod) {
		d.queue.Add(item{"pod", p.Namespace, p.Name})
		if name := p.Annotations[domainOf]; name != "" {
			d.queue.Add(item{"vmi", p.Namespace, name})
		}
	}))
	d.pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { d.followHandler(o.(*corev1.Pod), true) },
		UpdateFunc: func(_, o any) { d.followHandler(o.(*corev1.Pod), true) },
		DeleteFunc: func(o any) {
			if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = gone.Obj
			}
			d.followHandler(o.(*corev1.Pod), false)
		},
	})
	d.vmis.AddEventHandler(onEvent(func(v *unstructured.Unstructured) { d.enqueue(v) }))
	return nil
}

// enqueue an instance and its pods, which follow what becomes of it.
func (d *Double) enqueue(vmi *unstructured.Unstructured) {
	d.queue.Add(item{"vmi", vmi.GetNamespace(), vmi.GetName()})
	for _, pod := range d.podsOf(string(vmi.GetUID())) {
		d.queue.Add(item{"pod", pod.Namespace, pod.Name})
	}
}

func (d *Double) enqueueAllInstances() {
	for _, each := range d.vmis.GetStore().List() {
		vmi := each.(*unstructured.Unstructured)
		d.queue.Add(item{"vmi", vmi.GetNamespace(), vmi.GetName()})
	}
}

func onEvent[T any](act func(T)) cache.ResourceEventHandlerFuncs {
	take := func(o any) {
		if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
			o = gone.Obj
		}
		if object, ok := o.(T); ok {
			act(object)
		}
	}
	return cache.ResourceEventHandlerFuncs{AddFunc: take, UpdateFunc: func(_, o any) { take(o) }, DeleteFunc: take}
}

// Run plays the nodes, and serves /metrics and /healthz on the listener, until the context ends.
func (d *Double) Run(ctx context.Context, listener net.Listener) error {
	go d.objects.Run(ctx.Done())
	go d.pods.Run(ctx.Done())
	go d.watchInstances(ctx)
	synced := func() bool { return d.objects.HasSynced() && d.pods.HasSynced() && d.vmis.HasSynced() }
	mux := http.NewServeMux()
	mux.HandleFunc("/metrics", d.serveMetrics)
	mux.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) {
		if !synced() {
			http.Error(answer, "not synced with the API server yet", http.StatusServiceUnavailable)
		}
	})
	server := &http.Server{Handler: mux}
	go func() {
		<-ctx.Done()
		server.Close()
		d.queue.ShutDown()
	}()
	client, err := d.machines.client()
	if err != nil {
		return err
	}
	for _, each := range d.nodes {
		if each.PowerURL != "" {
			go each.followMachine(ctx, client)
		}
		go each.live(ctx)
	}
	go func() {
		if cache.WaitForCacheSync(ctx.Done(), synced) {
			for range workers {
				go d.work(ctx)
			}
		}
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// watchInstances as soon as their kind is defined, which may be after the double has started: an informer would ask ever more rarely.
func (d *Double) watchInstances(ctx context.Context) {
	for {
		_, err := d.kubelet.Discovery().RESTClient().Get().AbsPath("/apis/kubevirt.io/v1/virtualmachineinstances").Param("limit", "1").DoRaw(ctx)
		if err == nil {
			d.vmis.Run(ctx.Done())
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (d *Double) work(ctx context.Context) {
	for {
		next, stop := d.queue.Get()
		if stop {
			return
		}
		err := d.handle(ctx, next)
		switch {
		case err == nil:
			d.queue.Forget(next)
		case apierrors.IsNotFound(err):
			d.queue.Forget(next)
		default:
			if !apierrors.IsConflict(err) { // which only means that somebody else wrote first
				log.Printf("%s %s/%s: %v", next.kind, next.namespace, next.name, err)
			}
			d.queue.AddRateLimited(next)
		}
		d.queue.Done(next)
	}
}

func (d *Double) handle(ctx context.Context, next item) error {
	switch next.kind {
	case "node":
		if mine := d.nodes[next.name]; mine != nil {
			return mine.observe(ctx)
		}
	case "pod":
		if o, known, _ := d.pods.GetStore().GetByKey(next.namespace + "/" + next.name); known {
			return d.runPod(ctx, o.(*corev1.Pod))
		}
	case "vmi":
		o, known, _ := d.vmis.GetStore().GetByKey(next.namespace + "/" + next.name)
		if known {
			return d.handleInstance(ctx, o.(*unstructured.Unstructured).DeepCopy())
		}
		d.load.drop(next.namespace, next.name)
	}
	return nil
}

// again handles an item after a while.
func (d *Double) again(after time.Duration, next item) { d.queue.AddAfter(next, after) }

func (d *Double) alive(name string) bool {
	each := d.nodes[name]
	return each != nil && each.on()
}

func (d *Double) podsOf(instanceUID string) (pods []*corev1.Pod) {
	found, _ := d.pods.GetIndexer().ByIndex(byInstance, instanceUID)
	for _, each := range found {
		pods = append(pods, each.(*corev1.Pod))
	}
	return pods
}

// instanceOf a launcher pod, or nil.
func (d *Double) instanceOf(pod *corev1.Pod) object {
	found, known, _ := d.vmis.GetStore().GetByKey(pod.Namespace + "/" + pod.Annotations[domainOf])
	if !known || string(found.(*unstructured.Unstructured).GetUID()) != pod.Labels[createdBy] {
		return nil
	}
	return found.(*unstructured.Unstructured).Object
}
