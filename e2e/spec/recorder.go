package spec

import (
	"context"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
)

var (
	instances  = schema.GroupVersionResource{Group: "kubevirt.io", Version: "v1", Resource: "virtualmachineinstances"}
	migrations = schema.GroupVersionResource{Group: "kubevirt.io", Version: "v1", Resource: "virtualmachineinstancemigrations"}
)

// recorder remembers every migration object that ever was: KubeVirt keeps but five of a machine's, and none that was deleted in flight.
type recorder struct {
	mu   sync.Mutex
	seen map[string]*unstructured.Unstructured // by UID, as last seen
	open map[string]bool                       // UIDs that are not at their end
	most map[string]int                        // open ones at the same time that Drover made, by namespace
}

func record(ctx context.Context, client dynamic.Interface) *recorder {
	r := &recorder{seen: map[string]*unstructured.Unstructured{}, open: map[string]bool{}, most: map[string]int{}}
	informer := dynamicinformer.NewDynamicSharedInformerFactory(client, 0).ForResource(migrations).Informer()
	informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { r.note(o, true) },
		UpdateFunc: func(_, o any) { r.note(o, true) },
		DeleteFunc: func(o any) { r.note(o, false) },
	})
	go informer.Run(ctx.Done())
	cache.WaitForCacheSync(ctx.Done(), informer.HasSynced)
	return r
}

func (r *recorder) note(o any, exists bool) {
	if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = gone.Obj
	}
	object := o.(*unstructured.Unstructured)
	r.mu.Lock()
	defer r.mu.Unlock()
	uid := string(object.GetUID())
	r.seen[uid] = object
	phase := text(object, "status", "phase")
	r.open[uid] = exists && phase != "Succeeded" && phase != "Failed"
	count := 0
	for each, open := range r.open {
		if open && r.seen[each].GetNamespace() == object.GetNamespace() && byDrover(r.seen[each]) {
			count++
		}
	}
	r.most[object.GetNamespace()] = max(r.most[object.GetNamespace()], count)
}

func byDrover(migration *unstructured.Unstructured) bool {
	return strings.HasPrefix(migration.GetName(), "drover-")
}

// of a machine (of every machine when the name is empty), by anyone or only by Drover.
func (r *recorder) of(namespace, name string, onlyDrover bool) (found []*unstructured.Unstructured) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, each := range r.seen {
		if each.GetNamespace() == namespace && (name == "" || text(each, "spec", "vmiName") == name) && (!onlyDrover || byDrover(each)) {
			found = append(found, each)
		}
	}
	return found
}

func (r *recorder) mostAtOnce(namespace string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.most[namespace]
}

func text(object *unstructured.Unstructured, path ...string) string {
	value, _, _ := unstructured.NestedString(object.Object, path...)
	return value
}
