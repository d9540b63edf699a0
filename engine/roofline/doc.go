// Package roofline estimates how fast a GPU serves a model: the larger of the time
// to read memory and the time to compute, from shapes and data sheets alone. It is
// pure arithmetic without dependencies, so that a planner can use it as well as
// the simulated backend. It must not know of engines, requests or files.
package roofline
