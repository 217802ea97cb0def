package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Exit codes. Scripts rely on them.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], system()))
}

// env is what a command sees of the world.
type env struct {
	stdout, stderr io.Writer
	lookup         func(name string) (string, bool)
}

func system() env { return env{stdout: os.Stdout, stderr: os.Stderr, lookup: os.LookupEnv} }

// command is one verb.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string, e env) error
}

func commands() []command {
	return []command{
		{"serve", "run a node", serve},
		{"app", "list and create apps of a running node, show their keys, set how long their messages are kept", app},
		{"cluster", "show and change the nodes of a running cluster", cluster},
		{"doctor", "check that replicas have the same and disks what was written; say what is kept, and until when", doctor},
		{"bench", "measure what a room costs, beside a bare loop of writes", bench},
		{"version", "say which parley this is", version},
		{"help", "explain a command", help},
	}
}

// run runs one command line and returns the exit code.
func run(ctx context.Context, args []string, e env) int {
	if len(args) == 0 {
		usage(e.stderr)
		return exitUsage
	}
	err := dispatch(ctx, args, e)
	var wrong *usageError
	switch {
	case err == nil, errors.Is(err, errHelp):
		return exitDone
	case errors.As(err, &wrong):
		fmt.Fprintf(e.stderr, "parley: %s\nRun 'parley help%s' for usage.\n", oneLine(err), wrong.topic())
		return exitUsage
	}
	fmt.Fprintf(e.stderr, "parley: %s\n", oneLine(err))
	return exitFailed
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

func dispatch(ctx context.Context, args []string, e env) error {
	name := args[0]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-version", "--version":
		name = "version"
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, args[1:], e)
		}
	}
	return misuse("", "unknown command %q", args[0])
}

// usageError says that the command line is wrong.
type usageError struct {
	command string
	err     error
}

func misuse(command, format string, args ...any) error {
	return &usageError{command: command, err: fmt.Errorf(format, args...)}
}

func (u *usageError) Error() string {
	if u.command == "" {
		return u.err.Error()
	}
	return u.command + ": " + u.err.Error()
}

func (u *usageError) Unwrap() error { return u.err }

// topic is what to ask help for.
func (u *usageError) topic() string {
	if u.command == "" {
		return ""
	}
	verb, _, _ := strings.Cut(u.command, " ")
	return " " + verb
}
