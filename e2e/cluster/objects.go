package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"
)

// FieldManager of what tests apply.
const FieldManager = "e2e"

func newMapper(kube kubernetes.Interface) meta.ResettableRESTMapper {
	return restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kube.Discovery()))
}

// Decode reads YAML or JSON documents.
func Decode(text []byte) (objects []*unstructured.Unstructured, err error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// Resource is the client for an object's kind, in its namespace if the kind has any.
func (c *Cluster) Resource(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) { // a definition that is younger than what was discovered
		c.mapper.Reset()
		mapping, err = c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		return c.Dynamic.Resource(mapping.Resource).Namespace(object.GetNamespace()), nil
	}
	return c.Dynamic.Resource(mapping.Resource), nil
}

// Apply server-side, with strict validation, so that a misspelt field is an error.
func (c *Cluster) Apply(ctx context.Context, objects ...*unstructured.Unstructured) error {
	for _, object := range objects {
		client, err := c.Resource(object)
		if err != nil {
			return err
		}
		if _, err = client.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: FieldManager, Force: true}); err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// create all at the same time; what exists already is left alone.
func (c *Cluster) create(ctx context.Context, objects []*unstructured.Unstructured) error {
	var group sync.WaitGroup
	failures := make([]error, len(objects))
	for i, object := range objects {
		group.Go(func() {
			client, err := c.Resource(object)
			if err == nil {
				_, err = client.Create(ctx, object, metav1.CreateOptions{FieldManager: FieldManager})
			}
			if err != nil && !apierrors.IsAlreadyExists(err) {
				failures[i] = fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
			}
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

// output of one of our programs, as objects.
func (c *Cluster) output(ctx context.Context, program string, args ...string) ([]*unstructured.Unstructured, error) {
	command := exec.CommandContext(ctx, filepath.Join(c.options.Bin, program), args...)
	command.Stderr = os.Stderr
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %v: %w", program, args, err)
	}
	return Decode(text)
}

// run a program to its end; both outputs come back as one.
func run(ctx context.Context, stdin, program string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Stdin = strings.NewReader(stdin)
	text, err := command.CombinedOutput()
	return string(text), err
}
