package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	api "k8s.io/client-go/tools/clientcmd/api"
)

// controlPlane is etcd and kube-apiserver on loopback, with no controllers: nothing changes but what the measurement changes.
// Its folder is kept, so that the objects need be created but once.
type controlPlane struct {
	dir, bin   string
	config     *rest.Config
	kubeconfig string
	processes  []*exec.Cmd
}

func startControlPlane(ctx context.Context, dir, bin string) (*controlPlane, error) {
	p := &controlPlane{dir: dir, bin: bin, kubeconfig: filepath.Join(dir, "kubeconfig")}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if !p.isLoaded() {
		if err := os.RemoveAll(filepath.Join(dir, "etcd")); err != nil {
			return nil, err
		}
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	if err := p.writeCertificates(fmt.Sprintf("https://127.0.0.1:%d", ports[0])); err != nil {
		return nil, err
	}
	client, peer := fmt.Sprintf("http://127.0.0.1:%d", ports[1]), fmt.Sprintf("http://127.0.0.1:%d", ports[2])
	if err := p.launch("etcd", "--data-dir="+filepath.Join(dir, "etcd"), "--unsafe-no-fsync", "--log-level=warn", "--quota-backend-bytes=8589934592",
		"--listen-client-urls="+client, "--advertise-client-urls="+client, "--listen-peer-urls="+peer,
		"--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer, "--force-new-cluster"); err != nil {
		return nil, err
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := p.launch("kube-apiserver", "--etcd-servers="+client, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", ports[0]), "--endpoint-reconciler-type=none", "--cert-dir="+dir,
		"--tls-cert-file="+file("server.crt"), "--tls-private-key-file="+file("server.key"), "--client-ca-file="+file("ca.crt"),
		"--authorization-mode=AlwaysAllow", "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+file("server.crt"),
		"--service-account-signing-key-file="+file("server.key"), "--service-cluster-ip-range=10.0.0.0/24",
		// A busy machine may need more than the usual minute for a list of everything in one answer.
		"--request-timeout=10m"); err != nil {
		return nil, err
	}
	if p.config, err = clientcmd.BuildConfigFromFlags("", p.kubeconfig); err != nil {
		return nil, err
	}
	return p, p.awaitReady(ctx)
}

func (p *controlPlane) launch(name string, args ...string) error {
	log, err := os.Create(filepath.Join(p.dir, name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(filepath.Join(p.bin, name), args...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.processes = append(p.processes, command)
	return command.Start()
}

func (p *controlPlane) awaitReady(ctx context.Context) error {
	transport, err := rest.TransportFor(p.config)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(200 * time.Millisecond) {
		answer, err := client.Get(p.config.Host + "/readyz")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("kube-apiserver does not become ready: see %s/*.log", p.dir)
}

func (p *controlPlane) stop() {
	for i := len(p.processes) - 1; i >= 0; i-- {
		if p.processes[i].Process == nil {
			continue
		}
		_ = p.processes[i].Process.Signal(syscall.SIGTERM)
		done := make(chan struct{})
		go func() { _ = p.processes[i].Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			_ = p.processes[i].Process.Kill()
			<-done
		}
	}
}

// apiServerCPU is the CPU time that kube-apiserver has used, in seconds.
func (p *controlPlane) apiServerCPU() float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.processes[1].Process.Pid))
	var user, system float64
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) > 12 {
		fmt.Sscan(string(fields[11]), &user)
		fmt.Sscan(string(fields[12]), &system)
	}
	return (user + system) / 100 // clock ticks
}

func freePorts(count int) ([]int, error) {
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// writeCertificates makes an authority, a server and an administrator, and the administrator's kubeconfig.
func (p *controlPlane) writeCertificates(server string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench-ca"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	if err := p.writePair("ca", authority, authority, key, key); err != nil {
		return err
	}
	if err := p.writePair("server", &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"},
		IPAddresses: []net.IP{net.ParseIP("127.0.0.1")}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, authority, nil, key); err != nil {
		return err
	}
	if err := p.writePair("admin", &x509.Certificate{SerialNumber: big.NewInt(3), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		Subject: pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}}}, authority, nil, key); err != nil {
		return err
	}
	config := api.NewConfig()
	config.Clusters["bench"] = &api.Cluster{Server: server, CertificateAuthority: filepath.Join(p.dir, "ca.crt")}
	config.AuthInfos["admin"] = &api.AuthInfo{ClientCertificate: filepath.Join(p.dir, "admin.crt"), ClientKey: filepath.Join(p.dir, "admin.key")}
	config.Contexts["bench"] = &api.Context{Cluster: "bench", AuthInfo: "admin"}
	config.CurrentContext = "bench"
	return clientcmd.WriteToFile(*config, p.kubeconfig)
}

func (p *controlPlane) writePair(name string, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) error {
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().AddDate(0, 1, 0)
	if key == nil {
		var err error
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return err
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	file := filepath.Join(p.dir, name)
	if err := os.WriteFile(file+".crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return err
	}
	return os.WriteFile(file+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600)
}
