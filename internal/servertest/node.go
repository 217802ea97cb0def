package servertest

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// Patience is how long the helpers wait for what must happen. Generous: it only costs time when a test fails.
const Patience = Slowdown * time.Minute

// App is the app that nodes are started with.
const (
	App       = "5f1e0c2d3b4a596877869504"
	ClientKey = "test-client-key"
	MasterKey = "test-master-key"
)

// Node is a parley process, or the place of one.
type Node struct {
	// Name is the node's name in its Cluster, SecretFile the file with the cluster's secret; "" without one.
	Name, SecretFile string
	// Dir is the data directory.
	Dir string
	// Listen and the others are the node's addresses, HOST:PORT.
	Listen, AdminListen, RaftListen, ActorListen string
	// CA is the file of what has signed the certificate of --tls-cert, "" = Listen speaks no TLS.
	CA string

	t     testing.TB
	extra []string
	// races is what WatchRaces said.
	races string

	cmd    *exec.Cmd
	stdout *output
	stderr *output
	// exited is closed when the process has ended.
	exited chan struct{}
}

// Start starts a node with the flags that a test needs and those in extra, and waits until it is ready. It has the app
// App unless extra has --app. When the test ends the node is killed, and fails the test if it saw a data race (WatchRaces).
func Start(t testing.TB, extra ...string) *Node {
	t.Helper()
	n := New(t, extra...)
	n.Restart()
	return n
}

// New returns the place of a node that is not started: Restart does.
func New(t testing.TB, extra ...string) *Node {
	t.Helper()
	addrs := FreeAddrs(t, 4)
	n := &Node{
		t: t, extra: extra, races: WatchRaces(t), Dir: filepath.Join(t.TempDir(), "data"),
		Listen: addrs[0], AdminListen: addrs[1], RaftListen: addrs[2], ActorListen: addrs[3],
		stdout: &output{}, stderr: &output{},
	}
	t.Cleanup(n.Kill)
	return n
}

// Args returns the command line that Restart uses, without the program.
func (n *Node) Args() []string {
	args := []string{
		"serve", "--data", n.Dir, "--listen", n.Listen, "--admin-listen", n.AdminListen,
		"--raft-listen", n.RaftListen, "--actor-listen", n.ActorListen,
	}
	for _, a := range n.extra {
		if a == "--app" || a == NoApp {
			return append(args, without(n.extra, NoApp)...)
		}
	}
	return append(append(args, "--app", App+":"+ClientKey+":"+MasterKey), n.extra...)
}

// NoApp among Start's extra flags starts a node without --app.
const NoApp = "no-app"

func without(list []string, drop string) (kept []string) {
	for _, s := range list {
		if s != drop {
			kept = append(kept, s)
		}
	}
	return kept
}

// Restart starts the process, which must not be running, and waits until it is ready.
func (n *Node) Restart() {
	n.t.Helper()
	n.Launch()
	n.AwaitReady()
}

// Launch starts the process and does not wait for it.
func (n *Node) Launch() {
	n.t.Helper()
	n.cmd = exec.Command(Binary(n.t), n.Args()...)
	n.cmd.Stdout, n.cmd.Stderr = n.stdout, n.stderr
	n.cmd.Env = append(os.Environ(), n.races)
	n.cmd.Dir = n.t.TempDir()
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		cmd.Wait() //nolint:errcheck // the exit code says it
		close(exited)
	}(n.cmd, n.exited)
}

// AwaitReady waits until /readyz is 200.
func (n *Node) AwaitReady() {
	n.t.Helper()
	Eventually(n.t, "the node is ready", func() bool {
		select {
		case <-n.exited:
			n.t.Fatalf("the node ended with code %d\n%s", n.cmd.ProcessState.ExitCode(), n.Stderr())
		default:
		}
		return n.Ready()
	})
}

// Ready reports whether /readyz is 200.
func (n *Node) Ready() bool {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL()+"/readyz", nil)
	if err != nil {
		n.t.Fatal(err)
	}
	resp, err := n.HTTP().Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close() //nolint:errcheck // nothing in it
	return resp.StatusCode == http.StatusOK
}

// URL is the base of the client listener.
func (n *Node) URL() string { return n.scheme() + n.Listen }

// AdminURL is the base of the operators' listener.
func (n *Node) AdminURL() string { return "http://" + n.AdminListen }

// Stdout is what the node's processes have written to it so far.
func (n *Node) Stdout() string { return n.stdout.String() }

// Stderr is what the node's processes have logged so far.
func (n *Node) Stderr() string { return n.stderr.String() }

// Signal sends sig to the process.
func (n *Node) Signal(sig os.Signal) {
	n.t.Helper()
	if err := n.cmd.Process.Signal(sig); err != nil {
		n.t.Fatal(err)
	}
}

// Kill ends the process at once, as a crash would, and waits for its end. It may be called at any time.
func (n *Node) Kill() {
	if n.exited == nil {
		return
	}
	n.cmd.Process.Kill() //nolint:errcheck // it may have ended
	<-n.exited
}

// Terminate asks the process to end and returns its exit code.
func (n *Node) Terminate() int {
	n.t.Helper()
	n.Signal(syscall.SIGTERM)
	return n.AwaitExit()
}

// AwaitExit waits for the end of the process and returns its exit code.
func (n *Node) AwaitExit() int {
	n.t.Helper()
	select {
	case <-n.exited:
		return n.cmd.ProcessState.ExitCode()
	case <-time.After(Patience):
		n.t.Fatalf("the node does not end\n%s", n.Stderr())
		return -1
	}
}

// AddFlags adds to the flags of the next starts; of one that is given twice the last counts.
func (n *Node) AddFlags(flags ...string) { n.extra = append(n.extra, flags...) }

// SetFlag gives a flag another value in the next starts; unlike with AddFlags, the one that it had is forgotten.
func (n *Node) SetFlag(flag, value string) {
	if i := slices.Index(n.extra, flag); i >= 0 {
		n.extra = slices.Delete(slices.Clone(n.extra), i, i+2)
	}
	n.AddFlags(flag, value)
}
