package redfish

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// gate is the door of a controller: while it is shut, connections are refused, and those that are open are cut.
type gate struct {
	url     string
	address string
	secure  *tls.Config // nil: plain HTTP
	handler http.Handler

	mu     sync.Mutex
	server *http.Server
}

// Serve the controller at an address, "127.0.0.1:0" for any port there, and return its URL. Without a certificate it speaks plain HTTP.
func (b *BMC) Serve(address string, certificate *tls.Certificate) (url string, err error) {
	g := &gate{address: address, handler: b}
	scheme := "http://"
	if certificate != nil {
		scheme, g.secure = "https://", &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	g.address = listener.Addr().String()
	g.url = scheme + g.address
	g.begin(listener)
	b.mu.Lock()
	b.gate = g
	refuse := b.dials.Refuse
	b.mu.Unlock()
	g.open(!refuse)
	return g.url, nil
}

// Close the door for good.
func (b *BMC) Close() {
	b.mu.Lock()
	gate := b.gate
	b.gate = nil
	b.mu.Unlock()
	if gate != nil {
		gate.open(false)
	}
}

func (g *gate) begin(listener net.Listener) {
	// Handshakes that clients break off are nothing to tell of.
	server := &http.Server{Handler: g.handler, ErrorLog: log.New(io.Discard, "", 0)}
	g.server = server
	if g.secure != nil {
		listener = tls.NewListener(listener, g.secure)
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Printf("redfish: %s: %v", g.url, err)
		}
	}()
}

func (g *gate) open(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !open && g.server != nil:
		_ = g.server.Close()
		g.server = nil
	case open && g.server == nil:
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			listener, err := net.Listen("tcp", g.address)
			if err == nil {
				g.begin(listener)
				return
			}
			if time.Now().After(end) {
				log.Printf("redfish: %s: %v", g.url, err)
				return
			}
		}
	}
}

// SelfSigned certificate as a controller has it from its factory, and its SHA-256 fingerprint in hex. It speaks for loopback.
func SelfSigned() (certificate tls.Certificate, inPEM []byte, fingerprint string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, "", err
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "bmc.example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, "", err
	}
	sum := sha256.Sum256(der)
	var text bytes.Buffer
	if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
		return tls.Certificate{}, nil, "", fmt.Errorf("certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, text.Bytes(), hex.EncodeToString(sum[:]), nil
}
