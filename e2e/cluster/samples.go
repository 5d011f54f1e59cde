package cluster

import (
	"context"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// CreateSamples applies the objects of a file, namespaces and instances, and waits until the instances run.
func (c *Cluster) CreateSamples(ctx context.Context, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	objects, err := Decode(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, object := range objects {
		if object.GetNamespace() != "" {
			if err := c.AwaitNamespace(ctx, object.GetNamespace()); err != nil {
				return err
			}
		}
		if err := c.Apply(ctx, object); err != nil {
			return err
		}
	}
	for _, object := range objects {
		if object.GetKind() != "VirtualMachineInstance" {
			continue
		}
		if err := c.await(ctx, object.GetName(), func(ctx context.Context) error {
			client, err := c.Resource(object)
			if err != nil {
				return err
			}
			now, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
			if err != nil {
				return err
			}
			if phase, _, _ := unstructured.NestedString(now.Object, "status", "phase"); phase != "Running" {
				return fmt.Errorf("it is %s", phase)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// AwaitNamespace waits for the service account without which no pod is admitted.
func (c *Cluster) AwaitNamespace(ctx context.Context, namespace string) error {
	return c.await(ctx, "", func(ctx context.Context) error {
		_, err := c.Kube.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}
