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
)

// benchServer is a server that runs for the time of a measurement, as a child process of this executable.
type benchServer struct {
	// load is what was asked for, aimed at this server.
	load fanout.Options
	// args are its command line, dir its directory; "" = it needs none.
	args    []string
	dir     string
	process *child.Process
}

// newNode plans a node of parley on free ports and a directory of its own, with an app whose keys are drawn.
func newNode(load fanout.Options) (*benchServer, error) {
	addrs, err := child.FreeAddrs(4)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return nil, err
	}
	load.URL, load.AdminURL = "http://"+addrs[0], "http://"+addrs[1]
	load.App, load.Key = "bench", rand.Text()
	args := []string{
		"serve", "--data", filepath.Join(dir, "data"), "--listen", addrs[0], "--admin-listen", addrs[1],
		"--raft-listen", addrs[2], "--actor-listen", addrs[3], "--app", load.App + ":" + load.Key + ":" + rand.Text(),
		"--limit-room-members", strconv.Itoa(load.Members),
	}
	return &benchServer{load: load, args: args, dir: dir}, nil
}

// newWriteLoop plans the baseline.
func newWriteLoop(load fanout.Options) (*benchServer, error) {
	addrs, err := child.FreeAddrs(1)
	if err != nil {
		return nil, err
	}
	load.URL, load.AdminURL = "http://"+addrs[0], "http://"+addrs[0]
	load.App, load.Key = "bench", "none"
	return &benchServer{load: load, args: []string{"bench", writeLoopVerb, "--listen", addrs[0]}}, nil
}

// start starts the server and waits until it is ready.
func (s *benchServer) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s.process, err = child.Start(ctx, child.Command{Path: self, Args: s.args, Ready: s.load.URL + "/readyz"})
	return err
}

// explain adds to an error that the server has ended, if that is so.
func (s *benchServer) explain(err error) error {
	if err == nil {
		return nil
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
