package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

var (
	definitionsResource = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	apiServicesResource = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	kubeVirts           = schema.GroupVersionResource{Group: "kubevirt.io", Version: "v1", Resource: "kubevirts"}
)

// What the node double may do as a kubelet: nodes, their leases, the status of pods, the end of deleted pods, the tokens of
// virt-handler; and see instances.
const doubleAccess = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: node-double}
rules:
- {apiGroups: [""], resources: [nodes], verbs: [get, list, watch, create]}
- {apiGroups: [""], resources: [nodes/status, pods/status], verbs: [patch]}
- {apiGroups: [""], resources: [pods], verbs: [get, list, watch, delete]}
- {apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]}
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create, patch]}
- {apiGroups: [kubevirt.io], resources: [virtualmachineinstances], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: node-double}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: node-double}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: node-double}]
`

// installKubeVirt does virt-operator's part. Webhooks come last: they refuse everything while virt-api is not up.
func (c *Cluster) installKubeVirt(ctx context.Context) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kubevirt"}}
	if _, err := c.Kube.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	access, err := c.output(ctx, "kubevirt-resources", "access")
	if err != nil {
		return err
	}
	mine, err := Decode([]byte(doubleAccess))
	if err != nil {
		return err
	}
	if err := c.create(ctx, append(access, mine...)); err != nil {
		return err
	}
	trust := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kubevirt", Name: "kubevirt-ca"}, Data: map[string]string{"ca-bundle": string(c.pki.pem)}}
	if _, err := c.Kube.CoreV1().ConfigMaps("kubevirt").Create(ctx, trust, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	// virt-api takes seconds to start and waits for its definitions by itself.
	if err := startAll(c.VirtAPI, c.NodeDouble); err != nil {
		return err
	}
	definitions, err := c.output(ctx, "kubevirt-resources", "definitions")
	if err != nil {
		return err
	}
	if err := c.create(ctx, definitions); err != nil {
		return err
	}
	if err := c.await(ctx, "KubeVirt's definitions", c.definitionsEstablished); err != nil {
		return err
	}
	if err := c.createKubeVirt(ctx); err != nil {
		return err
	}
	if err := c.VirtController.Start(); err != nil {
		return err
	}
	if err := c.await(ctx, "virt-api", c.virtAPIReady); err != nil {
		return err
	}
	hooks, err := c.output(ctx, "kubevirt-resources", "-virt-api", c.addresses.virtAPI, "-ca", c.CA(), "hooks")
	if err != nil {
		return err
	}
	if err := c.create(ctx, hooks); err != nil {
		return err
	}
	return c.await(ctx, "subresource API", c.subresourcesAvailable)
}

func (c *Cluster) createKubeVirt(ctx context.Context) error {
	client := c.Dynamic.Resource(kubeVirts).Namespace("kubevirt")
	kubevirt := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt",
		"metadata": map[string]any{"namespace": "kubevirt", "name": "kubevirt"}, "spec": map[string]any{}}}
	if _, err := client.Create(ctx, kubevirt, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	// Without a phase the configuration in it would be ignored.
	status := `{"status": {"phase": "Deployed", "defaultArchitecture": "amd64", "observedKubeVirtVersion": "v1.8.0", "targetKubeVirtVersion": "v1.8.0"}}`
	_, err := client.Patch(ctx, "kubevirt", types.MergePatchType, []byte(status), metav1.PatchOptions{}, "status")
	return err
}

// ConfigureKubeVirt merges into spec.configuration of the KubeVirt object.
func (c *Cluster) ConfigureKubeVirt(ctx context.Context, configuration string) error {
	_, err := c.Dynamic.Resource(kubeVirts).Namespace("kubevirt").Patch(ctx, "kubevirt", types.MergePatchType,
		[]byte(`{"spec": {"configuration": `+configuration+`}}`), metav1.PatchOptions{})
	return err
}

// ---- what is ready ----

func (c *Cluster) apiServerReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return c.Kube.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

func (c *Cluster) definitionsEstablished(ctx context.Context) error {
	all, err := c.Dynamic.Resource(definitionsResource).List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return err
	}
	if len(all.Items) == 0 {
		return errors.New("none is there")
	}
	for i := range all.Items {
		if !hasCondition(&all.Items[i], "Established") {
			return fmt.Errorf("%s is not established", all.Items[i].GetName())
		}
	}
	c.mapper.Reset()
	return nil
}

func (c *Cluster) subresourcesAvailable(ctx context.Context) error {
	for _, version := range []string{"v1", "v1alpha3"} {
		service, err := c.Dynamic.Resource(apiServicesResource).Get(ctx, version+".subresources.kubevirt.io", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if !hasCondition(service, "Available") {
			return fmt.Errorf("%s is not available", service.GetName())
		}
	}
	return nil
}

func (c *Cluster) virtAPIReady(ctx context.Context) error {
	return get(ctx, c.trusting(), "https://"+c.addresses.virtAPI+"/apis/subresources.kubevirt.io/v1/healthz")
}

func (c *Cluster) schedulerReady(ctx context.Context) error {
	insecure := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // its certificate is its own
	defer insecure.CloseIdleConnections()
	return get(ctx, insecure, "https://"+c.addresses.scheduler+"/readyz")
}

func (c *Cluster) doubleReady(ctx context.Context) error {
	return get(ctx, http.DefaultClient, "http://"+c.addresses.double+"/healthz")
}

func (c *Cluster) prometheusReady(ctx context.Context) error {
	if err := get(ctx, http.DefaultClient, c.Prometheus+"/-/ready"); err != nil {
		return err
	}
	up, err := c.Query(ctx, "up")
	if err == nil && (len(up) == 0 || up[0].Value != 1) {
		err = errors.New("it has not scraped the node double yet")
	}
	return err
}

// virtControllerLeads: it works from then on. A lease of one that was killed is as good as none.
func (c *Cluster) virtControllerLeads(ctx context.Context) error {
	lease, err := c.Kube.CoordinationV1().Leases("kubevirt").Get(ctx, "virt-controller", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "" || lease.Spec.RenewTime == nil {
		return errors.New("it does not lead yet")
	}
	if age := time.Since(lease.Spec.RenewTime.Time); age > 5*time.Second {
		return fmt.Errorf("its lease is %s old", age.Round(time.Second))
	}
	return nil
}

func (c *Cluster) nodesReady(ctx context.Context) error {
	nodes, err := c.Kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return err
	}
	ready := 0
	for _, node := range nodes.Items {
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue && node.Labels["kubevirt.io/schedulable"] == "true" && len(node.Spec.Taints) == 0 {
				ready++
			}
		}
	}
	if ready < len(c.options.Nodes) {
		return fmt.Errorf("%d of %d are ready", ready, len(c.options.Nodes))
	}
	return nil
}

func hasCondition(object *unstructured.Unstructured, kind string) bool {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, each := range conditions {
		if condition, ok := each.(map[string]any); ok && condition["type"] == kind && condition["status"] == "True" {
			return true
		}
	}
	return false
}

func (c *Cluster) trusting() *http.Client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(c.pki.pem)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
}
