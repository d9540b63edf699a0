// Package backend is the seam between a model and the hardware that computes it:
// the matrix work, nothing else. A backend holds weights and the KV cache in its
// own layout; it must not know of sequences, requests, text or families.
//
// Every operation is batch-invariant: a row's result has the same bits whatever
// other rows stand beside it. Greedy text is therefore the same alone, in any
// batch, with chunked prefill, after preemption and on a prefix hit.
package backend
