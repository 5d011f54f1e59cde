package cluster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	api "k8s.io/client-go/tools/clientcmd/api"
)

// authority signs everything: servers, and client certificates, which are how the components say who they are.
type authority struct {
	dir    string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	pem    []byte
	serial int64
}

func newAuthority(dir string) (*authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &authority{dir: dir, key: key, serial: 1}
	a.cert = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "local-ca"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(0, 1, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, key.Public(), key)
	if err != nil {
		return nil, err
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(a.file("ca.crt"), a.pem, 0o644); err != nil {
		return nil, err
	}
	return a, a.writeKey("ca.key", key)
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func (a *authority) writeKey(name string, key crypto.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// issue writes NAME.crt and NAME.key.
func (a *authority) issue(name string, subject pkix.Name, hosts ...string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	a.serial++
	cert := &x509.Certificate{SerialNumber: big.NewInt(a.serial), Subject: subject, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(0, 1, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, key.Public(), a.key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(a.file(name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return err
	}
	return a.writeKey(name+".key", key)
}

// signingKey writes the key pair of service account tokens.
func (a *authority) signingKey() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := os.WriteFile(a.file("sa.pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), 0o644); err != nil {
		return err
	}
	return a.writeKey("sa.key", key)
}

// writeKubeconfig for one user, complete in itself.
func writeKubeconfig(file, server string, ca []byte, user *api.AuthInfo, namespace string) error {
	config := api.NewConfig()
	config.Clusters["local"] = &api.Cluster{Server: server, CertificateAuthorityData: ca}
	config.AuthInfos["user"] = user
	config.Contexts["local"] = &api.Context{Cluster: "local", AuthInfo: "user", Namespace: namespace}
	config.CurrentContext = "local"
	return clientcmd.WriteToFile(*config, file)
}

// identity issues a client certificate and writes NAME.kubeconfig beside the certificates' folder.
func (c *Cluster) identity(name string, subject pkix.Name) error {
	if err := c.pki.issue(name, subject); err != nil {
		return err
	}
	cert, err := os.ReadFile(c.pki.file(name + ".crt"))
	if err != nil {
		return err
	}
	key, err := os.ReadFile(c.pki.file(name + ".key"))
	if err != nil {
		return err
	}
	return writeKubeconfig(c.Kubeconfig(name), c.Server, c.pki.pem, &api.AuthInfo{ClientCertificateData: cert, ClientKeyData: key}, "")
}
