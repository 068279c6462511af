package real

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// launcher starts processes from one thread that never ends: a process that is to die with its parent dies with the
// thread that started it.
var launcher = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	go func() {
		runtime.LockOSThread()
		for job := range jobs {
			job()
		}
	}()
	return jobs
})

// launch starts a process that dies when this one does, in a group of its own: an interrupt from the terminal is for
// this process alone.
func launch(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	done := make(chan error)
	launcher() <- func() { done <- cmd.Start() }
	return <-done
}

// signal sends a signal to a process and to the children that it has, such as one that writes a snapshot.
func signal(cmd *exec.Cmd, s syscall.Signal) error { return syscall.Kill(-cmd.Process.Pid, s) }
