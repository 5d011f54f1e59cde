package spec

import (
	"fmt"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"drover.dev/drover/e2e/cluster"
)

const roleName = "drover" // of the ClusterRole and the Role in manifests/rbac.yaml

// Right is one verb on one resource.
type Right struct {
	Group, Resource, Verb string
	namespaced            bool // it is in the Role
}

func (r Right) String() string {
	return strings.TrimSuffix(strings.ReplaceAll(r.Verb+" "+r.Resource+"."+r.Group, "/", "-"), ".")
}

// OperatorRights are all that manifests/ gives to the operator, one by one.
func (s *Scenario) OperatorRights() (rights []Right) {
	s.T.Helper()
	clusterRole, err := s.Kube.RbacV1().ClusterRoles().Get(s.ctx, roleName, metav1.GetOptions{})
	s.must(err)
	role, err := s.Kube.RbacV1().Roles(cluster.OperatorNamespace).Get(s.ctx, roleName, metav1.GetOptions{})
	s.must(err)
	return append(single(clusterRole.Rules, false), single(role.Rules, true)...)
}

func single(rules []rbacv1.PolicyRule, namespaced bool) (rights []Right) {
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					rights = append(rights, Right{group, resource, verb, namespaced})
				}
			}
		}
	}
	return rights
}

func rulesWithout(rules []rbacv1.PolicyRule, missing Right) (kept []rbacv1.PolicyRule) {
	for _, each := range single(rules, missing.namespaced) {
		if each != missing {
			kept = append(kept, rbacv1.PolicyRule{APIGroups: []string{each.Group}, Resources: []string{each.Resource}, Verbs: []string{each.Verb}})
		}
	}
	return kept
}

// WithoutRight takes one away, until it is restored or the scenario ends.
func (s *Scenario) WithoutRight(right Right) (restore func()) {
	s.T.Helper()
	var rules []rbacv1.PolicyRule
	change := func(edit func(*[]rbacv1.PolicyRule)) error {
		if right.namespaced {
			roles := s.Kube.RbacV1().Roles(cluster.OperatorNamespace)
			role, err := roles.Get(s.ctx, roleName, metav1.GetOptions{})
			if err == nil {
				edit(&role.Rules)
				_, err = roles.Update(s.ctx, role, metav1.UpdateOptions{})
			}
			return err
		}
		roles := s.Kube.RbacV1().ClusterRoles()
		role, err := roles.Get(s.ctx, roleName, metav1.GetOptions{})
		if err == nil {
			edit(&role.Rules)
			_, err = roles.Update(s.ctx, role, metav1.UpdateOptions{})
		}
		return err
	}
	s.must(change(func(now *[]rbacv1.PolicyRule) { rules, *now = *now, rulesWithout(*now, right) }))
	restore = func() { s.must(change(func(now *[]rbacv1.PolicyRule) { *now = rules })) }
	s.T.Cleanup(restore)
	return restore
}

// Complains says whether the operator tells anywhere that it lacks this right.
func (o *Operator) Complains(right Right) bool {
	ready, _, _ := o.get("/readyz")
	for line := range strings.Lines(o.Log() + "\n" + ready) {
		line = strings.ToLower(line)
		if strings.Contains(line, strings.ToLower(right.Resource)) && (strings.Contains(line, "forbidden") || strings.Contains(line, "403")) {
			return true
		}
	}
	return false
}

// HasMoved is nil when the policy tells of such a move of the machine.
func (p *Policy) HasMoved(vm *VM, result string) error {
	status, err := p.Status()
	if err != nil {
		return err
	}
	for _, move := range status.Moves {
		if (move.VM == vm.Name || move.VM == vm.key()) && move.Result == result {
			return nil
		}
	}
	return fmt.Errorf("there are only %+v", status.Moves)
}
