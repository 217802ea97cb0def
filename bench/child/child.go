package child

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/parley-im/parley/bench/machine"
)

const (
	// defaultGrace is longer than a node's own budget for its end, 8 s.
	defaultGrace = 10 * time.Second
	// readyTimeout bounds a start, Raft's elections included.
	readyTimeout = 60 * time.Second
	// readyPoll is the time between two looks at Ready.
	readyPoll = 20 * time.Millisecond
)

// Command says what to run.
type Command struct {
	// Path of the executable, and its arguments without its name.
	Path string
	Args []string
	// Ready is a URL that answers 200 once the child is up.
	Ready string
	// Cores are the numbers of the cores that the child may use; nil = those of this process.
	Cores []int
	// Grace is how long the child may take to end after SIGTERM; then it is killed. Zero means 10 s.
	Grace time.Duration
}

// Process is a running child.
type Process struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	output *tail
	// done is closed by run when the process has ended and cmd.ProcessState may be read.
	done chan struct{}
}

// Start starts the child and waits until it is ready. When it is not, its end has been waited for.
func Start(ctx context.Context, c Command) (*Process, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &Process{cancel: cancel, output: &tail{}, done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, c.Path, c.Args...)
	p.cmd.Env = environment(os.Environ())
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tie(p.cmd.SysProcAttr)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = cmp.Or(c.Grace, defaultGrace)
	started := make(chan error, 1)
	go p.run(started, c.Cores)
	if err := <-started; err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	if err := p.await(ctx, c.Ready); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// run starts the process and waits for its end. NB: the kernel takes the end of the thread that started the child for
// the death of the parent (prctl(2), PR_SET_PDEATHSIG), hence this thread is kept until then.
func (p *Process) run(started chan<- error, cores []int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	err := startOn(cores, p.cmd.Start)
	started <- err
	if err == nil {
		p.cmd.Wait() //nolint:errcheck // the process state says it
	}
}

// startOn starts a child that inherits these cores from the thread, which has its own again then.
func startOn(cores []int, start func() error) error {
	if len(cores) == 0 {
		return start()
	}
	own := machine.Cores()
	if err := machine.PinThread(cores...); err != nil {
		return err
	}
	return errors.Join(start(), machine.PinThread(own...))
}

// await waits until url answers 200.
func (p *Process) await(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for !answers(ctx, url) {
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("the server ended while it was starting: %s", p.LastWords())
		case <-ctx.Done():
			return fmt.Errorf("the server does not get ready: %w", ctx.Err())
		}
	}
	return nil
}

// asker keeps no connection: the children come and go.
var asker = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := asker.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close() //nolint:errcheck // nothing in it
	return resp.StatusCode == http.StatusOK
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// LastWords returns the last line that the process wrote, for people; "" = none.
func (p *Process) LastWords() string { return p.output.lastLine() }

// Pid returns the process's id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Kill ends the process with SIGKILL and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.done
	p.cancel()
}

// Stop ends the process and waits for its end. The error says that it did not end in good order, by itself or when it was
// asked to. Any number of calls is fine.
func (p *Process) Stop() error {
	p.cancel()
	<-p.done
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the server ended with %s: %s", p.cmd.ProcessState, p.LastWords())
	}
	return nil
}

// environment returns env without parley's variables.
func environment(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "PARLEY_") })
}
