package spec

import (
	"fmt"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"drover.dev/drover/e2e/cluster"
)

// lease by which the operators agree on the one that acts.
func (s *Scenario) lease() (*coordinationv1.Lease, error) {
	all, err := s.Kube.CoordinationV1().Leases(cluster.OperatorNamespace).List(s.ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	if len(all.Items) != 1 {
		return nil, fmt.Errorf("there are %d leases", len(all.Items))
	}
	return &all.Items[0], nil
}

// MustHaveLeader waits until some operator holds the lease.
func (s *Scenario) MustHaveLeader() {
	s.T.Helper()
	s.Eventually("an operator leads", usual, func() error {
		lease, err := s.lease()
		if err == nil && (lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "") {
			err = fmt.Errorf("nobody holds the lease")
		}
		return err
	})
}

// ForgetLease spares a new operator the wait for the lease of one that was killed.
func (s *Scenario) ForgetLease() {
	s.T.Helper()
	err := s.Kube.CoordinationV1().Leases(cluster.OperatorNamespace).DeleteCollection(s.ctx, metav1.DeleteOptions{}, metav1.ListOptions{})
	if err != nil && !isGone(err) {
		s.T.Errorf("the lease can't be deleted: %v", err)
	}
}

// StealLease takes it and keeps it renewed under another name, until it is given back.
func (s *Scenario) StealLease() (giveBack func()) {
	s.T.Helper()
	take := func(holder string) error {
		lease, err := s.lease()
		if err != nil {
			return err
		}
		now := metav1.NowMicro()
		lease.Spec.HolderIdentity, lease.Spec.RenewTime = &holder, &now
		_, err = s.Kube.CoordinationV1().Leases(lease.Namespace).Update(s.ctx, lease, metav1.UpdateOptions{})
		return err
	}
	s.Eventually("the lease is stolen", usual, func() error { return take("thief") })
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Second):
				_ = take("thief")
			}
		}
	}()
	giveBack = sync.OnceFunc(func() { close(stop); <-stopped; _ = take("") })
	s.T.Cleanup(giveBack)
	return giveBack
}
