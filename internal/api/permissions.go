package api

// The permission levels of serving endpoints, highest first.
const (
	PermissionManage = "CAN_MANAGE"
	PermissionQuery  = "CAN_QUERY"
	PermissionView   = "CAN_VIEW"
)

// Permissions is the answer of GET, PUT and PATCH on an endpoint's permissions, which are keyed by its id.
type Permissions struct {
	ObjectID          string                `json:"object_id"`   // /serving-endpoints/<id>
	ObjectType        string                `json:"object_type"` // serving-endpoint
	AccessControlList []AccessControlAnswer `json:"access_control_list"`
}

// AccessControlAnswer is what one principal may do. Exactly one of the three names is set.
type AccessControlAnswer struct {
	Principal
	DisplayName    string            `json:"display_name,omitempty"`
	AllPermissions []PermissionGrant `json:"all_permissions"`
}

// Principal is a user, a group or a service principal.
type Principal struct {
	UserName             string `json:"user_name,omitempty"`
	GroupName            string `json:"group_name,omitempty"`
	ServicePrincipalName string `json:"service_principal_name,omitempty"`
}

// PermissionGrant is a level, given directly or inherited.
type PermissionGrant struct {
	PermissionLevel     string   `json:"permission_level"`
	Inherited           bool     `json:"inherited"`
	InheritedFromObject []string `json:"inherited_from_object,omitempty"`
}

// SetPermissions is the body of PUT, which replaces all direct grants, and of PATCH, which merges.
type SetPermissions struct {
	AccessControlList []AccessControl `json:"access_control_list,omitempty"`
}

// AccessControl asks for a level for one principal.
type AccessControl struct {
	Principal
	PermissionLevel string `json:"permission_level"`
}

// PermissionLevels is the answer to GET .../permissionLevels.
type PermissionLevels struct {
	PermissionLevels []PermissionLevel `json:"permission_levels"`
}

// PermissionLevel describes a level.
type PermissionLevel struct {
	PermissionLevel string `json:"permission_level"`
	Description     string `json:"description"`
}
