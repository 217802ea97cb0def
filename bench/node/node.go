package node

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/parley-im/parley/bench/child"
)

// stopTimeout is how long a stop may take on a machine that is busy with other things; the node means to take 8 s.
const stopTimeout = time.Minute

// Options say what to start.
type Options struct {
	// Binary is the parley executable, Dir its data directory.
	Binary, Dir string
	// Flags are given to `parley serve` beside those of directory, ports and app.
	Flags []string
	// Cores are the numbers of the cores that the node may use; nil = those of this process.
	Cores []int
}

// Node is a parley that is started and ended, again and again if need be, on one directory.
type Node struct {
	// Dir is the data directory, URL the clients' listener, http://HOST:PORT.
	Dir, URL string
	// App and Key, a client key of it, sign logins and calls.
	App, Key string

	admin   string
	command child.Command
	process *child.Process // nil = it does not run
}

// New plans a node on ports that are free. Nothing is started, and nothing made.
func New(o Options) (*Node, error) {
	addrs, err := child.FreeAddrs(addrsOfNode)
	if err != nil {
		return nil, err
	}
	return plan(o, addrs, drawApp()), nil
}

// addrsOfNode is how many addresses a node listens on.
const addrsOfNode = 4

// app is an app with its keys.
type app struct{ id, client, master string }

func drawApp() app { return app{id: "bench", client: rand.Text(), master: rand.Text()} }

// plan plans a node on these addresses.
func plan(o Options, addrs []string, a app) *Node {
	n := &Node{Dir: o.Dir, URL: "http://" + addrs[0], App: a.id, Key: a.client, admin: "http://" + addrs[1]}
	n.command = child.Command{Path: o.Binary, Cores: o.Cores, Ready: n.URL + "/readyz", Grace: stopTimeout, Args: append([]string{
		"serve", "--data", o.Dir, "--listen", addrs[0], "--admin-listen", addrs[1], "--raft-listen", addrs[2], "--actor-listen", addrs[3],
		"--app", a.id + ":" + a.client + ":" + a.master,
	}, o.Flags...)}
	return n
}

// Start starts the node and returns when it was started; it is ready then.
func (n *Node) Start(ctx context.Context) (began time.Time, err error) {
	began = time.Now()
	n.process, err = child.Start(ctx, n.command)
	return began, err
}

// Stop ends the node in good order, if it runs.
func (n *Node) Stop() error {
	if n.process == nil {
		return nil
	}
	p := n.process
	n.process = nil
	return p.Stop()
}

// Kill ends the node, which runs, with SIGKILL and waits for its end.
func (n *Node) Kill() {
	n.process.Kill()
	n.process = nil
}

// Explain adds to an error that the node, which was started, has ended meanwhile, if that is so.
func (n *Node) Explain(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-n.process.Done():
		return fmt.Errorf("%w; the server ended meanwhile: %s", err, n.process.LastWords())
	default:
		return err
	}
}

// Memory returns the resident memory of the node, which runs.
func (n *Node) Memory() Memory { return memoryOf(n.process.Pid()) }
