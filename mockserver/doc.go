// Package mockserver is a serving API that tests and laptops can own: the control plane of serving endpoints
// with its lifecycle, and a data plane that really answers.
//
// A request goes one way: a route of the table (routes.go) turns bytes into wire types, a service method knows
// the rules, defaults and versions, the store keeps records, the lifecycle says what a record looks like now,
// and the runtime picks an entity and a backend for an invocation.
//
// State changes through a ledger (ledger.go), which decides on what is there, keeps what was decided in a Store if
// it has one, and shows it. Servers that share a Store answer as one.
//
// State is a function of records and a clock: nothing runs in the background (listeners, the engine, what follows a
// shared store and the writer of inference tables apart, which start when they are first needed and end with Close),
// so that a server lives inside a testing/synctest bubble. Each bearer token opens a workspace of its own.
//
// The package knows neither the client nor the provider. One file, runtime_engine.go, imports the engine.
package mockserver
