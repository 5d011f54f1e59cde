// Package bench measures the operator on the real control plane. It is a test binary so that it can use the language of the scenarios;
// tests/bench/run builds and runs it.
package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	. "drover.dev/drover/e2e/spec"
)

func TestMain(m *testing.M) { Main(m) }

// The signal is a gauge, so that it can be seen in Prometheus at the very scrape that brings it.
const (
	interval = 2 * time.Second
	level    = 600 << 20
	policy   = `
type: Threshold
mode: Enforce
disruption: {budgets: [{migrations: 5}]}
threshold:
  signal: {promql: {query: kubevirt_vmi_memory_resident_bytes}}
  level: 629145600
  for: 0s
  interval: 2s
  minimumGain: 0.01
`
)

type row struct {
	Bench    string   `json:"bench"`
	Case     string   `json:"case"`
	Metric   string   `json:"metric"`
	Unit     string   `json:"unit"`
	Drover   float64  `json:"drover"`
	Peer     *float64 `json:"peer"`
	PeerName string   `json:"peerName"`
	Ratio    *float64 `json:"ratio"`
	Goal     string   `json:"goal"`
	Met      bool     `json:"met"`
}

// TestReaction: how long from a sample that calls for a move being visible in Prometheus to the migration object; and what the operator
// does while nothing happens. The peer is the evaluation interval itself: no client that asks every so often can be surer than that.
func TestReaction(t *testing.T) {
	rounds := 30
	if text := os.Getenv("ROUNDS"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil || rounds < 1 {
			t.Fatalf("ROUNDS=%s is no number of rounds", text)
		}
	}
	s := WithDrover(t)
	operator := s.StartOperator("--allow-owner-promql", "--max-inbound-migrations-per-node", "5")
	s.Policy("memory", policy)
	s.VM("noisy").OnNode("n1").Using(Cores(4)).Start() // a reason to be anywhere but on n1
	var took []float64
	for round := range rounds {
		vm := s.VM(fmt.Sprintf("vm-%d", round)).OnNode("n1").Using(Cores(1), MemoryUsed("512Mi")).Start()
		visible := func() bool {
			value, err := s.Value(fmt.Sprintf(`kubevirt_vmi_memory_resident_bytes{namespace=%q, name=%q}`, s.Namespace, vm.Name))
			return err == nil && value > level
		}
		s.Eventually("its figures are there", 20*time.Second, func() error {
			_, err := s.Value(fmt.Sprintf(`irate(kubevirt_vmi_cpu_usage_seconds_total{namespace=%q, name=%q}[1m])`, s.Namespace, vm.Name))
			return err
		})
		time.Sleep(time.Duration(round) * 137 * time.Millisecond % interval) // at any moment of the interval
		vm.Using(MemoryUsed("700Mi"))
		for !visible() {
			time.Sleep(5 * time.Millisecond)
		}
		began := time.Now()
		for len(vm.Moves()) == 0 {
			if time.Since(began) > time.Minute {
				t.Fatalf("no move within a minute; the operator says:\n%s", operator.Log())
			}
			time.Sleep(2 * time.Millisecond)
		}
		took = append(took, time.Since(began).Seconds())
		vm.MustMoveFrom("n1")
		vm.Delete()
	}
	slices.Sort(took)
	at := func(share float64) float64 { return took[min(len(took)-1, int(share*float64(len(took))))] }
	cpu, calls := idle(s, operator)
	peer := interval.Seconds()
	rows := []row{
		seconds("from the sample in Prometheus to the migration, p50", at(0.5), peer, 1e9, ""),
		seconds("from the sample in Prometheus to the migration, p99", at(0.99), peer, peer+1, "under one interval + 1 s"),
		{Bench: "reaction", Case: "idle for 60 s", Metric: "CPU", Unit: "% of a core", Drover: cpu, Goal: "under 1", Met: cpu < 1},
		{Bench: "reaction", Case: "idle for 60 s", Metric: "API calls but the lease's", Unit: "calls", Drover: calls, Goal: "0", Met: calls == 0},
	}
	write(t, rows, took)
}

func seconds(metric string, ours, peer, atMost float64, goal string) row {
	ratio := ours / peer
	return row{Bench: "reaction", Case: "interval 2 s, for 0 s", Metric: metric, Unit: "s", Drover: ours, Peer: &peer, PeerName: "evaluation interval",
		Ratio: &ratio, Goal: goal, Met: ours < atMost}
}

// idle looks at an operator that has nothing to do: its share of a core in percent, and its calls to the API server but for the lease.
// Watches end after some five minutes and begin anew; those are not periodic calls of a poller, and a minute sees none or one a kind.
func idle(s *Scenario, operator *Operator) (cpu, calls float64) {
	time.Sleep(5 * time.Second)
	figure := func(name string, without ...string) float64 {
		value, err := operator.Metric(name, without...)
		s.MustDo(err)
		return value
	}
	counted := func() float64 { return figure("drover_api_requests_total", `"leases.`, `"watch"`) }
	seconds, before, began := figure("process_cpu_seconds_total"), counted(), time.Now()
	time.Sleep(time.Minute)
	return 100 * (figure("process_cpu_seconds_total") - seconds) / time.Since(began).Seconds(), counted() - before
}

func write(t *testing.T, rows []row, took []float64) {
	for _, each := range rows {
		fmt.Fprintf(os.Stderr, "%-22s %-55s %8.3f %-12s goal: %-26s met: %t\n", each.Case, each.Metric, each.Drover, each.Unit, each.Goal, each.Met)
	}
	var lines []byte
	for _, each := range rows {
		line, err := json.Marshal(each)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, line...), '\n')
	}
	raw, err := json.MarshalIndent(map[string]any{"rows": rows, "secondsTaken": took, "cores": runtime.NumCPU(), "go": runtime.Version()}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{os.Getenv("LINES"): lines, os.Getenv("RESULTS"): append(raw, '\n')} {
		if file == "" {
			continue
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
