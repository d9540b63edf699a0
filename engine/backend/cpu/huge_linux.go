package cpu

import "golang.org/x/sys/unix"

// adviseHuge asks for huge pages. A system that has none goes on with small ones.
func adviseHuge(memory []byte) { _ = unix.Madvise(memory, unix.MADV_HUGEPAGE) }
