//go:build unix

package harness

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps Ctrl-C from reaching the child twice: its parent alone passes it on, to the whole group, and
// so a provider never outlives its terraform.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func interrupt(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
