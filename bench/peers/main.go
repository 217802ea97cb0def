package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(status()) }

func status() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(os.Stderr, "peers:", err)
	return 1
}

// serveVerb runs a server of this executable; nobody calls it by hand.
const serveVerb = "serve"

// embedded are the peers that are libraries: each is served on these addresses until ctx ends.
var embedded = map[string]func(ctx context.Context, addrs []string) error{"nats": serveNATS, "centrifuge": serveCentrifuge}

func run(ctx context.Context, args []string) error {
	if len(args) > 2 && args[0] == serveVerb && embedded[args[1]] != nil {
		return embedded[args[1]](ctx, args[2:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return o.measureAll(ctx)
}
