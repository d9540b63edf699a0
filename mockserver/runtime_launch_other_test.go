//go:build !unix

package mockserver

import (
	"os"
	"strconv"
)

// over reports whether a process has ended.
func over(pid string) bool {
	n, err := strconv.Atoi(pid)
	if err != nil {
		return false
	}
	_, err = os.FindProcess(n)
	return err != nil
}
