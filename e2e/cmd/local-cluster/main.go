// Command local-cluster runs the control plane of package cluster in the foreground, with double nodes and, if asked for,
// a few sample virtual machines, until it is interrupted. When all is up it prints one line:
//
//	READY kubeconfig=FILE prometheus=URL operator-kubeconfig=FILE
//
// The last part is there when Drover's manifests were installed (-repository).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"drover.dev/drover/e2e/cluster"
	"drover.dev/drover/e2e/double"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "local-cluster:", err)
		os.Exit(1)
	}
}

func run() error {
	self, _ := os.Executable()
	dir := flag.String("dir", "", "where to keep certificates, data and logs (default: a temporary folder, removed at the end)")
	bin := flag.String("bin", filepath.Dir(self), "where e2e/build put the programs")
	count := flag.Int("nodes", 3, "how many nodes, called n1, n2, ...; n1 and every third after it are in zone a, the next in b, then c")
	cpu := flag.String("node-cpu", "4", "of each node")
	memory := flag.String("node-memory", "16Gi", "of each node")
	repository := flag.String("repository", "", "install the crds/ and manifests/ of this folder, and write a kubeconfig for the operator")
	samples := flag.String("vms", "", "file with virtual machine instances (and namespaces) to create")
	ready := flag.String("ready-file", "", "also write the READY line to this file")
	copyTime := flag.String("copy-time", "5s", "how long a migration copies memory")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	options := cluster.Options{Dir: *dir, Bin: *bin, Dials: []string{"--copy-time=" + *copyTime},
		Log: func(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) }}
	for i := range *count {
		text := fmt.Sprintf("n%d,cpu=%s,memory=%s,zone=%c", i+1, *cpu, *memory, 'a'+rune(i%3))
		node, err := double.ParseNode(text)
		if err != nil {
			return err
		}
		options.Nodes = append(options.Nodes, node)
	}
	c, err := cluster.Start(ctx, options)
	if err != nil {
		return err
	}
	defer c.Stop()
	line := fmt.Sprintf("READY kubeconfig=%s prometheus=%s", c.Kubeconfig("admin"), c.Prometheus)
	if *repository != "" {
		if err := c.InstallDrover(ctx, *repository); err != nil {
			return err
		}
		file, err := c.OperatorKubeconfig(ctx, "operator")
		if err != nil {
			return err
		}
		line += " operator-kubeconfig=" + file
	}
	if *samples != "" {
		if err := c.CreateSamples(ctx, *samples); err != nil {
			return err
		}
	}
	fmt.Println(line)
	if *ready != "" {
		// Whoever waits for the file must never see half of it.
		if err := os.WriteFile(*ready+".new", []byte(line+"\n"), 0o644); err != nil {
			return err
		}
		if err := os.Rename(*ready+".new", *ready); err != nil {
			return err
		}
	}
	<-ctx.Done()
	fmt.Fprintln(os.Stderr, strings.TrimSpace("stopping"))
	return nil
}
