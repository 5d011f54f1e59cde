// Package spec is the language that scenarios are written in: virtual machines, nodes, policies, and the operator, with
// verbs that do or expect something. One control plane serves all scenarios of a run; each has a namespace and machines of its own.
package spec

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"drover.dev/drover/e2e/cluster"
	"drover.dev/drover/e2e/double"
)

// Nodes that a scenario finds, if its package does not ask for others: four cores each, two of them in zone a, one in zone b.
var nodes = []string{"n1,zone=a", "n2,zone=a", "n3,zone=b"}

var (
	shared    *cluster.Cluster
	history   *recorder
	marked    *marks
	installed = sync.OnceValue(func() error { return shared.InstallDrover(context.Background(), repository()) })
)

// Main runs the tests of a package on one control plane, and ends the program.
func Main(m *testing.M) {
	os.Exit(run(m))
}

// MainOn does the same on other nodes.
func MainOn(m *testing.M, others ...string) {
	nodes = others
	Main(m)
}

func run(m *testing.M) int {
	options := cluster.Options{Dir: filepath.Join(os.TempDir(), fmt.Sprintf("drover-e2e-%d", os.Getpid())), Bin: filepath.Join(repository(), "build", "bin"),
		Dials: []string{"--copy-time=500ms"}, Log: func(format string, a ...any) { fmt.Printf(format+"\n", a...) }}
	for _, text := range nodes {
		node, err := double.ParseNode(text)
		if err != nil {
			panic(err)
		}
		options.Nodes = append(options.Nodes, node)
	}
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	var err error
	if shared, err = cluster.Start(ctx, options); err != nil {
		fmt.Println(err)
		return 1
	}
	go func() { // an interrupted run leaves nothing behind
		<-ctx.Done()
		shared.Stop()
		os.RemoveAll(options.Dir)
		os.Exit(130)
	}()
	history = record(context.Background(), shared.Dynamic)
	marked = recordMarks(context.Background(), shared.Kube)
	result := m.Run()
	shared.Stop()
	if result == 0 {
		os.RemoveAll(options.Dir)
	} else {
		for _, data := range []string{"etcd", "prometheus"} {
			os.RemoveAll(filepath.Join(options.Dir, data))
		}
		fmt.Println("logs are kept in", filepath.Join(options.Dir, "logs"))
	}
	return result
}

// repository is the root of the working tree.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}
