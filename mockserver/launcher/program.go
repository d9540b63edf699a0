package launcher

import (
	"io"
	"os/exec"
	"runtime"
	"time"
)

// Program is one run of a program.
type Program interface {
	PID() int
	Done() <-chan struct{} // closed when it has ended
	Err() error            // how it ended, after Done
	Terminate()            // asks it and what it started to end
	Kill()                 // ends it and what it started
}

// Starter starts a program; both its outputs go to out.
type Starter func(l Launch, out io.Writer) (Program, error)

// pipeDelay is how long a program that has ended may leave its output open through what it started.
const pipeDelay = 2 * time.Second

// program is a process of this machine.
type program struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Exec starts a process.
func Exec(l Launch, out io.Writer) (Program, error) {
	cmd := exec.Command(l.Command[0], l.Command[1:]...)
	cmd.Dir, cmd.Env = l.Directory, l.Env
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr, cmd.WaitDelay = attributes(), pipeDelay
	p := &program{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux kills the process with the thread that started it, so that thread must last as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		killGroup(cmd.Process) // what it started ends with it
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *program) PID() int              { return p.cmd.Process.Pid }
func (p *program) Done() <-chan struct{} { return p.done }
func (p *program) Err() error            { return p.err }
func (p *program) Terminate()            { terminateGroup(p.cmd.Process) }
func (p *program) Kill()                 { killGroup(p.cmd.Process) }
