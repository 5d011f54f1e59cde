package double

import (
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestFairSharesGiveNobodyMoreThanItAsksAndAllThatThereIs(t *testing.T) {
	for _, c := range []struct {
		capacity      float64
		demands, want []float64
	}{
		{4, nil, nil},
		{4, []float64{1, 2}, []float64{1, 2}},
		{4, []float64{3.5, 3.5}, []float64{2, 2}},
		{4, []float64{3.5, 0.5, 3.5}, []float64{1.75, 0.5, 1.75}},
		{3, []float64{4, 1, 0.5}, []float64{1.5, 1, 0.5}},
		{0, []float64{1}, []float64{0}},
	} {
		for i, got := range fairShares(c.capacity, c.demands) {
			if math.Abs(got-c.want[i]) > 1e-9 {
				t.Errorf("%g among %v: %d gets %g instead of %g", c.capacity, c.demands, i, got, c.want[i])
			}
		}
	}
}

// loaded is a model with one node of four cores, and a clock that the test moves.
func loaded() (*load, func(time.Duration)) {
	now := time.Unix(0, 0)
	l := newLoad(func() time.Time { return now })
	l.setCapacity("n1", 4)
	l.setCapacity("n2", 4)
	return l, func(d time.Duration) { now = now.Add(d) }
}

func counters(l *load, name string) (got, waited float64) {
	l.read(func(g *guest) {
		if g.name == name {
			got = g.got
			for _, each := range g.waited {
				waited += each
			}
		}
	})
	return got, waited
}

func TestLoadShowsContentionAsDelay(t *testing.T) {
	l, pass := loaded()
	l.put(guest{uid: "1", namespace: "vms", name: "web", node: "n1", vcpus: 4, demand: 3.5})
	l.put(guest{uid: "2", namespace: "vms", name: "noisy", node: "n1", vcpus: 4, demand: 3.5})
	pass(10 * time.Second)
	if got, waited := counters(l, "web"); got != 20 || math.Abs(waited-15) > 1e-9 {
		t.Errorf("it got %g and waited %g seconds", got, waited)
	}
	l.drop("vms", "noisy")
	pass(10 * time.Second)
	if got, waited := counters(l, "web"); got != 55 || math.Abs(waited-15) > 1e-9 {
		t.Errorf("alone it got %g and waited %g seconds", got, waited)
	}
}

func TestLoadCountsFromZeroOnAnotherNode(t *testing.T) {
	l, pass := loaded()
	web := guest{uid: "1", namespace: "vms", name: "web", node: "n1", vcpus: 2, demand: 5}
	l.put(web)
	pass(3 * time.Second)
	l.put(web) // nothing new
	if got, _ := counters(l, "web"); got != 6 {
		t.Errorf("two vCPUs gave it %g seconds", got)
	}
	web.node = "n2"
	l.put(web)
	if got, _ := counters(l, "web"); got != 0 {
		t.Errorf("it begins with %g", got)
	}
}

func TestGuestIsReadFromAnnotations(t *testing.T) {
	g := guestOf(object{
		"metadata": map[string]any{"namespace": "vms", "name": "web", "annotations": map[string]any{
			CPUCores: "1.8", MemoryUsed: "512Mi", DirtyRate: "3Mi", NoMetrics: "true"}},
		"spec": map[string]any{"domain": map[string]any{"cpu": map[string]any{"cores": int64(2), "sockets": int64(2)}, "memory": map[string]any{"guest": "1Gi"}}},
	})
	if g.demand != 1.8 || g.used != 512<<20 || g.memory != 1<<30 || g.dirty != 3<<20 || g.vcpus != 4 || !g.silent {
		t.Errorf("%+v", g)
	}
	if idle := guestOf(object{}); idle.demand != idleCores || idle.vcpus != 1 || idle.silent {
		t.Errorf("%+v", idle)
	}
}

func TestMetricsAreInPrometheusTextFormat(t *testing.T) {
	l, pass := loaded()
	l.put(guest{uid: "1", namespace: "vms", name: "web", node: "n1", vcpus: 1, demand: 0.5, memory: 100, used: 40, labels: [][2]string{{"kubernetes_vmi_label_app", `a"b`}}})
	l.put(guest{uid: "2", namespace: "vms", name: "mute", node: "n1", vcpus: 1, silent: true})
	l.put(guest{uid: "3", namespace: "vms", name: "lost", node: "n2", vcpus: 1})
	pass(2 * time.Second)
	d := &Double{load: l, nodes: map[string]*node{"n1": {}, "n2": {power: "lost"}}}
	answer := httptest.NewRecorder()
	d.serveMetrics(answer, nil)
	text := answer.Body.String()
	for _, line := range []string{
		"# TYPE kubevirt_vmi_cpu_usage_seconds_total counter\n",
		`kubevirt_vmi_cpu_usage_seconds_total{node="n1",namespace="vms",name="web",kubernetes_vmi_label_app="a\"b"} 1` + "\n",
		`kubevirt_vmi_vcpu_delay_seconds_total{node="n1",namespace="vms",name="web",kubernetes_vmi_label_app="a\"b",id="0"} 0` + "\n",
		`kubevirt_vmi_memory_usable_bytes{node="n1",namespace="vms",name="web",kubernetes_vmi_label_app="a\"b"} 60` + "\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
	if strings.Contains(text, "mute") || strings.Contains(text, "lost") {
		t.Errorf("series of one that has none, or of one on a lost node:\n%s", text)
	}
}

func TestNodeSpecIsReadAndWritten(t *testing.T) {
	spec, err := ParseNode("n1,cpu=8,memory=32Gi,zone=b,cpu-model=M,vendor=AMD,label.pool=fast")
	if err != nil || spec.Name != "n1" || spec.cores() != 8 || spec.Zone != "b" || spec.Vendor != "AMD" || spec.Labels["pool"] != "fast" {
		t.Errorf("%+v %v", spec, err)
	}
	if again, err := ParseNode(spec.String()); err != nil || again.String() != spec.String() {
		t.Errorf("%v %v", again, err)
	}
	for _, bad := range []string{"n1,cpus=8", "n1,cpu=many", "n1,zone"} {
		if _, err := ParseNode(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
