//go:build unix

package launcher

import (
	"os"
	"syscall"
)

func terminateGroup(p *os.Process) { signalGroup(p, syscall.SIGTERM) }

func killGroup(p *os.Process) { signalGroup(p, syscall.SIGKILL) }

// signalGroup signals the process and all that it started, which are in the group that it leads. A group that is
// gone needs no signal.
func signalGroup(p *os.Process, s syscall.Signal) { _ = syscall.Kill(-p.Pid, s) }
