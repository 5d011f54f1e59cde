package spec

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	mostPatience = 4
	loadLasts    = 5 * time.Second
)

// patience stretches all limits of waiting: by E2E_PATIENCE=3, or else by how many times as much wants to run on this machine as it has
// cores for.
var patience = func() func() float64 {
	if factor, err := strconv.ParseFloat(os.Getenv("E2E_PATIENCE"), 64); err == nil {
		return func() float64 { return factor }
	}
	var (
		mutex sync.Mutex
		read  time.Time
		last  = 1.0
	)
	return func() float64 {
		mutex.Lock()
		defer mutex.Unlock()
		if time.Since(read) > loadLasts {
			read, last = time.Now(), patienceAt(readLoad(), runtime.NumCPU())
		}
		return last
	}
}()

// readLoad of the last minute; 0 if the machine does not say.
func readLoad() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return load
}

func patienceAt(load float64, cores int) float64 {
	return min(max(1, load/float64(cores)), mostPatience)
}

// Patient is how long something may take on this machine as it is now that takes so long at most on one that does nothing else.
func Patient(limit time.Duration) time.Duration { return time.Duration(float64(limit) * patience()) }
