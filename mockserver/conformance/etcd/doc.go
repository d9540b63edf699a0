// Package etcd runs mock servers against etcd itself, which it starts within the test: what a store promises, what
// happens when etcd loses a watch, its state or itself, and histories of three server processes that are killed all
// the time.
package etcd
