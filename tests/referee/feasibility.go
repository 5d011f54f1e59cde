package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/parallelize"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/feature"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/interpodaffinity"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodeaffinity"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodename"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodeports"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/noderesources"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodeunschedulable"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodevolumelimits"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/podtopologyspread"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/tainttoleration"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/volumebinding"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/volumezone"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
)

// An ability tells of one node whether the VM can go there, and what the side says that cannot.
type ability struct {
	Node     string   `json:"node"`
	Feasible bool     `json:"feasible"`
	Why      []string `json:"why,omitempty"`
}

// Whether a VM can go to each node of a cluster, the one that it runs on left out. The referee is kube-scheduler's own filters, asked
// about the target pod as KubeVirt makes it.
var feasibility = contest[cluster, []ability]{
	about:     "feasibility",
	questions: 1_500,
	ask:       randomCluster,
	theirs:    func(q cluster) []ability { return filtered(q) },
	parts: func(answer []ability) [][]ability {
		var each [][]ability
		for i := range answer {
			each = append(each, answer[i:i+1])
		}
		return each
	},
	same: func(ours, theirs []ability) bool {
		return len(ours) == 1 && len(theirs) == 1 && ours[0].Node == theirs[0].Node && ours[0].Feasible == theirs[0].Feasible
	},
	listed: []listing[cluster, []ability]{
		{reason: "cordoned and unready nodes are out, whatever the VM tolerates", fits: stricter("is cordoned", "is not Ready")},
		{reason: "a node without the label kubernetes.io/hostname cannot be named as a target", fits: stricter("the node has no label kubernetes.io/hostname")},
		{reason: "hard topology spread is not evaluated and rules every node out", fits: stricter("topology spread constraint")},
		{reason: "a term of pod affinity with namespaceSelector or matchLabelKeys is taken as not met", fits: stricter("uses a part that Drover does not evaluate"), rare: true},
		{reason: "affinity to its own kind finds none when its node has no such label; the scheduler lets the first of a kind go anywhere",
			fits: func(q cluster, ours, theirs []ability) bool {
				return q.sourceLacksTopology() && stricter("finds no such pod")(q, ours, theirs)
			}, rare: true},
		{reason: "several of these", fits: stricter("is cordoned", "is not Ready", "no label kubernetes.io/hostname", "topology spread constraint",
			"uses a part that Drover does not evaluate"), rare: true},
		{reason: "a term of anti-affinity with namespaceSelector or matchLabelKeys is taken at its widest", fits: asIf(cluster.withWidestTerms), rare: true},
	},
}

// asIf accepts an answer that the scheduler would give too if the cluster were as changed.
func asIf(changed func(cluster) cluster) func(cluster, []ability, []ability) bool {
	return func(q cluster, ours, _ []ability) bool {
		return slices.ContainsFunc(filtered(changed(q)), func(a ability) bool {
			return a.Node == ours[0].Node && a.Feasible == ours[0].Feasible
		})
	}
}

// stricter accepts that only Drover says no, if it says so for nothing but these reasons.
func stricter(reasons ...string) func(cluster, []ability, []ability) bool {
	return func(_ cluster, ours, theirs []ability) bool {
		return !ours[0].Feasible && theirs[0].Feasible && !slices.ContainsFunc(ours[0].Why, func(why string) bool {
			return !slices.ContainsFunc(reasons, func(reason string) bool { return strings.Contains(why, reason) })
		})
	}
}

// schedulerHandle is as much of the scheduler as its filters ask for.
type schedulerHandle struct {
	framework.Handle
	snapshot  *cache.Snapshot
	informers informers.SharedInformerFactory
}

func (h schedulerHandle) SnapshotSharedLister() framework.SharedLister           { return h.snapshot }
func (h schedulerHandle) SharedInformerFactory() informers.SharedInformerFactory { return h.informers }
func (h schedulerHandle) ClientSet() kubernetes.Interface                        { return nil }
func (h schedulerHandle) Parallelizer() parallelize.Parallelizer {
	return parallelize.NewParallelizer(1)
}

// The filters count in them.
func init() { metrics.InitMetrics() }

type newPlugin func(context.Context, runtime.Object, framework.Handle, feature.Features) (framework.Plugin, error)

// In kube-scheduler's own order.
var plugins = []struct {
	make newPlugin
	args runtime.Object
}{
	{nodeunschedulable.New, nil},
	{nodename.New, nil},
	{tainttoleration.New, nil},
	{nodeaffinity.New, &config.NodeAffinityArgs{}},
	{nodeports.New, nil},
	{noderesources.NewFit, &config.NodeResourcesFitArgs{ScoringStrategy: &config.ScoringStrategy{
		Type: config.LeastAllocated, Resources: []config.ResourceSpec{{Name: "cpu", Weight: 1}, {Name: "memory", Weight: 1}}}}},
	{nodevolumelimits.NewCSI, nil},
	{volumebinding.New, &config.VolumeBindingArgs{BindTimeoutSeconds: 600}},
	{volumezone.New, nil},
	{podtopologyspread.New, &config.PodTopologySpreadArgs{DefaultingType: config.ListDefaulting}},
	{interpodaffinity.New, &config.InterPodAffinityArgs{HardPodAffinityWeight: 1}},
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func filtered(q cluster) []ability {
	ctx := context.Background()
	var bound []*corev1.Pod
	for _, pod := range q.Pods {
		if pod.Spec.NodeName != "" && pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed {
			bound = append(bound, pod)
		}
	}
	handle := schedulerHandle{snapshot: cache.NewSnapshot(bound, q.Nodes), informers: informersOf(q)}
	features := feature.NewSchedulerFeaturesFromGates(utilfeature.DefaultFeatureGate)
	target := q.target()
	infos := must(handle.snapshot.NodeInfos().List())
	state := framework.NewCycleState()
	why := map[string][]string{}
	for _, p := range plugins {
		plugin := must(p.make(ctx, p.args, handle, features))
		var only *framework.PreFilterResult
		if pre, ok := plugin.(framework.PreFilterPlugin); ok {
			result, status := pre.PreFilter(ctx, state, target, infos)
			if status.IsSkip() {
				continue
			}
			if !status.IsSuccess() {
				for _, info := range infos {
					why[info.Node().Name] = append(why[info.Node().Name], fmt.Sprintf("%s: %s", plugin.Name(), status.Message()))
				}
				continue
			}
			only = result
		}
		for _, info := range infos {
			name := info.Node().Name
			if only != nil && !only.AllNodes() && !only.NodeNames.Has(name) {
				why[name] = append(why[name], plugin.Name()+": not among the nodes named")
				continue
			}
			if filter, ok := plugin.(framework.FilterPlugin); ok {
				if status := filter.Filter(ctx, state, target, info); !status.IsSuccess() {
					why[name] = append(why[name], fmt.Sprintf("%s: %s", plugin.Name(), strings.Join(status.Reasons(), ", ")))
				}
			}
		}
	}
	var answer []ability
	for _, node := range q.Nodes {
		if node.Name != q.launcher().Spec.NodeName {
			answer = append(answer, ability{Node: node.Name, Feasible: len(why[node.Name]) == 0, Why: why[node.Name]})
		}
	}
	return answer
}
