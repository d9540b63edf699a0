//go:build !amd64

package cpu

// fastest is the best table of kernels for this processor.
func fastest() kernels { return portable() }

// supported are the tables that this processor can run besides the portable one.
func supported() []kernels { return nil }
