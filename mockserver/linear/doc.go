// Package linear asks whether servers answer as if one thing happened after the other, each at some moment between
// its request and its answer. Clients write to a few endpoints at the same time and keep a log; porcupine looks for
// an order that explains it by the specification.
//
// It is for tests, and knows of servers what clients do.
package linear
