// Package egress decides where connections may go.
//
// Names are checked when they are configured and addresses when they are dialled, after the resolver has spoken:
// what a name meant a moment ago does not count. Link-local and metadata addresses are refused whatever anybody
// allows; loopback and private ranges are open only where a policy says so. Clients made here follow no redirects
// and ask no proxy, so that a key never travels to a place that the configuration does not name.
//
// It knows nothing of models, providers or keys.
package egress
