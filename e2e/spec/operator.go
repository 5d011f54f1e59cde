package spec

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"drover.dev/drover/e2e/cluster"
)

// Operator is a process of Drover, with a token of its ServiceAccount.
type Operator struct {
	s       *Scenario
	Process *cluster.Process
	Address string
}

func droverBinary() string {
	if named := os.Getenv("DROVER_BIN"); named != "" {
		return named
	}
	return filepath.Join(repository(), "build", "release", "operator", "drover")
}

// Operator that is not started yet. Flags may replace the usual ones.
func (s *Scenario) Operator(flags ...string) *Operator {
	s.T.Helper()
	name := fmt.Sprintf("drover-%s-%d", s.Namespace, len(s.operators)+1)
	kubeconfig, err := s.OperatorKubeconfig(s.ctx, name)
	s.must(err)
	o := &Operator{s: s, Address: cluster.FreeAddress()}
	args := []string{"operator"}
	for _, usual := range [][2]string{{"--kubeconfig", kubeconfig}, {"--prometheus-url", s.Prometheus}, {"--listen", o.Address}} {
		if !slices.Contains(flags, usual[0]) {
			args = append(args, usual[0], usual[1])
		}
	}
	o.Process = &cluster.Process{Name: name, Path: droverBinary(), Log: filepath.Join(s.Dir, "logs", name+".log"), Args: append(args, flags...)}
	s.operators = append(s.operators, o)
	return o
}

// StartOperator and wait until it says that it is ready.
func (s *Scenario) StartOperator(flags ...string) *Operator {
	s.T.Helper()
	o := s.Operator(flags...)
	o.Start()
	o.MustBecomeReady()
	return o
}

// KillOperators of the scenario, so that none undoes what is done to clean up.
func (s *Scenario) KillOperators() {
	for _, operator := range s.operators {
		operator.Process.Kill()
	}
}

func (o *Operator) Start() {
	o.s.T.Helper()
	o.s.must(o.Process.Start())
}

// CrashAt makes the next start of it kill itself at this effect boundary; 0: never.
func (o *Operator) CrashAt(point int) {
	o.crashAt("")
	if point > 0 {
		o.crashAt(strconv.Itoa(point))
	}
}

// Moments of an effect in which CrashAround kills.
const (
	Before = 1 // its call is made
	After  = 2 // that, and nobody has heard the answer
)

// CrashAround the first effect with this in its name ("MarkNode n3 Waking") makes the next start of it kill itself.
func (o *Operator) CrashAround(effect string, moment int) { o.crashAt(fmt.Sprint(moment, " ", effect)) }

func (o *Operator) crashAt(point string) {
	const name = "DROVER_CRASH_POINT="
	o.Process.Env = slices.DeleteFunc(o.Process.Env, func(line string) bool { return strings.HasPrefix(line, name) })
	if point != "" {
		o.Process.Env = append(o.Process.Env, name+point)
	}
}

func (o *Operator) MustBecomeReady() {
	o.s.T.Helper()
	o.s.Eventually("the operator is ready", usual, func() error {
		if !o.Process.Running() {
			o.s.T.Fatalf("the operator ended with %v:\n%s", o.Process.Result(), tail(o.Log(), 20))
		}
		said, status, err := o.get("/readyz")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d %s", status, said)
		}
		return err
	})
}

// MustNotBeReady: it says so, and why.
func (o *Operator) MustNotBeReady(saying ...string) {
	o.s.T.Helper()
	o.s.Eventually("the operator is not ready, and says why", 2*usual, func() error {
		said, status, err := o.get("/readyz")
		if err == nil && (status == http.StatusOK || !contains(said, saying)) {
			err = fmt.Errorf("%d %s", status, said)
		}
		return err
	})
}

// MustBeAlive: it runs, and /healthz says so.
func (o *Operator) MustBeAlive() {
	o.s.T.Helper()
	if !o.Process.Running() {
		o.s.T.Fatalf("the operator ended with %v:\n%s", o.Process.Result(), tail(o.Log(), 20))
	}
	o.s.Eventually("the operator is alive", usual, func() error {
		said, status, err := o.get("/healthz")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d %s", status, said)
		}
		return err
	})
}

func (o *Operator) get(path string) (string, int, error) {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get("http://" + o.Address + path)
	if err != nil {
		return "", 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), answer.StatusCode, err
}

// Metric is the sum over all series of a name, but for those that contain one of these texts.
func (o *Operator) Metric(name string, without ...string) (float64, error) {
	body, _, err := o.get("/metrics")
	if err != nil {
		return 0, err
	}
	sum, found := 0.0, false
	for line := range strings.Lines(body) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if at := strings.LastIndex(line, "} "); at >= 0 {
			series, value = line[:at+1], strings.TrimSpace(line[at+2:])
		}
		left := slices.ContainsFunc(without, func(text string) bool { return strings.Contains(series, text) })
		if !left && (series == name || strings.HasPrefix(series, name+"{")) {
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0, err
			}
			sum, found = sum+number, true
		}
	}
	if !found {
		return 0, fmt.Errorf("there is no metric %s", name)
	}
	return sum, nil
}

// MustHoldInvariants: the operator never wanted what must not be.
func (o *Operator) MustHoldInvariants() {
	o.s.T.Helper()
	body, status, err := o.get("/metrics")
	if err != nil || status != http.StatusOK {
		o.s.T.Fatalf("/metrics: %d %v", status, err)
	}
	for line := range strings.Lines(body + o.Log()) {
		counted := strings.HasPrefix(line, "drover_invariant_violations_total{") && !strings.HasSuffix(strings.TrimSpace(line), "} 0")
		if counted || strings.Contains(line, "an invariant would have been broken") {
			o.s.T.Fatalf("an invariant was violated: %s", line)
		}
	}
}

