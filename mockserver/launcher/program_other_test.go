//go:build !unix

package launcher

import "os"

// gone reports whether a process has ended.
func gone(pid int) bool {
	_, err := os.FindProcess(pid)
	return err != nil
}
