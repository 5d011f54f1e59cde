package double

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func handlerPod(uid string, phase corev1.PodPhase) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "kubevirt", Name: "virt-handler-" + uid, UID: types.UID(uid),
		Labels: map[string]string{"kubevirt.io": "virt-handler"}}, Spec: corev1.PodSpec{NodeName: "n1"}, Status: corev1.PodStatus{Phase: phase}}
}

func TestHandlerIsAlwaysThereUnlessItsPodsComeAndGo(t *testing.T) {
	s := daemons{running: map[string]map[string]bool{}}
	steps := []struct {
		what          string
		pod           *corev1.Pod
		exists        bool
		changed, runs bool
	}{
		{"its first pod has been bound", handlerPod("1", corev1.PodPending), true, true, false},
		{"that runs", handlerPod("1", corev1.PodRunning), true, true, true},
		{"it is seen again", handlerPod("1", corev1.PodRunning), true, false, true},
		{"it has ended", handlerPod("1", corev1.PodSucceeded), true, true, false},
		{"it is gone", handlerPod("1", corev1.PodSucceeded), false, false, false},
		{"the next runs", handlerPod("2", corev1.PodRunning), true, true, true},
	}
	if !s.at("n1") || !s.at("n2") {
		t.Error("it is away though no pod of it was ever seen")
	}
	for _, step := range steps {
		if changed := s.note(step.pod, step.exists); changed != step.changed || s.at("n1") != step.runs {
			t.Errorf("%s: changed %t, runs %t", step.what, changed, s.at("n1"))
		}
	}
	if !s.at("n2") {
		t.Error("it is away from another node")
	}
}
