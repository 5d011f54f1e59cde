package spec

import (
	"context"
	"maps"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// marks counts what Drover writes on nodes. Each of its writes changes an annotation of its own, and nobody else writes those but
// scenarios that put themselves in the place of an earlier version.
type marks struct {
	mu     sync.Mutex
	last   map[string]map[string]string // Drover's annotations, by node
	writes map[string]int
	lives  map[string][]string // that a node has had, in order
}

func recordMarks(ctx context.Context, client kubernetes.Interface) *marks {
	m := &marks{last: map[string]map[string]string{}, writes: map[string]int{}, lives: map[string][]string{}}
	informer := informers.NewSharedInformerFactory(client, 0).Core().V1().Nodes().Informer()
	informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { m.note(o.(*corev1.Node)) },
		UpdateFunc: func(_, o any) { m.note(o.(*corev1.Node)) },
	})
	go informer.Run(ctx.Done())
	cache.WaitForCacheSync(ctx.Done(), informer.HasSynced)
	return m
}

func (m *marks) note(node *corev1.Node) {
	now := map[string]string{}
	for key, value := range node.Annotations {
		if strings.HasPrefix(key, "drover.dev/") && key != bmcAddress {
			now[key] = value
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, known := m.last[node.Name]; known && !maps.Equal(before, now) {
		m.writes[node.Name]++
		m.lives[node.Name] = append(m.lives[node.Name], now["drover.dev/node-life"])
	}
	m.last[node.Name] = now
}

// bears says whether Drover has anything written on the node now.
func (m *marks) bears(node string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.last[node]) > 0
}

// Writes that Drover has made to these nodes so far.
func (s *Scenario) Writes(nodes ...Node) (sum int) {
	marked.mu.Lock()
	defer marked.mu.Unlock()
	for _, node := range nodes {
		sum += marked.writes[node.Name]
	}
	return sum
}

// Lives that Drover has written on the node so far, in order; "" for taking its marks off.
func (n Node) Lives() []string {
	marked.mu.Lock()
	defer marked.mu.Unlock()
	return append([]string(nil), marked.lives[n.Name]...)
}
