package storetest

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHub(t *testing.T) {
	t.Parallel()
	var h Hub
	Run(t, func(*testing.T) mockserver.Store { return h.Open() })
}
