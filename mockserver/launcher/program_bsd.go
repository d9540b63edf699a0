//go:build unix && !linux

package launcher

import "syscall"

// attributes make the process the leader of a group. Nothing here ends it when this process is killed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
