// Package provider is the entry into the plugin: the provider block's schema, its configuration (attribute,
// then environment, then default) and the registry of resources, data sources and functions.
//
// It knows how settings become a client and a coordinator, and nothing of any resource's attributes or of
// the wire.
package provider
