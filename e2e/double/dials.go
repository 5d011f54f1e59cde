package double

import (
	"path"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Annotations of a VirtualMachineInstance. They hold over the flags and take effect at once, also on a copy that runs.
const (
	CopySeconds   = "node-double/copy-seconds"   // how long the memory takes to copy
	Slow          = "node-double/slow"           // and by how much that is stretched
	Fail          = "node-double/fail"           // "true": the copy fails half way
	Hang          = "node-double/hang"           // "true": the copy never ends
	NotMigratable = "node-double/not-migratable" // "true": a host device keeps the guest where it is
	CPUCores      = "node-double/cpu-cores"      // what the guest asks of its vCPUs together, in cores
	MemoryUsed    = "node-double/memory-used"    // by the guest, as a quantity
	DirtyRate     = "node-double/dirty-rate"     // bytes a second, as a quantity
	NoMetrics     = "node-double/no-metrics"     // "true": no series about it
)

// NoMetrics on a Node, "true": its virt-handler is not scraped. StartTime on a pod: how long it takes to start, as a duration.
const StartTime = "node-double/start-time"

// Power is an annotation of a Node: "off" shuts it down in good order, "lost" makes it fall silent, anything else is on.
const Power = "node-double/power"

// Dials are the defaults for all instances; the patterns are path.Match's on instance names.
type Dials struct {
	CopyTime      time.Duration
	Slow          float64
	Fail          string
	Hang          string
	NotMigratable string
}

func (d Dials) copyTime(vmi object) time.Duration {
	seconds, factor := d.CopyTime.Seconds(), d.Slow
	if value, ok := number(vmi, CopySeconds); ok {
		seconds = value
	}
	if value, ok := number(vmi, Slow); ok {
		factor = value
	}
	return time.Duration(seconds * factor * float64(time.Second))
}

func (d Dials) fails(vmi object) bool         { return is(vmi, Fail, d.Fail) }
func (d Dials) hangs(vmi object) bool         { return is(vmi, Hang, d.Hang) }
func (d Dials) notMigratable(vmi object) bool { return is(vmi, NotMigratable, d.NotMigratable) }

func is(vmi object, annotation, pattern string) bool {
	if value := vmi.text("metadata", "annotations", annotation); value != "" {
		return value == "true"
	}
	matched, _ := path.Match(pattern, vmi.text("metadata", "name"))
	return matched
}

func number(vmi object, annotation string) (float64, bool) {
	text := vmi.text("metadata", "annotations", annotation)
	if text == "" {
		return 0, false
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return value, err == nil
}

func quantity(text string) (float64, bool) {
	if text == "" {
		return 0, false
	}
	value, err := resource.ParseQuantity(text)
	return value.AsApproximateFloat64(), err == nil
}
