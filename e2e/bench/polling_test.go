package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"drover.dev/drover/e2e/cluster"
	"drover.dev/drover/e2e/redfish"
	. "drover.dev/drover/e2e/spec"
)

// TestPolling: what it costs to ask the management controllers of many nodes once a minute, as an operator does that keeps books: each
// has an address and a certificate of its own, wants a password, and has a meter. The controllers are this process; only the operator's
// CPU counts.
func TestPolling(t *testing.T) {
	count, rounds := number(t, "CONTROLLERS", 1000), number(t, "ROUNDS", 3)
	s := WithDrover(t)
	s.Secret("bmc", "drover", "drover")
	authority, port := newVoucher(t), ""
	_, port, _ = net.SplitHostPort(cluster.FreeAddress())
	var all []*redfish.BMC
	for i := range count {
		// A name that is an address at once, so that {node} in the profile's leads to the node's controller.
		name := fmt.Sprintf("127.77.%d.%d", i/250, i%250+1)
		uuid := fmt.Sprintf("706f6c6c-0000-4000-8000-%012x", i+1)
		bmc := redfish.New(redfish.Options{Name: name, UUID: uuid, User: "drover", Password: "drover"})
		certificate := authority.issue(t, net.ParseIP(name))
		if _, err := bmc.Serve(name+":"+port, &certificate); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(bmc.Close)
		all = append(all, bmc)
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"polled": "true"}}}
		made, err := s.Kube.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{})
		s.MustDo(err)
		t.Cleanup(func() {
			if err := s.Kube.CoreV1().Nodes().Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{}); err != nil {
				t.Errorf("cleaning up node %s: %v", name, err)
			}
		})
		made.Status.NodeInfo.SystemUUID = uuid
		_, err = s.Kube.CoreV1().Nodes().UpdateStatus(t.Context(), made, metav1.UpdateOptions{})
		s.MustDo(err)
	}
	inJSON, _ := json.Marshal(authority.inPEM)
	s.PowerProfile("polled", fmt.Sprintf(`
nodeSelector: {matchLabels: {polled: "true"}}
model: {idleWatts: 100, maxWatts: 200, standbyWatts: 5}
driver: {type: Redfish, redfish: {address: "https://{node}:%s", secret: {namespace: drover-system, name: bmc}, caBundle: %s}}
`, port, inJSON))
	operator := s.Operator("--ledger", t.TempDir()+"/ledger.db")
	operator.Start()
	operator.MustBecomeReady()

	asked := func() (sum, most int) {
		for _, bmc := range all {
			state := bmc.State()
			sum, most = sum+state.Requests, max(most, state.MostAtOnce)
		}
		return sum, most
	}
	s.Eventually("each controller was found and asked", 5*time.Minute, func() error {
		for _, bmc := range all {
			if now := bmc.State().Requests; now < 4 { // the root, the systems, the system, a meter
				return fmt.Errorf("%s was asked %d times", bmc.State().Name, now)
			}
		}
		return nil
	})
	answered := func() float64 {
		value, err := operator.Metric(`drover_power_samples_total{result="ok"}`)
		s.MustDo(err)
		return value
	}
	cpu := func() float64 {
		value, err := operator.Metric("process_cpu_seconds_total")
		s.MustDo(err)
		return value
	}
	time.Sleep(time.Minute) // by the clock, as what follows
	requestsBefore, _ := asked()
	seconds, answers, began := cpu(), answered(), time.Now()
	time.Sleep(time.Duration(rounds) * time.Minute)
	length := time.Since(began).Seconds()
	share := 100 * (cpu() - seconds) / length
	requests, most := asked()
	each := (answered() - answers) / float64(count) / length * 60
	kind := fmt.Sprintf("%d controllers", count)
	write(t, []row{
		{Bench: "power", Case: kind, Metric: "CPU of the operator that asks them", Unit: "% of a core", Drover: share, Goal: "under 5", Met: share < 5},
		{Bench: "power", Case: kind, Metric: "answers of each a minute", Unit: "answers", Drover: each, Goal: "at least 0.9", Met: each >= 0.9},
		{Bench: "power", Case: kind, Metric: "requests of all a second", Unit: "requests", Drover: float64(requests-requestsBefore) / length, Goal: "", Met: true},
		{Bench: "power", Case: kind, Metric: "requests at once of one controller", Unit: "requests", Drover: float64(most), Goal: "at most 1", Met: most <= 1},
	}, nil)
}

func number(t *testing.T, name string, usual int) int {
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 {
		t.Fatalf("%s=%s is no number", name, text)
	}
	return value
}

// voucher is an authority that signs controllers' certificates.
type voucher struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	inPEM       string
}

func newVoucher(t *testing.T) *voucher {
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "controllers"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &voucher{form, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

func (v *voucher) issue(t *testing.T, address net.IP) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "controller"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{address}}
	der, err := x509.CreateCertificate(rand.Reader, form, v.certificate, key.Public(), v.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
