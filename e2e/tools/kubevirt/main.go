// Command kubevirt-resources prints what KubeVirt's own operator would install for its virt-api, virt-controller and
// virt-handler, as JSON objects, one a line, for processes that run beside the API server instead of in pods.
// Every schema, rule and path comes from the KubeVirt module that this program is built with.
//
//	kubevirt-resources definitions                       custom resource definitions
//	kubevirt-resources access                            service accounts, roles, bindings, and the policy on virt-handler's node writes
//	kubevirt-resources -virt-api HOST:PORT -ca FILE hooks  webhook configurations by URL, the subresource APIServices and their Service
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"kubevirt.io/kubevirt/pkg/virt-operator/resource/generate/components"
	"kubevirt.io/kubevirt/pkg/virt-operator/resource/generate/rbac"
)

const namespace = "kubevirt"

func main() {
	address := flag.String("virt-api", "", "host:port at which the API server reaches virt-api")
	ca := flag.String("ca", "", "file with the PEM certificate that signed virt-api's")
	flag.Parse()
	if err := print(os.Stdout, flag.Arg(0), *address, *ca); err != nil {
		fmt.Fprintln(os.Stderr, "kubevirt-resources:", err)
		os.Exit(1)
	}
}

func print(out io.Writer, part, address, caFile string) error {
	var objects []any
	var err error
	switch part {
	case "definitions":
		objects, err = definitions()
	case "access":
		objects = access()
	case "hooks":
		objects, err = hooks(address, caFile)
	default:
		err = errors.New("name one part: definitions, access or hooks")
	}
	encoder := json.NewEncoder(out)
	for _, object := range objects {
		err = errors.Join(err, encoder.Encode(object))
	}
	return err
}

// definitions are all that virt-api and virt-controller watch; with one missing, a controller of theirs never starts.
func definitions() (objects []any, err error) {
	for _, define := range []func() (*apiextensionsv1.CustomResourceDefinition, error){
		components.NewKubeVirtCrd, components.NewVirtualMachineInstanceCrd, components.NewVirtualMachineCrd,
		components.NewVirtualMachineInstanceMigrationCrd, components.NewReplicaSetCrd, components.NewPresetCrd,
		components.NewMigrationPolicyCrd, components.NewVirtualMachinePoolCrd, components.NewVirtualMachineCloneCrd,
		components.NewVirtualMachineSnapshotCrd, components.NewVirtualMachineSnapshotContentCrd, components.NewVirtualMachineRestoreCrd,
		components.NewVirtualMachineExportCrd, components.NewVirtualMachineBackupCrd, components.NewVirtualMachineBackupTrackerCrd,
		components.NewVirtualMachineInstancetypeCrd, components.NewVirtualMachineClusterInstancetypeCrd,
		components.NewVirtualMachinePreferenceCrd, components.NewVirtualMachineClusterPreferenceCrd,
	} {
		definition, failed := define()
		err = errors.Join(err, failed)
		objects = append(objects, definition)
	}
	return objects, err
}

func access() (objects []any) {
	for _, object := range rbac.GetAllCluster() {
		objects = append(objects, object)
	}
	for _, object := range rbac.GetAllApiServer(namespace) {
		objects = append(objects, object)
	}
	for _, object := range rbac.GetAllController(namespace, false) {
		objects = append(objects, object)
	}
	for _, object := range rbac.GetAllHandler(namespace) {
		objects = append(objects, object)
	}
	handler := "system:serviceaccount:" + namespace + ":" + components.HandlerServiceAccountName
	policy := components.NewHandlerV1ValidatingAdmissionPolicy(handler)
	binding := components.NewHandlerV1ValidatingAdmissionPolicyBinding()
	// KubeVirt makes these two through a typed client, which fills in the group.
	policy.APIVersion = admissionv1.SchemeGroupVersion.String()
	binding.APIVersion = admissionv1.SchemeGroupVersion.String()
	return append(objects, policy, binding)
}

func hooks(address, caFile string) ([]any, error) {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("hooks needs -ca: %w", err)
	}
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("hooks needs -virt-api HOST:PORT: %w", err)
	}
	port, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("-virt-api: %w", err)
	}
	byURL := func(config *admissionv1.WebhookClientConfig) {
		url := "https://" + address + *config.Service.Path
		config.URL, config.Service, config.CABundle = &url, nil, ca
	}
	mutating := components.NewVirtAPIMutatingWebhookConfiguration(namespace)
	for i := range mutating.Webhooks {
		byURL(&mutating.Webhooks[i].ClientConfig)
	}
	validating := components.NewVirtAPIValidatingWebhookConfiguration(namespace)
	for i := range validating.Webhooks {
		byURL(&validating.Webhooks[i].ClientConfig)
	}
	// The aggregator takes no URL, but follows an ExternalName.
	service := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: components.VirtApiServiceName},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: host},
	}
	objects := []any{mutating, validating, service}
	for _, apiService := range components.NewVirtAPIAPIServices(namespace) {
		aggregated := int32(port)
		apiService.Spec.CABundle, apiService.Spec.Service.Port = ca, &aggregated
		objects = append(objects, apiService)
	}
	return objects, nil
}
