//go:build !unix

package launcher

import (
	"os"
	"syscall"
)

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// terminateGroup kills: there is no signal that asks.
func terminateGroup(p *os.Process) { killGroup(p) }

// killGroup ends the process alone; one that has ended needs nothing.
func killGroup(p *os.Process) { _ = p.Kill() }
