package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

const (
	stopGrace   = 2 * time.Second // then it is killed: virt-api, for one, takes its time to end
	restartWait = 300 * time.Millisecond
)

// Process is one program of the cluster. It has a process group of its own, and the kernel kills it when this process dies.
type Process struct {
	Name string
	Path string
	Args []string
	Env  []string // besides the environment of this process
	Log  string   // file; grows over restarts
	Keep bool     // start it again when it ends by itself, as a kubelet would

	mu      sync.Mutex
	command *exec.Cmd
	done    chan struct{}
	wanted  bool
	result  error
}

// A child is killed when the thread dies that forked it, so that must be one that lives as long as the program.
var forks = func() chan func() {
	queue := make(chan func())
	go func() {
		runtime.LockOSThread()
		for fork := range queue {
			fork()
		}
	}()
	return queue
}()

func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = true
	return p.start()
}

func (p *Process) start() error {
	if p.running() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(p.Log), 0o755); err != nil {
		return err
	}
	output, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer output.Close()
	command := exec.Command(p.Path, p.Args...)
	command.Env = append(os.Environ(), p.Env...)
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	forks <- func() { started <- command.Start() }
	if err := <-started; err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	p.command, p.done, p.result = command, make(chan struct{}), nil
	go p.await(command, p.done)
	return nil
}

func (p *Process) await(command *exec.Cmd, done chan struct{}) {
	err := command.Wait()
	p.mu.Lock()
	p.result = err
	again := p.Keep && p.wanted && p.command == command
	p.mu.Unlock()
	close(done)
	if again {
		time.Sleep(restartWait)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.wanted && p.command == command {
			_ = p.start()
		}
	}
}

func (p *Process) running() bool {
	if p.command == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Running says whether it is there; a frozen one is.
func (p *Process) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running()
}

// PID of the running process, or 0.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return 0
	}
	return p.command.Process.Pid
}

// Exited is closed when the process that runs now has ended.
func (p *Process) Exited() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

// Result of the last run: nil for exit code 0.
func (p *Process) Result() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.result
}

// ExitCode of the last run; -1 when a signal ended it or it runs still.
func (p *Process) ExitCode() int {
	var failed *exec.ExitError
	switch err := p.Result(); {
	case p.Running():
		return -1
	case err == nil:
		return 0
	case errors.As(err, &failed):
		return failed.ExitCode()
	}
	return -1
}

// Stop asks it to end, and kills it when it does not within two seconds.
func (p *Process) Stop() { p.end(syscall.SIGTERM) }

// Kill ends it at once; it stays down until Start.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

func (p *Process) end(signal syscall.Signal) {
	p.mu.Lock()
	p.wanted = false
	if !p.running() {
		p.mu.Unlock()
		return
	}
	group, done := -p.command.Process.Pid, p.done
	p.mu.Unlock()
	_ = syscall.Kill(group, signal)
	_ = syscall.Kill(group, syscall.SIGCONT)
	select {
	case <-done:
	case <-time.After(stopGrace):
		_ = syscall.Kill(group, syscall.SIGKILL)
		<-done
	}
}

// Restart kills it and starts it again with the same arguments.
func (p *Process) Restart() error {
	p.Kill()
	return p.Start()
}

// Freeze halts it without ending it, until Thaw: its connections stay open, and nobody answers.
func (p *Process) Freeze() { p.signal(syscall.SIGSTOP) }
func (p *Process) Thaw()   { p.signal(syscall.SIGCONT) }

func (p *Process) signal(signal syscall.Signal) {
	if pid := p.PID(); pid != 0 {
		_ = syscall.Kill(-pid, signal)
	}
}

// Output is all that it has written so far.
func (p *Process) Output() string {
	text, _ := os.ReadFile(p.Log)
	return string(text)
}

func (p *Process) wants() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wanted
}
