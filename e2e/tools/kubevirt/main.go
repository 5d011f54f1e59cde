package main
import (
 _ "kubevirt.io/kubevirt/pkg/virt-operator/resource/generate/components"
 _ "kubevirt.io/kubevirt/pkg/virt-operator/resource/generate/rbac"
 _ "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
 _ "sigs.k8s.io/yaml"
)
func main(){}
