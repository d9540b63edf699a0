//go:build !linux

package cpu

// adviseHuge does nothing: other systems choose the size of pages themselves.
func adviseHuge([]byte) {}
