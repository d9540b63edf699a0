package mockserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// level orders the permission levels; zero is none.
type level int

const (
	mayNothing level = iota
	mayView
	mayQuery
	mayManage
)

func levelOf(name string) level {
	return map[string]level{api.PermissionView: mayView, api.PermissionQuery: mayQuery, api.PermissionManage: mayManage}[name]
}

func (l level) String() string {
	return [...]string{"", api.PermissionView, api.PermissionQuery, api.PermissionManage}[l]
}

// caller is who sends a request, with what that person may do beyond an endpoint's own grants.
type caller struct {
	user   string
	groups []string
	admin  bool
}

// everyone is the group that every user is in.
var everyone = []string{"users"}

func (s *Server) caller(user string) caller {
	groups := everyone
	if own := s.opts.Groups[user]; len(own) > 0 {
		groups = slices.Concat(everyone, own)
	}
	return caller{
		user: user, groups: groups,
		admin: s.opts.Admins == nil || slices.Contains(s.opts.Admins, user),
	}
}

// level is the highest that the endpoint grants the caller.
func (r *record) level(c caller) level {
	if c.admin {
		return mayManage
	}
	highest := mayNothing
	for _, a := range r.Access {
		if a.UserName == c.user || a.ServicePrincipalName == c.user || slices.Contains(c.groups, a.GroupName) {
			highest = max(highest, levelOf(a.PermissionLevel))
		}
	}
	return highest
}

// permit refuses a caller who may do too little.
func (r *record) permit(c caller, needed level) error {
	if r.level(c) >= needed {
		return nil
	}
	return refuse(http.StatusForbidden, api.CodePermissionDenied, "User '%s' does not have %s permission on endpoint '%s'.", c.user, needed, r.Name)
}

// getPermissions answers get_permissions.
func (s *Server) getPermissions(x *exchange) (api.Permissions, error) {
	r, err := x.tenant.byID(x.vars["id"])
	if err != nil {
		return api.Permissions{}, err
	}
	return showPermissions(r), r.permit(x.caller, mayView)
}

// putPermissions answers put_permissions: all direct grants are replaced.
func (s *Server) putPermissions(x *exchange, req api.SetPermissions) (api.Permissions, error) {
	return s.setPermissions(x, func([]api.AccessControl) []api.AccessControl { return nil }, req)
}

// patchPermissions answers patch_permissions: grants of the named principals are replaced, others stay.
func (s *Server) patchPermissions(x *exchange, req api.SetPermissions) (api.Permissions, error) {
	return s.setPermissions(x, func(old []api.AccessControl) []api.AccessControl {
		return slices.DeleteFunc(slices.Clone(old), func(a api.AccessControl) bool {
			return slices.ContainsFunc(req.AccessControlList, func(b api.AccessControl) bool { return a.Principal == b.Principal })
		})
	}, req)
}

func (s *Server) setPermissions(x *exchange, keep func([]api.AccessControl) []api.AccessControl, req api.SetPermissions) (api.Permissions, error) {
	if err := checkAccess(req.AccessControlList); err != nil {
		return api.Permissions{}, err
	}
	found, err := x.tenant.byID(x.vars["id"])
	if err != nil {
		return api.Permissions{}, err
	}
	r, err := x.tenant.update(x.ctx, found.Name, s.opts.Progression, x.now, func(r *draft) error {
		if r.ID != found.ID {
			return noEndpointID(found.ID)
		}
		if err := r.permit(x.caller, mayManage); err != nil {
			return err
		}
		r.Access = append(keep(r.Access), req.AccessControlList...)
		return nil
	})
	if err != nil {
		return api.Permissions{}, err
	}
	return showPermissions(r), nil
}

func checkAccess(list []api.AccessControl) error {
	seen := map[api.Principal]bool{}
	for i, a := range list {
		at := fmt.Sprintf("access_control_list[%d]", i)
		names := 0
		for _, n := range []string{a.UserName, a.GroupName, a.ServicePrincipalName} {
			if n != "" {
				names++
			}
		}
		switch {
		case names != 1:
			return invalid(at, "must have exactly one of user_name, group_name and service_principal_name")
		case levelOf(a.PermissionLevel) == mayNothing:
			return invalid(at+".permission_level", "must be one of CAN_MANAGE, CAN_QUERY, CAN_VIEW, got '%s'", a.PermissionLevel)
		case seen[a.Principal]:
			return invalid(at, "names a principal a second time")
		}
		seen[a.Principal] = true
	}
	return nil
}

// showPermissions lists the direct grants, and what workspace admins inherit.
func showPermissions(r *record) api.Permissions {
	out := api.Permissions{ObjectID: "/serving-endpoints/" + r.ID, ObjectType: "serving-endpoint"}
	for _, a := range r.Access {
		out.AccessControlList = append(out.AccessControlList, api.AccessControlAnswer{
			Principal: a.Principal, DisplayName: a.UserName + a.ServicePrincipalName,
			AllPermissions: []api.PermissionGrant{{PermissionLevel: a.PermissionLevel}},
		})
	}
	out.AccessControlList = append(out.AccessControlList, api.AccessControlAnswer{
		Principal:      api.Principal{GroupName: "admins"},
		AllPermissions: []api.PermissionGrant{{PermissionLevel: api.PermissionManage, Inherited: true, InheritedFromObject: []string{"/serving-endpoints/"}}},
	})
	return out
}

// permissionLevels answers get_permission_levels.
func (s *Server) permissionLevels(x *exchange) (api.PermissionLevels, error) {
	if _, err := x.tenant.byID(x.vars["id"]); err != nil {
		return api.PermissionLevels{}, err
	}
	return api.PermissionLevels{PermissionLevels: []api.PermissionLevel{
		{PermissionLevel: api.PermissionManage, Description: "Can Manage permission on serving endpoint"},
		{PermissionLevel: api.PermissionQuery, Description: "Can Query permission on serving endpoint"},
		{PermissionLevel: api.PermissionView, Description: "Can View permission on serving endpoint"},
	}}, nil
}

func noEndpointID(id string) error {
	return refuse(http.StatusNotFound, api.CodeNotFound, "Serving endpoint with id '%s' does not exist.", id)
}

// byID finds an endpoint by its id, which permissions are bound to.
func (w *workspace) byID(id string) (*record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.endpoints {
		if strings.EqualFold(r.ID, id) {
			return r, nil
		}
	}
	return nil, noEndpointID(id)
}
