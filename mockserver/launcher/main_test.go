package launcher

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/inference-iac/terraform-provider-inference/internal/standin"
)

// TestMain is the engine that tests launch, or a parent that launches one, when the environment asks for it.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("LAUNCHER_TEST_PARENT") != "":
		parent()
	case os.Getenv("LAUNCHER_TEST_ENGINE") != "":
		os.Exit(standin.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}
