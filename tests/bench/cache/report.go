package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

const mib = 1 << 20

// row is one line of the answer; design: bench contract of the repository.
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

func median(samples []sample, figure func(sample) float64) float64 {
	var values []float64
	for _, s := range samples {
		values = append(values, figure(s))
	}
	slices.Sort(values)
	if len(values)%2 == 1 {
		return values[len(values)/2]
	}
	return (values[len(values)/2-1] + values[len(values)/2]) / 2
}

var (
	peak     = func(s sample) float64 { return s.Synced.Peak / mib }
	steady   = func(s sample) float64 { return s.Steady.RSS / mib }
	cpu      = func(s sample) float64 { return s.Synced.CPU }
	wall     = func(s sample) float64 { return s.Synced.Wall }
	perEvent = func(s sample) float64 { return s.PerEvent * 1e6 }
	server   = func(s sample) float64 { return s.ServerCPU }
)

func report(samples map[string][]sample, size fleet, patches int, rate float64, results string) error {
	var rows []row
	compare := func(ours, metric, unit string, our func(sample) float64, peer string, theirs func(sample) float64, atMost float64, goal string) {
		mine, other := median(samples[ours], our), median(samples[peer], theirs)
		ratio := mine / other
		r := row{Bench: "cache", Case: fmt.Sprintf("%d VMIs, %d nodes, %s", size.vmis, size.nodes, ours), Metric: metric, Unit: unit, Drover: mine,
			Peer: &other, PeerName: "client-go " + peer, Ratio: &ratio, Goal: goal, Met: atMost == 0 || ratio <= atMost}
		rows = append(rows, r)
	}
	for _, ours := range []string{"drover", "drover-curl"} {
		compare(ours, "peak resident memory", "MiB", peak, "typed", peak, 0.25, "ratio <= 0.25")
		compare(ours, "peak resident memory against steady", "MiB", peak, "slim", steady, 1, "ratio < 1")
		compare(ours, "steady resident memory", "MiB", steady, "slim", steady, 0, "none")
		compare(ours, "CPU to synced", "s", cpu, "slim", cpu, 0.5, "ratio <= 0.5")
		compare(ours, "wall time to synced", "s", wall, "slim", wall, 1, "ratio <= 1")
		compare(ours, "CPU for each watch event", "us", perEvent, "slim", perEvent, 0.5, "ratio <= 0.5")
		// client-go's streamed lists are off by default in this version; shown so that nobody need guess.
		compare(ours, "peak resident memory", "MiB", peak, "slim-watchlist", peak, 0, "none")
		compare(ours, "CPU to synced", "s", cpu, "slim-watchlist", cpu, 0, "none")
		compare(ours, "wall time to synced", "s", wall, "slim-watchlist", wall, 0, "none")
		compare(ours, "CPU of kube-apiserver until synced", "s", server, "slim", server, 0, "none")
	}
	table := tabwriter.NewWriter(os.Stderr, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "case\tmetric\tunit\tDrover\tpeer\t\tratio\tgoal\tmet")
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%.4g\t%.4g\t%s\t%.3f\t%s\t%v\n", r.Case, r.Metric, r.Unit, r.Drover, *r.Peer, r.PeerName, *r.Ratio, r.Goal, r.Met)
		if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if results == "" {
		return nil
	}
	raw, err := json.MarshalIndent(map[string]any{"bench": "cache", "at": time.Now().UTC().Format(time.RFC3339), "vmis": size.vmis, "nodes": size.nodes,
		"patches": patches, "patchesPerSecond": rate, "rows": rows, "samples": samples}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(results, append(raw, '\n'), 0o644)
}
