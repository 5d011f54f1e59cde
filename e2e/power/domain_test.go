package power

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"drover.dev/drover/e2e/cluster"
	. "drover.dev/drover/e2e/spec"
)

// domain: the node is a domain of libvirt, which a daemon of the case's own holds, with libvirt's driver for tests in a hypervisor's place.
func domain(w *ward) {
	uri := w.libvirt()
	w.evening(With("driver", fmt.Sprintf("{type: Libvirt, libvirt: {uri: %q, domain: test}}", uri)))
	w.mustSleep(sleeping)
	w.mustHaveAsked("GracefulShutdown")
	w.mustWakeFor(w.need("late"))
	w.mustHaveAsked("GracefulShutdown", "On")
}

// libvirt's daemon, whose domain "test" the sleeper's machine is.
func (w *ward) libvirt() (uri string) {
	w.T.Helper()
	folder, err := os.MkdirTemp("", "drover-lv-") // its socket's path must be short
	w.MustDo(err)
	w.T.Cleanup(func() { os.RemoveAll(folder) })
	config := fmt.Sprintf("unix_sock_dir = %q\nauth_unix_rw = \"none\"\nauth_unix_ro = \"none\"\nlisten_tls = 0\n", folder)
	w.MustDo(os.WriteFile(filepath.Join(folder, "libvirtd.conf"), []byte(config), 0o600))
	// No driver of a hypervisor is loaded: that for tests is part of the library.
	daemon := &cluster.Process{Name: "libvirtd", Path: "/usr/sbin/libvirtd", Log: filepath.Join(w.Dir, "logs", "libvirtd.log"),
		Args: []string{"--config", filepath.Join(folder, "libvirtd.conf"), "--pid-file", filepath.Join(folder, "pid")},
		Env:  []string{"LIBVIRT_DRIVER_DIR=" + filepath.Join(folder, "none"), "XDG_RUNTIME_DIR=" + folder}}
	w.MustDo(daemon.Start())
	w.T.Cleanup(daemon.Kill)
	socket := filepath.Join(folder, "libvirt-sock")
	uri = "test+unix:///default?socket=" + socket
	w.Eventually("libvirt's daemon listens", packing, func() error {
		_, err := os.Stat(socket)
		return err
	})
	w.followDomain(uri)
	return uri
}

// followDomain: the sleeper's machine is what libvirt says. The connection stays, because the domain lasts as long as somebody has one.
func (w *ward) followDomain(uri string) {
	w.T.Helper()
	shell := exec.Command("virsh", "--quiet", "--connect", uri)
	shell.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	asks, err := shell.StdinPipe()
	w.MustDo(err)
	answers, err := shell.StdoutPipe()
	w.MustDo(err)
	w.MustDo(shell.Start())
	var done sync.WaitGroup
	over := make(chan struct{})
	done.Go(func() {
		lines := bufio.NewScanner(answers)
		for {
			select {
			case <-over:
				return
			case <-time.After(200 * time.Millisecond):
			}
			if _, err := io.WriteString(asks, "domstate test\n"); err != nil {
				return
			}
			for lines.Scan() {
				state := strings.TrimSpace(lines.Text())
				if on := state == "running"; on || state == "shut off" {
					if on != w.bmc.IsOn() {
						w.switchTo(on)
					}
					break
				}
			}
		}
	})
	w.T.Cleanup(func() {
		close(over)
		asks.Close()
		_ = shell.Process.Kill()
		done.Wait()
		_ = shell.Wait()
	})
}
