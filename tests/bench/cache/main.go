// Command cache measures Drover's cache of VMIs and nodes beside client-go's on the same API server in the same run.
// tests/bench/run cache calls it; one JSON object a line goes to standard output, a table to standard error.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"
)

func say(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) }

// contender is a program that keeps a cache: ours or the peer's.
type contender struct {
	name string
	path string
	args []string
	env  []string
}

// stand is where a contender stood at a moment: what it printed.
type stand struct {
	What  string  `json:"what"`
	Wall  float64 `json:"wall"`
	CPU   float64 `json:"cpu"`
	RSS   float64 `json:"rss"`
	Peak  float64 `json:"peak"`
	VMIs  int     `json:"vmis"`
	Nodes int     `json:"nodes"`
}

// running is a contender with its pipe.
type running struct {
	command *exec.Cmd
	lines   *bufio.Scanner
}

func (c contender) start(ctx context.Context, kubeconfig string, events int) (*running, error) {
	command := exec.CommandContext(ctx, c.path, append(slices.Clone(c.args), "-kubeconfig", kubeconfig, "-events", fmt.Sprint(events))...)
	command.Env = append(os.Environ(), c.env...)
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	pipe, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &running{command: command, lines: bufio.NewScanner(pipe)}, command.Start()
}

func (r *running) next(what string) (stand, error) {
	var s stand
	if !r.lines.Scan() {
		return s, fmt.Errorf("%s ended before it was %s", r.command.Path, what)
	}
	if err := json.Unmarshal(r.lines.Bytes(), &s); err != nil {
		return s, fmt.Errorf("%s: %w: %s", r.command.Path, err, r.lines.Text())
	}
	if s.What != what {
		return s, fmt.Errorf("%s: wanted %q, got %q", r.command.Path, what, s.What)
	}
	return s, nil
}

// sample is what one run of one contender gave.
type sample struct {
	Round     int     `json:"round"`
	Synced    stand   `json:"synced"`
	Steady    stand   `json:"steady"`
	ServerCPU float64 `json:"serverCpu"`          // that kube-apiserver used meanwhile
	PerEvent  float64 `json:"perEvent,omitempty"` // CPU seconds for each watch event
}

func (p *controlPlane) sync(ctx context.Context, c contender, size fleet, round int) (sample, error) {
	before := p.apiServerCPU()
	r, err := c.start(ctx, p.kubeconfig, 0)
	if err != nil {
		return sample{}, err
	}
	s := sample{Round: round}
	if s.Synced, err = r.next("synced"); err != nil {
		return s, err
	}
	s.ServerCPU = p.apiServerCPU() - before
	if s.Steady, err = r.next("steady"); err != nil {
		return s, err
	}
	if s.Synced.VMIs != size.vmis || s.Synced.Nodes != size.nodes {
		return s, fmt.Errorf("%s saw %d VMIs and %d nodes", c.name, s.Synced.VMIs, s.Synced.Nodes)
	}
	return s, r.command.Wait()
}

// follow attaches all contenders at once and patches VMIs: each sees the same events at the same pace.
func (p *controlPlane) follow(ctx context.Context, all []contender, size fleet, patches int, rate float64, round int) (map[string]float64, error) {
	var attached []*running
	var before []float64
	for _, c := range all {
		r, err := c.start(ctx, p.kubeconfig, patches)
		if err != nil {
			return nil, err
		}
		if _, err := r.next("synced"); err != nil {
			return nil, err
		}
		s, err := r.next("steady")
		if err != nil {
			return nil, err
		}
		attached, before = append(attached, r), append(before, s.CPU)
	}
	if err := p.patch(ctx, size, patches, rate, round); err != nil {
		return nil, err
	}
	perEvent := map[string]float64{}
	for i, c := range all {
		s, err := attached[i].next("events")
		if err != nil {
			return nil, err
		}
		perEvent[c.name] = (s.CPU - before[i]) / float64(patches)
		if err := attached[i].command.Wait(); err != nil {
			return nil, err
		}
	}
	return perEvent, nil
}

func run() error {
	bin := flag.String("bin", "build/bin", "where etcd, kube-apiserver, kubectl and kubevirt-resources are")
	dir := flag.String("dir", "build/bench", "where data is kept between runs")
	peer := flag.String("peer", "", "the peer program")
	drover := flag.String("drover", "", "Drover's program")
	size := fleet{}
	flag.IntVar(&size.vmis, "vmis", 20000, "VMIs to load")
	flag.IntVar(&size.nodes, "nodes", 1000, "nodes to load")
	runs := flag.Int("runs", 3, "rounds; figures are their medians")
	patches := flag.Int("patches", 2000, "watch events of a round")
	rate := flag.Float64("rate", 40, "patches a second")
	results := flag.String("results", "", "file for the raw results, as JSON")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	all := []contender{
		{name: "typed", path: *peer, args: []string{"-mode", "typed"}},
		{name: "slim", path: *peer, args: []string{"-mode", "slim"}},
		{name: "slim-watchlist", path: *peer, args: []string{"-mode", "slim"}, env: []string{"KUBE_FEATURE_WatchListClient=true"}},
		{name: "drover", path: *drover, args: []string{"-http", "cpprest"}},
		{name: "drover-curl", path: *drover, args: []string{"-http", "curl"}},
	}
	say("starting etcd and kube-apiserver")
	folder, err := filepath.Abs(filepath.Join(*dir, fmt.Sprintf("cache-%d-%d", size.vmis, size.nodes)))
	if err != nil {
		return err
	}
	p, err := startControlPlane(ctx, folder, *bin)
	if p != nil {
		defer p.stop()
	}
	if err != nil {
		return err
	}
	if err := p.load(ctx, size); err != nil {
		return err
	}
	// Nobody is measured before the server's own caches are filled.
	for warmed := false; !warmed; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_, err := p.sync(ctx, all[1], size, 0)
		warmed = err == nil
	}
	samples := map[string][]sample{}
	for round := 1; round <= *runs; round++ {
		for i := range all { // another order each time
			c := all[(i+round)%len(all)]
			s, err := p.sync(ctx, c, size, round)
			if err != nil {
				return err
			}
			say("round %d %-15s wall %5.1f s, CPU %5.2f s, peak %6.1f MiB, steady %6.1f MiB", round, c.name, s.Synced.Wall, s.Synced.CPU, s.Synced.Peak/mib, s.Steady.RSS/mib)
			samples[c.name] = append(samples[c.name], s)
			time.Sleep(time.Second)
		}
		followers := []contender{all[0], all[1], all[3], all[4]}
		perEvent, err := p.follow(ctx, followers, size, *patches, *rate, round)
		if err != nil {
			return err
		}
		for name, cpu := range perEvent {
			say("round %d %-15s %6.0f us of CPU an event", round, name, cpu*1e6)
			samples[name][round-1].PerEvent = cpu
		}
	}
	return report(samples, size, *patches, *rate, *results)
}

// The children die with the thread that started them, so that must be the main one.
func init() { runtime.LockOSThread() }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "cache:", err)
		os.Exit(1)
	}
}
