package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/parley-im/parley/bench/child"
	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/writeloop"
)

// benchServer is a server that runs for the time of a measurement, as a child process of this executable; or one that is there.
type benchServer struct {
	// url, admin, app and key are how it is reached; admin "" = it is not asked for figures.
	url, admin, app, key string
	// args are its command line, nil = it is there already; dir its directory, "" = it needs none; cores those that it may use,
	// nil = all.
	args    []string
	dir     string
	cores   []int
	process *child.Process
}

// load aims a scenario at the server.
func (s *benchServer) load(scenario fanout.Scenario) (o fanout.Options, err error) {
	o = fanout.Options{Scenario: scenario, AdminURL: s.admin}
	p, err := fanout.NewMaxIM(s.url, s.app, s.key, scenario.Revision)
	if err == nil {
		o.Protocol = p
	}
	return o, err
}

// newNode plans a node of parley on free ports and a directory of its own, with an app whose keys are drawn.
func newNode(s fanout.Scenario) (*benchServer, error) {
	addrs, err := child.FreeAddrs(4)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return nil, err
	}
	n := &benchServer{url: "http://" + addrs[0], admin: "http://" + addrs[1], app: "bench", key: rand.Text(), dir: dir}
	n.args = []string{
		"serve", "--data", filepath.Join(dir, "data"), "--listen", addrs[0], "--admin-listen", addrs[1],
		"--raft-listen", addrs[2], "--actor-listen", addrs[3], "--app", n.app + ":" + n.key + ":" + rand.Text(),
		"--limit-room-members", strconv.Itoa(s.MostInRoom()),
	}
	return n, nil
}

// newWriteLoop plans a baseline.
func newWriteLoop(strategy writeloop.Strategy) (*benchServer, error) {
	addrs, err := child.FreeAddrs(1)
	if err != nil {
		return nil, err
	}
	args := []string{"bench", writeLoopVerb, "--listen", addrs[0], "--strategy", string(strategy)}
	return &benchServer{url: "http://" + addrs[0], admin: "http://" + addrs[0], app: "bench", key: "none", args: args}, nil
}

// targetPlan is the server that was named.
func (c *fanoutCommand) targetPlan() (*benchServer, error) {
	id, key, err := splitApp(c.app)
	return &benchServer{url: c.target, admin: c.admin, app: id, key: key}, err
}

// start starts the server and waits until it is ready.
func (s *benchServer) start(ctx context.Context) error {
	if s.args == nil {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s.process, err = child.Start(ctx, child.Command{Path: self, Args: s.args, Ready: s.url + "/readyz", Cores: s.cores})
	return err
}

// pid is that of its process; 0 = nobody knows.
func (s *benchServer) pid() int {
	if s.process == nil {
		return 0
	}
	return s.process.Pid()
}

// explain adds to an error that the server has ended, if that is so.
func (s *benchServer) explain(err error) error {
	if err == nil || s.process == nil {
		return err
	}
	select {
	case <-s.process.Done():
		return fmt.Errorf("%w; the server ended meanwhile: %s", err, s.process.LastWords())
	default:
		return err
	}
}

// stop ends the server and removes its directory.
func (s *benchServer) stop() (err error) {
	if s.process != nil {
		err = s.process.Stop()
	}
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return err
}
