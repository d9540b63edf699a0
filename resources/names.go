package resources

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// compositeID is the id of what belongs to an endpoint. Neither part can hold a slash.
func compositeID(endpoint, name string) string { return endpoint + "/" + name }

// splitID reads an import id of the form endpoint/name.
func splitID(id string) (endpoint, name string, err error) {
	endpoint, name, ok := strings.Cut(id, "/")
	if !ok || endpoint == "" || name == "" || strings.Contains(name, "/") {
		return "", "", fmt.Errorf("the import id must be <endpoint>/<served entity>, got %q", id)
	}
	return endpoint, name, nil
}

// entityObject and the like name an object in diagnostics.
func entityObject(endpoint, name string) string {
	return fmt.Sprintf("served entity %q of serving endpoint %q", name, endpoint)
}

func routeObject(endpoint, name string) string {
	return fmt.Sprintf("traffic route to %q of serving endpoint %q", name, endpoint)
}

func endpointObject(name string) string { return fmt.Sprintf("serving endpoint %q", name) }

// known reports whether v has a value.
func known(v interface {
	IsNull() bool
	IsUnknown() bool
}) bool {
	return !v.IsNull() && !v.IsUnknown()
}

// orNull is null for the empty string, which the wire leaves out.
func orNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}
