// Command peer keeps a cache of VMIs and nodes with client-go's shared informers: what Drover's own cache is measured against.
//
//	peer -kubeconfig FILE -mode typed|slim -events N
//
// It speaks as cache_bench does: a line of JSON when the cache is synced, one when memory has been released, and, after N events
// about VMIs, one with the CPU time that these took.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	virtv1 "kubevirt.io/api/core/v1"
)

var began = time.Now()

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run() error {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	mode := flag.String("mode", "typed", "typed: objects as they come; slim: only what Drover keeps, in structs of our own")
	events := flag.Int64("events", 0, "how many events about VMIs to wait for")
	flag.Parse()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	vmis, err := vmiInformer(config)
	if err != nil {
		return err
	}
	nodes, err := nodeInformer(config)
	if err != nil {
		return err
	}
	if *mode == "slim" {
		if err := vmis.SetTransform(slimVMI); err != nil {
			return err
		}
		if err := nodes.SetTransform(slimNode); err != nil {
			return err
		}
	}
	var seen atomic.Int64
	done := make(chan struct{})
	if _, err := vmis.AddEventHandler(cache.ResourceEventHandlerFuncs{UpdateFunc: func(_, _ any) {
		if seen.Add(1) == *events {
			close(done)
		}
	}}); err != nil {
		return err
	}

	stop := make(chan struct{})
	go vmis.Run(stop)
	go nodes.Run(stop)
	for !vmis.HasSynced() || !nodes.HasSynced() {
		time.Sleep(time.Millisecond)
	}
	report("synced", len(vmis.GetStore().ListKeys()), len(nodes.GetStore().ListKeys()))
	time.Sleep(2 * time.Second)
	runtime.GC()
	debug.FreeOSMemory()
	report("steady", len(vmis.GetStore().ListKeys()), len(nodes.GetStore().ListKeys()))
	if *events > 0 {
		<-done
		report("events", int(seen.Load()), 0)
	}
	close(stop)
	return nil
}

// report prints where the process stands: wall and CPU time since its start, memory now and at its peak.
func report(what string, vmis, nodes int) {
	wall := time.Since(began).Seconds()
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	line, _ := json.Marshal(map[string]any{"what": what, "wall": wall, "cpu": seconds(usage.Utime) + seconds(usage.Stime),
		"rss": status("VmRSS:"), "peak": status("VmHWM:"), "vmis": vmis, "nodes": nodes})
	fmt.Println(string(line))
}

// status reads a figure of /proc/self/status, in bytes.
func status(field string) int64 {
	text, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, field); ok {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib * 1024
		}
	}
	return 0
}

func vmiInformer(config *rest.Config) (cache.SharedIndexInformer, error) {
	scheme := kruntime.NewScheme()
	if err := virtv1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	virt := rest.CopyConfig(config)
	virt.GroupVersion = &schema.GroupVersion{Group: "kubevirt.io", Version: "v1"}
	virt.APIPath = "/apis"
	virt.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	client, err := rest.RESTClientFor(virt)
	if err != nil {
		return nil, err
	}
	listWatch := cache.NewFilteredListWatchFromClient(client, "virtualmachineinstances", metav1.NamespaceAll, func(*metav1.ListOptions) {})
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	return cache.NewSharedIndexInformer(listWatch, &virtv1.VirtualMachineInstance{}, 0, indexers), nil
}

func nodeInformer(config *rest.Config) (cache.SharedIndexInformer, error) {
	core := rest.CopyConfig(config)
	core.ContentType = kruntime.ContentTypeProtobuf
	core.AcceptContentTypes = kruntime.ContentTypeProtobuf + ",application/json"
	client, err := kubernetes.NewForConfig(core)
	if err != nil {
		return nil, err
	}
	listWatch := cache.NewFilteredListWatchFromClient(client.CoreV1().RESTClient(), "nodes", "", func(*metav1.ListOptions) {})
	return cache.NewSharedIndexInformer(listWatch, &corev1.Node{}, 0, cache.Indexers{}), nil
}
