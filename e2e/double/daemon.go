package double

import (
	"log"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// daemons knows on which nodes virt-handler is away. Where no DaemonSet of it was ever made, the double is always there; a node that
// has had a pod of it needs one that runs: without it nothing is done to the guests there, and nothing is scraped.
type daemons struct {
	mu      sync.Mutex
	running map[string]map[string]bool // by node: the UIDs of the pods that run; a node that never had one is not in it
}

func isHandler(pod *corev1.Pod) bool {
	return pod.Namespace == "kubevirt" && pod.Labels["kubevirt.io"] == "virt-handler" && pod.Spec.NodeName != ""
}

// note what becomes of a pod, and say whether virt-handler came or went with that.
func (s *daemons) note(pod *corev1.Pod, exists bool) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	node := pod.Spec.NodeName
	before, known := s.running[node]
	was := !known || len(before) > 0
	if !known {
		s.running[node] = map[string]bool{}
	}
	if exists && pod.Status.Phase == corev1.PodRunning {
		s.running[node][string(pod.UID)] = true
	} else {
		delete(s.running[node], string(pod.UID))
	}
	return was != (len(s.running[node]) > 0)
}

func (s *daemons) at(node string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	pods, known := s.running[node]
	return !known || len(pods) > 0
}

// followHandler puts everything on the node on the queue again when its virt-handler came or went.
func (d *Double) followHandler(pod *corev1.Pod, exists bool) {
	if !isHandler(pod) || !d.daemons.note(pod, exists) {
		return
	}
	log.Printf("node %s: virt-handler runs: %t", pod.Spec.NodeName, d.daemons.at(pod.Spec.NodeName))
	d.enqueueAllInstances()
}

// handles says whether the node is on and has a virt-handler.
func (d *Double) handles(name string) bool { return d.alive(name) && d.daemons.at(name) }

// isScraped says whether Prometheus reaches the node's virt-handler.
func (d *Double) isScraped(name string) bool { return d.handles(name) && !d.nodes[name].isUnscraped() }

// startsIn says how long the pod still takes to start.
func startsIn(pod *corev1.Pod) time.Duration {
	takes, err := time.ParseDuration(pod.Annotations[StartTime])
	if err != nil {
		return 0
	}
	return time.Until(pod.CreationTimestamp.Add(takes))
}
