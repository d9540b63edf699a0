// Package scheduler decides which tokens of which sequences the next step
// computes. It holds no tensors and must not know of models, sampling or text.
//
// There is no prefill phase and no decode phase: a sequence has computed < known
// tokens, and a step hands out its token budget, first to running sequences in
// order of arrival, then to waiting ones.
package scheduler
