package api

// PathExternalFunction is POST of a call through a connection of the workspace.
const PathExternalFunction = "/api/2.0/external-function"

// ExternalFunction is the body of a call through a connection. Headers, JSON and Params are JSON documents in
// strings.
type ExternalFunction struct {
	ConnectionName string `json:"connection_name"`
	Method         string `json:"method"` // GET, POST, PUT, PATCH or DELETE
	Path           string `json:"path"`
	Headers        string `json:"headers,omitempty"`
	JSON           string `json:"json,omitempty"`
	Params         string `json:"params,omitempty"`
	SubDomain      string `json:"sub_domain,omitempty"`
}
