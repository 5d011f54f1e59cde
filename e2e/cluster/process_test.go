package cluster

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func sleeper(dir string) *Process {
	return &Process{Name: "sleeper", Path: "/bin/sleep", Args: []string{"1000"}, Log: filepath.Join(dir, "log")}
}

func eventually(t *testing.T, what string, look func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !look(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("still not so: " + what)
		}
	}
}

func state(pid int) string { // as in ps: S, T, Z, ...; "" when it is gone
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return after[:1]
}

func TestProcessFreezesThawsAndEnds(t *testing.T) {
	p := sleeper(t.TempDir())
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	pid := p.PID()
	p.Freeze()
	eventually(t, "it is frozen", func() bool { return state(pid) == "T" })
	p.Thaw()
	eventually(t, "it runs", func() bool { return state(pid) == "S" })
	p.Freeze()
	p.Stop() // a frozen one, too
	if p.Running() || state(pid) != "" {
		t.Error("it runs still")
	}
	if err := p.Restart(); err != nil || p.PID() == pid || !p.Running() {
		t.Errorf("it did not start again: %v", err)
	}
	p.Kill()
}

func TestProcessThatIsKeptStartsAgain(t *testing.T) {
	p := sleeper(t.TempDir())
	p.Path, p.Args, p.Keep = "/bin/sh", []string{"-c", "echo started; exit 3"}, true
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it has started twice", func() bool { return strings.Count(p.Output(), "started") >= 2 })
	p.Kill()
	before := strings.Count(p.Output(), "started")
	time.Sleep(2 * restartWait)
	if after := strings.Count(p.Output(), "started"); after != before {
		t.Error("it starts again after Kill")
	}
}

const helper = "TEST_PROCESS_HELPER"

// The kernel kills the children of a test binary that is killed.
func TestProcessDiesWithItsParent(t *testing.T) {
	if dir := os.Getenv(helper); dir != "" {
		p := sleeper(dir)
		if err := p.Start(); err != nil {
			panic(err)
		}
		fmt.Println("child", p.PID())
		select {}
	}
	parent := exec.Command(os.Args[0], "-test.run=^TestProcessDiesWithItsParent$")
	parent.Env = append(os.Environ(), helper+"="+t.TempDir())
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	child := 0
	for lines := bufio.NewScanner(output); child == 0 && lines.Scan(); {
		fmt.Sscanf(lines.Text(), "child %d", &child)
	}
	if child == 0 || state(child) == "" {
		t.Fatal("there is no child")
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	eventually(t, "the child is gone", func() bool { return state(child) == "" || state(child) == "Z" })
}
