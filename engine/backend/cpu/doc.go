// Package cpu computes on the processor, without cgo: portable Go everywhere and
// faster kernels where the processor has them. One table of kernels is picked when
// the backend is made; all tables have the same meaning and one test suite.
//
// Every kernel sums in an order that depends on nothing but the lengths, so that
// results are batch-invariant.
package cpu