func (o *Operator) Log() string { return o.Process.Output() }

// MustSay something in its log.
func (o *Operator) MustSay(parts ...string) {
	o.s.T.Helper()
	o.s.Eventually(fmt.Sprintf("the operator's log has a line with %q", parts), usual, func() error {
		for line := range strings.Lines(o.Log()) {
			if contains(strings.ToLower(line), lower(parts)) {
				return nil
			}
		}
		return fmt.Errorf("it ends so:\n%s", tail(o.Log(), 5))
	})
}

func lower(parts []string) (lowered []string) {
	for _, part := range parts {
		lowered = append(lowered, strings.ToLower(part))
	}
	return lowered
}

// Drover runs one of its commands to the end, with the operator's rights, and returns what it printed and its exit code.
func (s *Scenario) Drover(args ...string) (string, int) {
	s.T.Helper()
	kubeconfig, err := s.OperatorKubeconfig(s.ctx, "drover-cli-"+s.Namespace)
	s.must(err)
	return s.droverWith(usual, append(args, "--kubeconfig", kubeconfig, "--prometheus-url", s.Prometheus)...)
}

// DroverAsAdmin does the same with an administrator's rights.
func (s *Scenario) DroverAsAdmin(args ...string) (string, int) {
	s.T.Helper()
	return s.DroverAsAdminWithin(usual, args...)
}

// DroverAsAdminWithin a limit of its own, for what waits until something has come to be.
func (s *Scenario) DroverAsAdminWithin(limit time.Duration, args ...string) (string, int) {
	s.T.Helper()
	return s.droverWith(limit, append(args, "--kubeconfig", s.Kubeconfig("admin"))...)
}

func (s *Scenario) droverWith(limit time.Duration, args ...string) (string, int) {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, Patient(limit))
	defer cancel()
	command := exec.CommandContext(ctx, droverBinary(), args...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said, err := command.CombinedOutput()
	if command.ProcessState == nil {
		s.T.Fatalf("drover can't be run: %v", err)
	}
	return string(said), command.ProcessState.ExitCode()
}

// DroverOperator runs `drover operator` with exactly these flags until it ends by itself, and returns what it said.
func (s *Scenario) DroverOperator(flags ...string) (string, int) {
	s.T.Helper()
	return s.droverWith(usual, append([]string{"operator", "--listen", cluster.FreeAddress()}, flags...)...)
}

// MustExplain a machine, and say all of this.
func (s *Scenario) MustExplain(vm *VM, saying ...string) {
	s.T.Helper()
	s.Eventually("drover explain vm "+vm.key(), usual, func() error {
		said, code := s.Drover("explain", "vm", vm.key())
		if code != 0 || !contains(strings.ToLower(said), lower(saying)) {
			return fmt.Errorf("exit code %d, not all of %q in:\n%s", code, saying, said)
		}
		return nil
	})
}

// MustExplainPolicy, and say all of this.
func (s *Scenario) MustExplainPolicy(policy *Policy, saying ...string) {
	s.T.Helper()
	s.Eventually("drover explain policy "+policy.Name, usual, func() error {
		said, code := s.Drover("explain", "policy", policy.Name)
		if code != 0 || !contains(said, saying) {
			return fmt.Errorf("exit code %d, not all of %q in:\n%s", code, saying, said)
		}
		return nil
	})
}

// MustCrashOrMove waits until the operator has killed itself (true), or has moved the machine and come to rest without that (false).
func (o *Operator) MustCrashOrMove(vm *VM, from string) (crashed bool) {
	o.s.T.Helper()
	var moved time.Time
	o.s.Eventually("the operator crashes, or moves "+vm.Name, 2*usual, func() error {
		if !o.Process.Running() {
			crashed = true
			return nil
		}
		now, err := vm.get()
		if err != nil || text(now, "status", "nodeName") == from {
			return fmt.Errorf("it does neither (%v)", err)
		}
		if moved.IsZero() {
			moved = time.Now()
		}
		if time.Since(moved) < 3*time.Second {
			return fmt.Errorf("it may have more to tell of the move")
		}
		return nil
	})
	return crashed
}

// FirstDecisionsHash tells the operator's first decisions from others.
func (o *Operator) FirstDecisionsHash() (string, error) {
	said, _, err := o.get("/debug/view")
	if err != nil {
		return "", err
	}
	var view struct {
		Summary struct{ FirstDecisionsHash string }
	}
	if err := json.Unmarshal([]byte(said), &view); err != nil || view.Summary.FirstDecisionsHash == "" {
		return "", fmt.Errorf("none yet (%v): %.300s", err, said)
	}
	return view.Summary.FirstDecisionsHash, nil
}

// SimulateSnapshot takes a snapshot of the cluster and simulates some minutes of it; the first decisions' hash, and the whole report.
func (s *Scenario) SimulateSnapshot() (hash, report string) {
	s.T.Helper()
	taken, code := s.Drover("snapshot")
	if code != 0 {
		s.T.Fatalf("drover snapshot ended with %d: %s", code, taken)
	}
	file := filepath.Join(s.T.TempDir(), "snapshot.json")
	s.must(os.WriteFile(file, []byte(taken[strings.Index(taken, "{"):]), 0o600)) // what comes before was said to people
	said, err := exec.CommandContext(s.ctx, droverBinary(), "simulate", "--snapshot", file, "--days", "0.01", "-o", "json").Output()
	s.must(err)
	var simulated struct{ FirstDecisionsHash string }
	s.must(json.Unmarshal(said, &simulated))
	return simulated.FirstDecisionsHash, string(said)
}
