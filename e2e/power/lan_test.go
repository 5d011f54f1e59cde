package power

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	. "drover.dev/drover/e2e/spec"
)

const (
	lanAddress = "127.88.0.2" // of the sleeper
	kubelet    = 10250
	discard    = 9
	powerOffs  = "drover-power" // where manifests/wake-on-lan.yaml lets Drover make pods
)

var mac = net.HardwareAddr{0x02, 0x00, 0x5e, 0x10, 0x00, 0x07}

// lan: a machine without a controller. A privileged pod ends its system, its silence says that it is off, and a magic packet wakes it.
func lan(w *ward) {
	manifest, err := os.ReadFile(filepath.Join("..", "..", "manifests", "wake-on-lan.yaml"))
	w.MustDo(err)
	apply(w.Scenario, string(manifest))
	w.sleeper.Annotate("example.org/mac", mac.String())
	packets, err := net.ListenPacket("udp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(discard)))
	if errors.Is(err, os.ErrPermission) {
		w.T.Fatalf("magic packets come to UDP port %d, where only root may listen: %v", discard, err)
	}
	w.MustDo(err)
	ctx, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { w.knocking(ctx) })
	done.Go(func() { w.endByPod(ctx) })
	done.Go(func() { w.wakeByPacket(packets) })
	w.T.Cleanup(func() {
		stop()
		packets.Close()
		done.Wait()
	})
	w.evening(With("driver", `{type: WakeOnLAN, wakeOnLAN: {macAnnotation: example.org/mac, broadcast: 127.0.0.1,
  shutdown: {namespace: `+powerOffs+`, image: "registry.example/distribution:12"}}}`))
	w.mustSleep(sleeping + time.Minute) // of silence
	w.mustHaveAsked("GracefulShutdown")
	w.mustWakeFor(w.need("late"))
	w.mustHaveAsked("GracefulShutdown", "On")
	w.Eventually("the pod that ended the system is gone", packing, func() error {
		_, err := w.powerOffPod(w.T.Context())
		if err == nil {
			return os.ErrExist
		}
		return nil
	})
}

// knocking at the machine's kubelet is answered while the machine is on, be it by a refusal; of one that is off nothing is heard. On
// loopback that is a door whose waiting room is full.
func (w *ward) knocking(ctx context.Context) {
	address := &syscall.SockaddrInet4{Port: kubelet, Addr: [4]byte(net.ParseIP(lanAddress).To4())}
	for ; ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		if w.bmc.IsOn() {
			continue
		}
		door, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			continue
		}
		_ = syscall.SetsockoptInt(door, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		if syscall.Bind(door, address) == nil && syscall.Listen(door, 0) == nil {
			var waiting []net.Conn
			for { // until one is left standing outside
				one, err := net.DialTimeout("tcp4", net.JoinHostPort(lanAddress, "10250"), 200*time.Millisecond)
				if err != nil {
					break
				}
				waiting = append(waiting, one)
			}
			for ctx.Err() == nil && !w.bmc.IsOn() {
				time.Sleep(100 * time.Millisecond)
			}
			for _, one := range waiting {
				one.Close()
			}
		}
		_ = syscall.Close(door)
	}
}

// endByPod does what the pod's command does on a real node: it ends the system of the boot that it was made for.
func (w *ward) endByPod(ctx context.Context) {
	for ; ctx.Err() == nil; time.Sleep(200 * time.Millisecond) {
		pod, err := w.powerOffPod(ctx)
		if err != nil || pod.Status.Phase != corev1.PodRunning || !w.bmc.IsOn() {
			continue
		}
		node, err := w.LookAtNode(ctx, w.sleeper.Name)
		container := pod.Spec.Containers[0]
		if err != nil || container.Command[len(container.Command)-1] != node.Status.NodeInfo.BootID ||
			!strings.Contains(strings.Join(container.Command, " "), "systemctl --no-block poweroff") ||
			container.SecurityContext == nil || container.SecurityContext.Privileged == nil || !*container.SecurityContext.Privileged {
			continue
		}
		w.switchTo(false)
	}
}

func (w *ward) powerOffPod(ctx context.Context) (*corev1.Pod, error) {
	pods, err := w.Kube.CoreV1().Pods(powerOffs).List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + w.sleeper.Name})
	if err != nil {
		return nil, err
	}
	if len(pods.Items) == 0 {
		return nil, os.ErrNotExist
	}
	return &pods.Items[0], nil
}

// wakeByPacket what a network card is woken by: six times FF, and sixteen times its address.
func (w *ward) wakeByPacket(packets net.PacketConn) {
	wanted := append(bytes.Repeat([]byte{0xff}, 6), bytes.Repeat(mac, 16)...)
	for buffer := make([]byte, 1500); ; {
		size, _, err := packets.ReadFrom(buffer)
		if err != nil {
			return
		}
		if bytes.Equal(buffer[:size], wanted) && !w.bmc.IsOn() {
			w.switchTo(true)
		}
	}
}
