// Command redfish-stub plays the management controllers of machines; see package redfish. When all listen it prints a line for each,
// and one for itself, and runs until it is interrupted:
//
//	n1 https://127.0.0.1:18123 UUID
//	READY control=http://127.0.0.1:18124 fingerprint=SHA256-OF-THE-CERTIFICATE ca=FILE
//
// At the control address the dials are turned: curl -X PATCH http://.../n1/dials -d '{"staleSeconds": 20}'.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"drover.dev/drover/e2e/redfish"
)

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	var bmcs []*redfish.BMC
	var addresses []string
	user := flag.String("user", "drover", "who may ask")
	password := flag.String("password", "drover", "by which password")
	control := flag.String("control", "127.0.0.1:0", "where the dials are turned")
	plain := flag.Bool("plain", false, "HTTP without TLS")
	ca := flag.String("ca", "", "write the certificate to this file")
	flag.Func("bmc", "NAME,UUID[,ADDRESS] (repeat for each; address 127.0.0.1:0 if not given)", func(text string) error {
		parts := strings.Split(text, ",")
		if len(parts) < 2 || len(parts) > 3 {
			return fmt.Errorf("%q is not NAME,UUID[,ADDRESS]", text)
		}
		bmcs = append(bmcs, redfish.New(redfish.Options{Name: parts[0], UUID: parts[1]}))
		addresses = append(addresses, append(parts, "127.0.0.1:0")[2])
		return nil
	})
	flag.Parse()

	own, inPEM, fingerprint, err := redfish.SelfSigned()
	if err != nil {
		return err
	}
	certificate := &own
	if *plain {
		certificate = (*tls.Certificate)(nil)
	}
	if *ca != "" {
		if err := os.WriteFile(*ca, inPEM, 0o644); err != nil {
			return err
		}
	}
	for i, bmc := range bmcs {
		bmc.User, bmc.Password = *user, *password
		url, err := bmc.Serve(addresses[i], certificate)
		if err != nil {
			return err
		}
		fmt.Println(bmc.Name, url, bmc.UUID)
	}
	listener, err := net.Listen("tcp", *control)
	if err != nil {
		return err
	}
	fmt.Printf("READY control=http://%s fingerprint=%s ca=%s\n", listener.Addr(), fingerprint, *ca)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Handler: redfish.Control(bmcs...)}
	go func() { <-ctx.Done(); server.Close() }()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}
