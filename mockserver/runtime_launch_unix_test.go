//go:build unix

package mockserver

import (
	"errors"
	"strconv"
	"syscall"
)

// over reports whether a process has ended and was reaped.
func over(pid string) bool {
	n, err := strconv.Atoi(pid)
	return err == nil && errors.Is(syscall.Kill(n, 0), syscall.ESRCH)
}
