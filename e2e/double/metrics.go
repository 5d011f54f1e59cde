package double

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"sort"
	"strings"
)

// series are those of KubeVirt's virt-handler that Drover and its users read, with their names, kinds, texts and labels.
var series = []struct {
	name, kind, help string
	values           func(*guest, func(value float64, labels ...[2]string))
}{
	{"kubevirt_vmi_info", "gauge", "Information about VirtualMachineInstances.",
		func(g *guest, put func(float64, ...[2]string)) { put(1, g.info...) }},
	{"kubevirt_vmi_cpu_usage_seconds_total", "counter", "Total CPU time spent in all modes (sum of both vcpu and hypervisor usage).",
		func(g *guest, put func(float64, ...[2]string)) { put(g.got) }},
	{"kubevirt_vmi_vcpu_delay_seconds_total", "counter", "Amount of time spent by each vcpu waiting in the queue instead of running.",
		func(g *guest, put func(float64, ...[2]string)) {
			for vcpu, waited := range g.waited {
				put(waited, [2]string{"id", vcpuName(vcpu)})
			}
		}},
	{"kubevirt_vmi_memory_resident_bytes", "gauge", "Resident set size of the process running the domain.",
		func(g *guest, put func(float64, ...[2]string)) { put(g.used) }},
	{"kubevirt_vmi_memory_available_bytes", "gauge", "Amount of usable memory as seen by the domain.",
		func(g *guest, put func(float64, ...[2]string)) { put(g.memory) }},
	{"kubevirt_vmi_memory_usable_bytes", "gauge", "The amount of memory which can be reclaimed by balloon without pushing the guest system to swap.",
		func(g *guest, put func(float64, ...[2]string)) { put(g.memory - g.used) }},
	{"kubevirt_vmi_memory_domain_bytes", "gauge", "The amount of memory in bytes allocated to the domain.",
		func(g *guest, put func(float64, ...[2]string)) { put(g.memory) }},
	{"kubevirt_vmi_dirty_rate_bytes_per_second", "gauge", "Guest dirty-rate in bytes per second.",
		func(g *guest, put func(float64, ...[2]string)) { put(g.dirty) }},
}

// serveMetrics writes Prometheus' text format.
func (d *Double) serveMetrics(answer http.ResponseWriter, _ *http.Request) {
	texts := make([]bytes.Buffer, len(series))
	d.load.read(func(g *guest) {
		if g.silent || !d.isScraped(g.node) {
			return
		}
		own := append([][2]string{{"node", g.node}, {"namespace", g.namespace}, {"name", g.name}}, g.labels...)
		for i, one := range series {
			one.values(g, func(value float64, labels ...[2]string) {
				texts[i].WriteString(one.name + "{" + formatLabels(own, labels) + "} ")
				fmt.Fprintf(&texts[i], "%g\n", value)
			})
		}
	})
	answer.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	for i, one := range series {
		fmt.Fprintf(answer, "# HELP %s %s\n# TYPE %s %s\n", one.name, one.help, one.name, one.kind)
		answer.Write(texts[i].Bytes())
	}
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func formatLabels(sets ...[][2]string) string {
	var parts []string
	for _, set := range sets {
		for _, label := range set {
			parts = append(parts, label[0]+`="`+escape.Replace(label[1])+`"`)
		}
	}
	return strings.Join(parts, ",")
}

var notInLabelNames = regexp.MustCompile(`[^a-zA-Z0-9_]`)

// vmiLabels are an instance's labels as virt-handler adds them to every series of its own.
func vmiLabels(vmi object) (labels [][2]string) {
	all, _ := vmi.at("metadata", "labels").(map[string]any)
	for key, value := range all {
		labels = append(labels, [2]string{"kubernetes_vmi_label_" + notInLabelNames.ReplaceAllString(key, "_"), fmt.Sprint(value)})
	}
	sort.Slice(labels, func(i, j int) bool { return labels[i][0] < labels[j][0] })
	return labels
}

func info(vmi object) [][2]string {
	evictable := vmi.condition("LiveMigratable").text("status") == "True" &&
		strings.HasPrefix(vmi.text("spec", "evictionStrategy"), "LiveMigrate")
	pod := "virt-launcher-" + vmi.text("metadata", "name")
	if target := vmi.text("status", "migrationState", "targetPod"); target != "" && vmi.yes("status", "migrationState", "completed") {
		pod = target
	}
	return [][2]string{
		{"phase", strings.ToLower(vmi.text("status", "phase"))}, {"evictable", fmt.Sprint(evictable)},
		{"outdated", fmt.Sprint(vmi.text("metadata", "labels", "kubevirt.io/outdatedLauncherImage") != "")}, {"vmi_pod", pod},
	}
}
