// Package scenarios holds what Drover, and the control plane it is tested on, must do; one file a group, named as e2e/run names it.
package scenarios

import (
	"testing"

	"drover.dev/drover/e2e/spec"
)

func TestMain(m *testing.M) { spec.Main(m) }
