package double

import (
	"math"
	"sort"
	"strconv"
	"sync"
	"time"
)

const (
	idleCores        = 0.02
	idleMemoryShare  = 0.25    // of the guest's memory
	defaultDirtyRate = 1 << 20 // bytes a second
	mostCatchUp      = time.Hour
)

// guest is what the load model knows about one running instance.
type guest struct {
	uid, namespace, name, node string
	info                       [][2]string // further labels of kubevirt_vmi_info
	labels                     [][2]string // kubernetes_vmi_label_*
	silent                     bool        // has no series
	vcpus                      int
	demand                     float64 // cores, at most vcpus
	memory, used, dirty        float64 // bytes, bytes, bytes a second

	got    float64   // CPU seconds since it came to this node
	waited []float64 // seconds each vCPU waited for a physical one since then
}

// load integrates what each guest gets of its node's CPU. It does so lazily, whenever something changes or is read.
type load struct {
	mu       sync.Mutex
	capacity map[string]float64 // cores of each node
	guests   map[string]*guest  // by namespace/name
	last     time.Time
	now      func() time.Time
}

func newLoad(now func() time.Time) *load {
	return &load{capacity: map[string]float64{}, guests: map[string]*guest{}, last: now(), now: now}
}

// put replaces what is known about a guest; on another node it starts counting from zero, as a new process does.
func (l *load) put(next guest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance()
	next.demand = math.Min(next.demand, float64(next.vcpus))
	next.waited = make([]float64, next.vcpus)
	key := next.namespace + "/" + next.name
	if before := l.guests[key]; before != nil && before.node == next.node && before.uid == next.uid {
		next.got = before.got
		copy(next.waited, before.waited)
	}
	l.guests[key] = &next
}

func (l *load) drop(namespace, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance()
	delete(l.guests, namespace+"/"+name)
}

func (l *load) setCapacity(node string, cores float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance()
	l.capacity[node] = cores
}

// read shows all guests in order, with their counters up to date.
func (l *load) read(show func(*guest)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advance()
	sorted := make([]*guest, 0, len(l.guests))
	for _, each := range l.guests {
		sorted = append(sorted, each)
	}
	sort.Slice(sorted, func(i, j int) bool {
		a, b := sorted[i], sorted[j]
		return a.namespace+"/"+a.name < b.namespace+"/"+b.name
	})
	for _, each := range sorted {
		show(each)
	}
}

func (l *load) advance() {
	now := l.now()
	passed := math.Min(now.Sub(l.last).Seconds(), mostCatchUp.Seconds())
	l.last = now
	if passed <= 0 {
		return
	}
	onNode := map[string][]*guest{}
	for _, each := range l.guests {
		onNode[each.node] = append(onNode[each.node], each)
	}
	for node, guests := range onNode {
		demands := make([]float64, len(guests))
		for i, each := range guests {
			demands[i] = each.demand
		}
		for i, share := range fairShares(l.capacity[node], demands) {
			guests[i].got += share * passed
			for vcpu := range guests[i].waited {
				guests[i].waited[vcpu] += (demands[i] - share) * passed / float64(guests[i].vcpus)
			}
		}
	}
}

// fairShares divides a capacity max-min fairly: nobody gets more than it asks for, and what one leaves over, others may have.
func fairShares(capacity float64, demands []float64) []float64 {
	order := make([]int, len(demands))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return demands[order[i]] < demands[order[j]] })
	shares := make([]float64, len(demands))
	for served, i := range order {
		shares[i] = math.Min(demands[i], capacity/float64(len(demands)-served))
		capacity -= shares[i]
	}
	return shares
}

// guestOf reads the load of an instance from its annotations.
func guestOf(vmi object) guest {
	g := guest{
		uid: vmi.text("metadata", "uid"), namespace: vmi.text("metadata", "namespace"), name: vmi.text("metadata", "name"), node: vmi.text("status", "nodeName"),
		silent: vmi.text("metadata", "annotations", NoMetrics) == "true",
		vcpus:  vcpus(vmi), demand: idleCores, dirty: defaultDirtyRate, memory: guestMemory(vmi),
		info: info(vmi), labels: vmiLabels(vmi),
	}
	g.used = g.memory * idleMemoryShare
	if cores, ok := number(vmi, CPUCores); ok {
		g.demand = cores
	}
	if used, ok := quantity(vmi.text("metadata", "annotations", MemoryUsed)); ok {
		g.used = math.Min(used, g.memory)
	}
	if rate, ok := quantity(vmi.text("metadata", "annotations", DirtyRate)); ok {
		g.dirty = rate
	}
	return g
}

func vcpus(vmi object) int {
	count := 1
	for _, part := range []string{"cores", "sockets", "threads"} {
		switch value := vmi.at("spec", "domain", "cpu", part).(type) {
		case int64:
			count *= max(1, int(value))
		case float64:
			count *= max(1, int(value))
		}
	}
	return count
}

func guestMemory(vmi object) float64 {
	for _, path := range [][]string{{"status", "memory", "guestCurrent"}, {"spec", "domain", "memory", "guest"},
		{"spec", "domain", "resources", "requests", "memory"}} {
		if bytes, ok := quantity(vmi.text(path...)); ok {
			return bytes
		}
	}
	return 0
}

func vcpuName(i int) string { return strconv.Itoa(i) }
