package harness

import "os/exec"

// ownGroup does nothing: without Setpgid, Ctrl-C reaches every process of the console by itself.
func ownGroup(*exec.Cmd) {}

// interrupt kills, since a Windows process can't be asked.
func interrupt(cmd *exec.Cmd) { kill(cmd) }

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
