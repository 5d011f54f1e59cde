package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	policylisters "k8s.io/client-go/listers/policy/v1"
	"k8s.io/client-go/tools/cache"
)

type guarded struct {
	Pod     *corev1.Pod                     `json:"pod"`
	Budgets []*policyv1.PodDisruptionBudget `json:"budgets"`
}

// Whether a PodDisruptionBudget keeps the launcher pod where it is. Which budgets are the pod's, client-go tells, as it tells the
// disruption controller and the eviction API; whether one allows a disruption is judged as by the latter (checkAndDecrement).
var budgets = contest[guarded, bool]{
	about:     "budgets",
	questions: 20_000,
	ask: func(r *rand.Rand) guarded {
		launcher := map[string]string{"kubevirt.io": "virt-launcher", "kubevirt.io/created-by": "uid-vm"}
		asked := guarded{Pod: &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "launcher", Namespace: "vms", Labels: launcher}}}
		asked.Pod.Spec.NodeName, asked.Pod.Status.Phase = "node-0", corev1.PodRunning
		for key, value := range randomLabels(r, 4) {
			asked.Pod.Labels[key] = value
		}
		for i := range r.IntN(4) {
			budget := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("budget-%d", i), Namespace: pick(r, "vms", "vms", "vms", "other"),
				Generation: pick[int64](r, 1, 1, 1, 2)}}
			budget.Spec.Selector = pick(r, randomSelector(r), randomSelector(r), randomSelector(r), &metav1.LabelSelector{}, nil)
			budget.Status = policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: pick[int32](r, 0, 0, 1, 5, -1), ObservedGeneration: pick[int64](r, 1, 1, 1, 2, 0)}
			asked.Budgets = append(asked.Budgets, budget)
		}
		return asked
	},
	theirs: func(q guarded) bool {
		store := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
		for _, budget := range q.Budgets {
			if err := store.Add(budget); err != nil {
				panic(err)
			}
		}
		its, _ := policylisters.NewPodDisruptionBudgetLister(store).GetPodPodDisruptionBudgets(q.Pod) // an error: it has none
		return slices.ContainsFunc(its, func(budget *policyv1.PodDisruptionBudget) bool {
			return budget.Status.ObservedGeneration < budget.Generation || budget.Status.DisruptionsAllowed <= 0
		})
	},
}
