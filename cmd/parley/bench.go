package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/parley-im/parley/bench/writeloop"
)

// bench runs `parley bench VERB`.
func bench(ctx context.Context, args []string, e env) error {
	verbs := map[string]func(context.Context, []string, env) error{
		"cluster": benchCluster,
		"connect": benchConnect,
		"fanout":  benchFanout,
		"start":   benchStart,
		// A part of fanout that needs a process of its own; nobody calls it by hand.
		writeLoopVerb: benchWriteLoop,
	}
	switch {
	case len(args) == 0:
		return misuse("bench", "a verb is missing: cluster, connect, fanout or start")
	case args[0] == "--help" || args[0] == "-h" || args[0] == "-help":
		fmt.Fprint(e.stdout, benchUsage)
		return errHelp
	}
	run, ok := verbs[args[0]]
	if !ok {
		return misuse("bench", "unknown verb %q: cluster, connect, fanout or start", args[0])
	}
	return run(ctx, args[1:], e)
}

const benchUsage = `Usage: parley bench fanout      what a room costs: members log in, some say, all hear
       parley bench connect     what a connection costs: memory of sessions that are open and of users who are logged in
       parley bench cluster     what three nodes cost beside one: messages a second, latency, processors that idle
       parley bench start       how a node starts that holds much: time and memory, after a stop and after a SIGKILL

'parley bench VERB --help' lists flags.
`

const writeLoopVerb = "write-loop"

// benchWriteLoop serves the baseline of fanout until ctx ends.
func benchWriteLoop(ctx context.Context, args []string, e env) error {
	fs := newFlags("bench " + writeLoopVerb)
	addr := fs.String("listen", "127.0.0.1:0", "`addr`ess to serve")
	strategy := fs.String("strategy", string(writeloop.WritePerFrame), "`name` of the way to write: write-per-frame or coalesced")
	if _, err := load(fs, args, e); err != nil {
		return err
	}
	if err := writeloop.Strategy(*strategy).Validate(); err != nil {
		return &usageError{command: fs.Name(), err: err}
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	loop := writeloop.New(writeloop.Options{Strategy: writeloop.Strategy(*strategy)})
	server := &http.Server{Handler: loop, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() {
		_ = server.Close() // the listener may have failed already
		loop.Close()
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
