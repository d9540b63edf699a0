// Package sim stands in for a model on a GPU that is not there: a step takes the
// time that the roofline of the named GPU predicts, and the text is deterministic.
// It has no weights and must not know of requests or scheduling.
package sim
