// Command node-double plays kubelet and virt-handler of several nodes beside a real control plane; see package double.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"drover.dev/drover/e2e/double"
)

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	var nodes []double.NodeSpec
	var dials double.Dials
	var machines double.Machines
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server, as user node-double")
	listen := flag.String("listen", "127.0.0.1:0", "where to serve /metrics and /healthz")
	flag.Func("node", "NAME[,cpu=4][,memory=16Gi][,zone=a][,cpu-model=M][,vendor=Intel][,uuid=U][,power=URL][,boot=5s][,label.KEY=VALUE]... (repeat for each node)", func(text string) error {
		node, err := double.ParseNode(text)
		nodes = append(nodes, node)
		return err
	})
	flag.DurationVar(&dials.CopyTime, "copy-time", time.Second, "how long a guest's memory takes to copy")
	flag.Float64Var(&dials.Slow, "slow", 1, "stretches every copy by this factor")
	flag.StringVar(&dials.Fail, "fail", "", "`pattern` of instance names whose copy fails half way")
	flag.StringVar(&dials.Hang, "hang", "", "`pattern` of instance names whose copy never ends")
	flag.StringVar(&dials.NotMigratable, "not-migratable", "", "`pattern` of instance names that can't be migrated")
	flag.StringVar(&machines.User, "power-user", "", "who asks at https:// whether machines are on; the password is in the environment as POWER_PASSWORD")
	flag.StringVar(&machines.CAFile, "power-ca", "", "`file` with the certificates of those that are asked")
	flag.Parse()
	machines.Password = os.Getenv("POWER_PASSWORD")

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	all, err := double.New(config, nodes, dials, machines)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("%d nodes, metrics at http://%s/metrics", len(nodes), listener.Addr())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := all.Run(ctx, listener); err != nil {
		log.Fatal(err)
	}
}
