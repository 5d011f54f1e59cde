// Package cluster runs a KubeVirt control plane of real components on loopback: etcd, kube-apiserver, kube-scheduler,
// kube-controller-manager, virt-api, virt-controller and Prometheus, with RBAC, admission webhooks and the subresource API, and a
// node double in place of machines. What it starts ends with it, also when this program is killed.
package cluster

import (
	"context"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"drover.dev/drover/e2e/double"
)

const startLimit = 5 * time.Minute // on a machine that is busy with other things; usually it takes a quarter of one

// Options of Start.
type Options struct {
	Dir   string // for certificates, data and logs; empty: a temporary one, which Stop removes
	Bin   string // where e2e/build puts its programs
	Nodes []double.NodeSpec
	Dials []string                      // further flags of node-double
	Log   func(format string, a ...any) // progress; may be nil
}

// Cluster that runs. Its processes may be stopped, killed and frozen one by one; Heal undoes all of that.
type Cluster struct {
	Dir        string
	Server     string // URL of the API server
	Prometheus string // URL
	Kube       kubernetes.Interface
	Dynamic    dynamic.Interface

	Etcd, APIServer, Scheduler, ControllerManager, VirtAPI, VirtController, NodeDouble, PrometheusServer *Process

	Emulator *Process // of machines' management controllers; nil unless a node asks for it

	options   Options
	pki       *authority
	admin     *rest.Config
	mapper    meta.ResettableRESTMapper
	addresses struct{ etcd, peer, api, scheduler, manager, virtAPI, virtController, console, double, prometheus, emulator string }
	temporary bool
	began     time.Time
}

// Start brings everything up, in about a quarter of a minute, and returns when virtual machines can run and move.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	c := &Cluster{options: options, Dir: options.Dir, began: time.Now()}
	if err := c.start(ctx); err != nil {
		err = fmt.Errorf("the control plane does not start: %w (logs are in %s)", err, filepath.Join(c.Dir, "logs"))
		c.temporary = false
		c.Stop()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) error {
	if err := c.prepare(); err != nil {
		return err
	}
	if err := startAll(c.Etcd, c.APIServer, c.PrometheusServer); err != nil {
		return err
	}
	if c.Emulator != nil {
		if err := c.Emulator.Start(); err != nil {
			return fmt.Errorf("%w: e2e/build puts it in place", err)
		}
	}
	if err := c.await(ctx, "kube-apiserver", c.apiServerReady); err != nil {
		return err
	}
	if err := startAll(c.Scheduler, c.ControllerManager); err != nil {
		return err
	}
	if err := c.installKubeVirt(ctx); err != nil {
		return err
	}
	return errors.Join(c.await(ctx, "node double", c.doubleReady), c.await(ctx, "nodes", c.nodesReady), c.await(ctx, "Prometheus", c.prometheusReady),
		c.await(ctx, "virt-controller", c.virtControllerLeads), c.await(ctx, "kube-scheduler", c.schedulerReady))
}

// prepare makes folders, addresses, certificates, clients and command lines; nothing runs yet.
func (c *Cluster) prepare() (err error) {
	if c.Dir == "" {
		if c.Dir, err = os.MkdirTemp("", "drover-e2e-"); err != nil {
			return err
		}
		c.temporary = true
	} else if c.Dir, err = filepath.Abs(c.Dir); err != nil {
		return err
	}
	if c.options.Bin, err = filepath.Abs(c.options.Bin); err != nil {
		return err
	}
	a := &c.addresses
	for _, address := range []*string{&a.etcd, &a.peer, &a.api, &a.scheduler, &a.manager, &a.virtAPI, &a.virtController, &a.console, &a.double, &a.prometheus, &a.emulator} {
		*address = FreeAddress()
	}
	c.Server, c.Prometheus = "https://"+a.api, "http://"+a.prometheus
	if err := c.certificates(); err != nil {
		return err
	}
	if c.admin, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig("admin")); err != nil {
		return err
	}
	c.admin.QPS = -1
	if c.Kube, err = kubernetes.NewForConfig(c.admin); err != nil {
		return err
	}
	if c.Dynamic, err = dynamic.NewForConfig(c.admin); err != nil {
		return err
	}
	c.mapper = newMapper(c.Kube)
	return c.commandLines()
}

