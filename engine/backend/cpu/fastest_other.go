//go:build !amd64

package cpu

// fastest is the best table of kernels for this processor.
func fastest() kernels { return portable() }
