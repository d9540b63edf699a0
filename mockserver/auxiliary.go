package mockserver

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// hostMetadata is what clients probe before they authenticate.
type hostMetadata struct {
	OIDCEndpoint string `json:"oidc_endpoint"`
	AccountID    string `json:"account_id"`
	WorkspaceID  string `json:"workspace_id,omitempty"`
	Cloud        string `json:"cloud"`
	HostType     string `json:"host_type"`
}

// databricksConfig answers the host metadata probe. It names no workspace: that depends on the token.
func (s *Server) databricksConfig(x *exchange) (hostMetadata, error) {
	return hostMetadata{OIDCEndpoint: x.base() + "/oidc", AccountID: "00000000-0000-0000-0000-000000000000", Cloud: "aws", HostType: "workspace"}, nil
}

type oidcMetadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	GrantTypes            []string `json:"grant_types_supported"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
}

// oidcDiscovery answers the discovery document of the token endpoint.
func (s *Server) oidcDiscovery(x *exchange) (oidcMetadata, error) {
	return oidcMetadata{
		Issuer: x.base() + "/oidc", AuthorizationEndpoint: x.base() + "/oidc/v1/authorize", TokenEndpoint: x.base() + "/oidc/v1/token",
		GrantTypes: []string{"client_credentials", jwtBearer}, AuthMethods: []string{"client_secret_basic", "client_secret_post"},
	}, nil
}

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"

type oidcTokenResponse struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string `json:"scope"`
}

type scimName struct {
	GivenName string `json:"givenName,omitempty"`
}

// scimUser is the current user, as far as clients read it.
type scimUser struct {
	Schemas     []string `json:"schemas"`
	ID          string   `json:"id"`
	UserName    string   `json:"userName"`
	DisplayName string   `json:"displayName"`
	Active      bool     `json:"active"`
	Name        scimName `json:"name"`
}

// scimMe answers who calls. Clients read the workspace's number from the header.
func (s *Server) scimMe(x *exchange) (jsonResponse, error) {
	id := strconv.FormatUint(x.tenant.id(), 10)
	return jsonResponse{
		value: scimUser{
			Schemas: []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
			ID:      id, UserName: x.user, DisplayName: x.user, Active: true, Name: scimName{GivenName: x.user},
		},
		header: map[string]string{"X-Databricks-Org-Id": id},
	}, nil
}

// oidcToken answers the token endpoint. A client's secret is a bearer token of this server; with a list of
// tokens it must be one of them.
func (s *Server) oidcToken(x *exchange) (oidcTokenResponse, error) {
	form, err := url.ParseQuery(string(x.body))
	if err != nil {
		return oidcTokenResponse{}, badRequest("Could not parse the form: %s.", err)
	}
	var token string
	switch grant := form.Get("grant_type"); grant {
	case "client_credentials":
		token = x.basicPassword
		if token == "" {
			token = form.Get("client_secret")
		}
	case jwtBearer:
		token = form.Get("assertion")
	default:
		return oidcTokenResponse{}, badRequest("grant_type must be client_credentials or %s, got '%s'.", jwtBearer, grant)
	}
	if _, ok := s.auth.identify(token); !ok {
		return oidcTokenResponse{}, refuse(http.StatusUnauthorized, api.CodeUnauthenticated, "The client's credentials are not known.")
	}
	scope := form.Get("scope")
	if scope == "" {
		scope = "all-apis"
	}
	return oidcTokenResponse{AccessToken: token, TokenType: "Bearer", ExpiresIn: 3600, Scope: scope}, nil
}