func (c *Cluster) certificates() (err error) {
	if c.pki, err = newAuthority(filepath.Join(c.Dir, "certs")); err != nil {
		return err
	}
	component := func(name string) error {
		return c.identity(name, pkix.Name{CommonName: "system:serviceaccount:kubevirt:" + name,
			Organization: []string{"system:serviceaccounts", "system:serviceaccounts:kubevirt"}})
	}
	return errors.Join(
		c.pki.signingKey(),
		c.pki.issue("server", pkix.Name{CommonName: "server"}, "localhost", "kubernetes.default.svc", "virt-api.kubevirt.svc", "127.0.0.1", "::1", "10.0.0.1"),
		c.pki.issue("front-proxy", pkix.Name{CommonName: "front-proxy-client"}),
		c.identity("admin", pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}}),
		c.identity("scheduler", pkix.Name{CommonName: "system:kube-scheduler"}),
		c.identity("manager", pkix.Name{CommonName: "system:kube-controller-manager"}),
		c.identity("node-double", pkix.Name{CommonName: "node-double"}),
		component("kubevirt-controller"),
		component("kubevirt-apiserver"))
}

// Kubeconfig is the file of an identity: "admin", or one that OperatorKubeconfig made.
func (c *Cluster) Kubeconfig(name string) string { return filepath.Join(c.Dir, name+".kubeconfig") }

// CA is the file with the certificate that signed the API server's.
func (c *Cluster) CA() string { return c.pki.file("ca.crt") }

func (c *Cluster) processes() []*Process {
	all := []*Process{c.PrometheusServer, c.NodeDouble, c.VirtController, c.VirtAPI, c.ControllerManager, c.Scheduler, c.APIServer, c.Etcd}
	if c.Emulator != nil {
		all = append(all, c.Emulator)
	}
	return all
}

// Stop ends everything, and removes the folder if it was a temporary one.
func (c *Cluster) Stop() {
	var all sync.WaitGroup
	for _, process := range c.processes() {
		if process != nil {
			all.Go(process.Kill) // nothing is worth keeping
		}
	}
	all.Wait()
	if c.temporary {
		os.RemoveAll(c.Dir)
	}
}

// Heal starts what is down, thaws what is frozen, and waits until all answer again.
func (c *Cluster) Heal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for _, process := range c.processes() {
		process.Thaw()
		if err := process.Start(); err != nil {
			return err
		}
	}
	return errors.Join(c.await(ctx, "", c.apiServerReady), c.await(ctx, "", c.virtAPIReady), c.await(ctx, "", c.subresourcesAvailable),
		c.await(ctx, "", c.virtControllerLeads), c.await(ctx, "", c.doubleReady), c.await(ctx, "", c.nodesReady), c.await(ctx, "", c.prometheusReady), c.await(ctx, "", c.schedulerReady))
}

func startAll(processes ...*Process) error {
	var failed error
	for _, process := range processes {
		failed = errors.Join(failed, process.Start())
	}
	return failed
}

func (c *Cluster) say(format string, a ...any) {
	if c.options.Log != nil {
		c.options.Log("%5.1fs "+format, append([]any{time.Since(c.began).Seconds()}, a...)...)
	}
}

// await tries until it works, and tells of it when the thing has a name.
func (c *Cluster) await(ctx context.Context, name string, try func(context.Context) error) error {
	for {
		err := try(ctx)
		if err == nil {
			if name != "" {
				c.say("%s ready", name)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", name, err)
		case <-time.After(50 * time.Millisecond):
		}
		for _, process := range c.processes() {
			if process.Exited() != nil && !process.Running() && !process.Keep && process.wants() {
				return fmt.Errorf("%s ended: %v", process.Name, process.Result())
			}
		}
	}
}

func get(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	return nil
}
