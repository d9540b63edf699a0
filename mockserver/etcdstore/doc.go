// Package etcdstore keeps the state of mock servers in etcd, so that several of them answer as one.
//
// Below a prefix there are the keys data/SCOPE/KIND/NAME, and for each scope version/SCOPE: a commit puts a token of
// its own there, and the revision of that put is the scope's version. A commit is one transaction that compares these
// revisions, a look at the versions is one linearizable read, and a watch tells what others commit.
//
// The client of etcd is heavy, so that the library does not import this package; the command does. It must not know
// what is kept.
package etcdstore
