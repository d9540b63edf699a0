package mockserver

import (
	"bytes"
	"encoding/json"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// sameSpec compares two completed specs by their wire form, which is total and ordered.
func sameSpec(a, b api.ServedEntityInput) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
