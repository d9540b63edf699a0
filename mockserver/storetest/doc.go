// Package storetest is for tests of what servers share: a Hub is a store in memory for several servers of one
// process, which can be told to misbehave, and Run is what every store has to pass.
//
// It knows the interface of stores and nothing of servers.
package storetest
