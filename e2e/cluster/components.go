package cluster

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// commandLines says how each component is started.
func (c *Cluster) commandLines() error {
	a := c.addresses
	process := func(name, program string, args ...string) *Process {
		return &Process{Name: name, Path: program, Args: args, Log: filepath.Join(c.Dir, "logs", name+".log")}
	}
	ours := func(name string, args ...string) *Process {
		return process(name, filepath.Join(c.options.Bin, name), args...)
	}
	cert := c.pki.file

	c.Etcd = ours("etcd", "--data-dir="+filepath.Join(c.Dir, "etcd"), "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls=http://"+a.etcd, "--advertise-client-urls=http://"+a.etcd,
		"--listen-peer-urls=http://"+a.peer, "--initial-advertise-peer-urls=http://"+a.peer, "--initial-cluster=default=http://"+a.peer)
	// The front proxy is how kube-apiserver proves itself to virt-api. NodeRestriction is off, as one double is all nodes.
	c.APIServer = ours("kube-apiserver", "--etcd-servers=http://"+a.etcd,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port="+port(a.api), "--endpoint-reconciler-type=none",
		"--tls-cert-file="+cert("server.crt"), "--tls-private-key-file="+cert("server.key"), "--client-ca-file="+cert("ca.crt"),
		"--authorization-mode=Node,RBAC", "--allow-privileged", "--service-cluster-ip-range=10.0.0.0/24", "--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+cert("sa.pub"), "--service-account-signing-key-file="+cert("sa.key"),
		"--requestheader-client-ca-file="+cert("ca.crt"), "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file="+cert("front-proxy.crt"), "--proxy-client-key-file="+cert("front-proxy.key"))
	c.APIServer.Args = append(c.APIServer.Args, "--cert-dir="+c.pki.dir)
	c.Scheduler = ours("kube-scheduler", "--kubeconfig="+c.Kubeconfig("scheduler"), "--leader-elect=false",
		"--authentication-kubeconfig="+c.Kubeconfig("scheduler"), "--authorization-kubeconfig="+c.Kubeconfig("scheduler"),
		"--bind-address=127.0.0.1", "--secure-port="+port(a.scheduler), "--cert-dir="+c.pki.dir)
	c.ControllerManager = ours("kube-controller-manager", "--kubeconfig="+c.Kubeconfig("manager"), "--leader-elect=false",
		"--authentication-kubeconfig="+c.Kubeconfig("manager"), "--authorization-kubeconfig="+c.Kubeconfig("manager"),
		"--bind-address=127.0.0.1", "--secure-port="+port(a.manager), "--cert-dir="+c.pki.dir, "--use-service-account-credentials",
		"--service-account-private-key-file="+cert("sa.key"), "--root-ca-file="+cert("ca.crt"),
		"--cluster-signing-cert-file="+cert("ca.crt"), "--cluster-signing-key-file="+cert("ca.key"))
	c.VirtAPI = ours("virt-api", "--kubeconfig="+c.Kubeconfig("kubevirt-apiserver"), "--listen=127.0.0.1", "--port="+port(a.virtAPI),
		"--console-server-port="+port(a.console), "--tls-cert-file="+cert("server.crt"), "--tls-key-file="+cert("server.key"),
		"--handler-cert-file="+cert("kubevirt-apiserver.crt"), "--handler-key-file="+cert("kubevirt-apiserver.key"))
	c.VirtController = ours("virt-controller", "--kubeconfig="+c.Kubeconfig("kubevirt-controller"),
		"--launcher-image=launcher", "--exporter-image=exporter", "--listen=127.0.0.1", "--port="+port(a.virtController),
		"--prom-cert-file="+cert("server.crt"), "--prom-key-file="+cert("server.key"))
	c.VirtAPI.Keep, c.VirtController.Keep = true, true // the one ends when it loses its lease, the other when configuration changes
	if err := c.emulatorCommand(process); err != nil {
		return err
	}
	c.NodeDouble = ours("node-double", append([]string{"--kubeconfig=" + c.Kubeconfig("node-double"), "--listen=" + a.double}, c.options.Dials...)...)
	if c.Emulator != nil {
		c.NodeDouble.Args = append(c.NodeDouble.Args, "--power-user="+EmulatorUser, "--power-ca="+c.CA())
		c.NodeDouble.Env = []string{"POWER_PASSWORD=" + EmulatorPassword}
	}
	for _, node := range c.options.Nodes {
		c.NodeDouble.Args = append(c.NodeDouble.Args, "--node="+node.String())
	}
	return c.prometheusCommand(process)
}

func (c *Cluster) prometheusCommand(process func(name, program string, args ...string) *Process) error {
	program := os.Getenv("PROMETHEUS")
	if program == "" {
		program = "/usr/bin/prometheus"
	}
	file := filepath.Join(c.Dir, "prometheus.yml")
	// honor_labels as in KubeVirt's own ServiceMonitor: the series' namespace is the virtual machine's.
	config := fmt.Sprintf(`global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
scrape_configs:
- {job_name: kubevirt-prometheus-metrics, honor_labels: true, static_configs: [{targets: [%q]}]}
`, c.addresses.double)
	c.PrometheusServer = process("prometheus", program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(c.Dir, "prometheus"),
		"--storage.tsdb.retention.time=6h", "--web.listen-address="+c.addresses.prometheus, "--log.level=warn")
	return os.WriteFile(file, []byte(config), 0o644)
}

func port(address string) string {
	_, text, _ := net.SplitHostPort(address)
	return text
}
