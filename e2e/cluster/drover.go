package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	api "k8s.io/client-go/tools/clientcmd/api"
)

// Where manifests/ puts the operator.
const (
	OperatorNamespace = "drover-system"
	operatorAccount   = "drover"
	tokenSeconds      = 24 * 3600
)

// InstallDrover applies crds/ and manifests/ of the repository, except for Deployments: here the operator is a process of its own.
func (c *Cluster) InstallDrover(ctx context.Context, repository string) error {
	files, err := filepath.Glob(filepath.Join(repository, "crds", "*.yaml"))
	if err != nil {
		return err
	}
	sort.Strings(files)
	for _, file := range files {
		if filepath.Base(file) == "kustomization.yaml" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		definitions, err := Decode(text)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := c.Apply(ctx, definitions...); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if err := c.await(ctx, "", c.definitionsEstablished); err != nil {
		return err
	}
	manifests, err := c.manifests(ctx, repository)
	if err != nil {
		return err
	}
	// Namespaces first: the rest may be in them.
	sort.SliceStable(manifests, func(i, j int) bool {
		return manifests[i].GetKind() == "Namespace" && manifests[j].GetKind() != "Namespace"
	})
	for _, object := range manifests {
		if object.GetKind() == "Deployment" || object.GetKind() == "CustomResourceDefinition" {
			continue
		}
		if err := c.Apply(ctx, object); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) manifests(ctx context.Context, repository string) ([]*unstructured.Unstructured, error) {
	command := exec.CommandContext(ctx, filepath.Join(c.options.Bin, "kubectl"), "kustomize", "--load-restrictor=LoadRestrictionsNone", filepath.Join(repository, "manifests"))
	command.Stderr = os.Stderr
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("kubectl kustomize manifests: %w", err)
	}
	return Decode(text)
}

// OperatorKubeconfig writes NAME.kubeconfig with a fresh token of the operator's ServiceAccount, and returns the file.
func (c *Cluster) OperatorKubeconfig(ctx context.Context, name string) (string, error) {
	return c.AccountKubeconfig(ctx, name, OperatorNamespace, operatorAccount)
}

// AccountKubeconfig does the same for any ServiceAccount.
func (c *Cluster) AccountKubeconfig(ctx context.Context, name, namespace, account string) (string, error) {
	seconds := int64(tokenSeconds)
	answer, err := c.Kube.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("a token for %s/%s: %w", namespace, account, err)
	}
	file := c.Kubeconfig(name)
	return file, writeKubeconfig(file, c.Server, c.pki.pem, &api.AuthInfo{Token: answer.Status.Token}, namespace)
}

// Kubectl runs kubectl as the administrator; both outputs come back as one.
func (c *Cluster) Kubectl(ctx context.Context, stdin string, args ...string) (string, error) {
	return run(ctx, stdin, filepath.Join(c.options.Bin, "kubectl"), append([]string{"--kubeconfig=" + c.Kubeconfig("admin")}, args...)...)
}
