package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/parley-im/parley/bench/child"
	"github.com/parley-im/parley/bench/fanout"
)

// The servers, as results name them.
const (
	parleyName = "parley"
	limitCo    = "limit-co"
	limitWrite = "limit-write"
	natsName   = "nats"
	centriName = "centrifuge"
	socketName = "socket.io"
)

// server is one that is measured again and again, anew each time.
type server struct {
	name string
	// peer says that it is somebody else's, and not a bare program.
	peer bool
	// plan makes what one run under this load needs; nothing is started.
	plan func(fanout.Scenario) (*plan, error)
	// version says what it is, for results; nil = its runs say it, or nobody.
	version func() string
}

// allServers returns all, first the one that it is about: with the path of its executable, and the directory of the one on Node.
func allServers(parley, socketIODir string) []server {
	return []server{
		{name: parleyName, plan: planParley(parley)},
		{name: limitCo, plan: planLimit(parley, "coalesced")},
		{name: limitWrite, plan: planLimit(parley, "write-per-frame")},
		{name: natsName, peer: true, plan: planNATS, version: func() string { return moduleVersion("github.com/nats-io/nats-server/v2") }},
		{name: centriName, peer: true, plan: planCentrifuge, version: func() string { return moduleVersion("github.com/centrifugal/centrifuge") }},
		{name: socketName, peer: true, plan: planSocketIO(socketIODir), version: func() string { return socketIOVersion(socketIODir) }},
	}
}

// plan is a server for the time of one run.
type plan struct {
	command  child.Command
	protocol fanout.Protocol
	// admin is the URL of its metrics, which tell its version; "" = it is not asked.
	admin string
	// dir is removed when it has ended; "" = it needs none.
	dir string
}

// quiet is how long nothing may arrive before what is missing counts as lost: NATS may be silent for 7 s in a room of 15,000.
const quiet = 15 * time.Second

// measure runs the server on these cores, and the load against it. The error says why there is no measurement that counts.
func (p *plan) measure(ctx context.Context, s fanout.Scenario, cores []int) (m fanout.Measurement, err error) {
	if p.dir != "" {
		defer os.RemoveAll(p.dir) //nolint:errcheck // a directory more in the temporary one
	}
	p.command.Cores = cores
	process, err := child.Start(ctx, p.command)
	if err != nil {
		return m, err
	}
	m, err = fanout.Run(ctx, fanout.Options{Scenario: s, Protocol: p.protocol, PID: process.Pid(), AdminURL: p.admin, Quiet: quiet})
	if err == nil {
		err = faults(&m)
	}
	if err != nil {
		err = explain(process, err)
	}
	return m, errors.Join(err, process.Stop())
}

// explain adds to an error that the server has ended meanwhile, if that is so.
func explain(p *child.Process, err error) error {
	select {
	case <-p.Done():
		return fmt.Errorf("%w; the server ended meanwhile: %s", err, p.LastWords())
	default:
		return err
	}
}

// faults says what did not arrive as it should.
func faults(m *fanout.Measurement) error {
	switch {
	case !m.Correct():
	case m.Unsent > 0:
		return fmt.Errorf("%d broadcasts were due and not taken", m.Unsent)
	default:
		return nil
	}
	err := fmt.Errorf("%d lost, %d doubled, %d out of order, %d astray or damaged, %d cut off", m.Lost, m.Doubled, m.OutOfOrder, m.Stray, m.CutOff)
	if m.Trouble != "" {
		err = fmt.Errorf("%w; first %s", err, m.Trouble)
	}
	return err
}
