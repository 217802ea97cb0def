package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/parley-im/parley/internal/server"
)

const doctorUsage = `Usage: parley doctor verify [DIR...]         what stopped nodes have on disk, and whether it is the same
       parley doctor verify --admin URL...   what running nodes have, and whether it is the same
       parley doctor retention [DIR]         what a stopped node keeps of the past, how much it weighs, and when it goes
       parley doctor retention --admin URL   what a running node keeps, and what holds it up

'parley doctor VERB --help' lists flags.
`

// doctor runs `parley doctor VERB`.
func doctor(ctx context.Context, args []string, e env) error {
	verbs := map[string]func(context.Context, []string, env) error{"verify": doctorVerify, "retention": doctorRetention}
	const list = "verify or retention"
	switch {
	case len(args) == 0:
		return misuse("doctor", "a verb is missing: %s", list)
	case args[0] == "--help" || args[0] == "-h" || args[0] == "-help":
		fmt.Fprint(e.stdout, doctorUsage)
		return errHelp
	}
	run, ok := verbs[args[0]]
	if !ok {
		return misuse("doctor", "unknown verb %q: %s", args[0], list)
	}
	return run(ctx, args[1:], e)
}

// doctorVerify compares what replicas hold: those in data directories of stopped nodes, or those of running nodes.
func doctorVerify(ctx context.Context, args []string, e env) error {
	f, err := parseVerify(args, e)
	if err != nil {
		return err
	}
	var replicas []replica
	if len(f.admins) > 0 {
		replicas, err = askNodes(ctx, f.clients())
	} else {
		replicas, err = readDirs(ctx, f.dirs)
	}
	if err != nil {
		return err
	}
	found := compare(replicas)
	if f.asJSON {
		err = writeJSON(e.stdout, verification{Replicas: replicas, Shards: found})
	} else {
		err = writeVerification(e.stdout, replicas, found)
	}
	return errors.Join(err, complaint(replicas, found))
}

// verifyFlags are what `parley doctor verify` is asked.
type verifyFlags struct {
	admins, tokens, dirs []string
	asJSON               bool
}

func parseVerify(args []string, e env) (*verifyFlags, error) {
	const command = "doctor verify"
	fs, f := newFlags(command), &verifyFlags{}
	fs.Var((*urlsFlag)(&f.admins), "admin", "`URL` of a running node's admin listener; repeatable. None = directories are read")
	fs.Var((*listFlag)(&f.tokens), "admin-token", "admin `token`, one for all nodes or one each; else it is read from the data directory")
	fs.Var((*listFlag)(&f.dirs), "data",
		"a node's data `dir`ectory, as an argument is; repeatable ("+server.DefaultDir+"). With --admin it is where the admin token is")
	fs.BoolVar(&f.asJSON, "json", false, "write JSON, all digests at full length")
	rest, err := load(fs, args, e)
	if err != nil {
		return nil, err
	}
	if len(f.admins) > 0 && len(rest) > 0 {
		return nil, misuse(command, "name directories or --admin, not both: %q", rest[0])
	}
	if f.dirs = append(f.dirs, rest...); len(f.dirs) == 0 {
		f.dirs = []string{server.DefaultDir}
	}
	if !f.fits(f.tokens) || !f.fits(f.dirs) {
		return nil, misuse(command, "--admin-token and --data must be given once, or once for each --admin")
	}
	return f, nil
}

// fits reports whether there is one of list for all nodes, or one for each.
func (f *verifyFlags) fits(list []string) bool {
	return len(f.admins) == 0 || len(list) <= 1 || len(list) == len(f.admins)
}

// clients returns a client for each running node.
func (f *verifyFlags) clients() (clients []*adminClient) {
	for i, url := range f.admins {
		clients = append(clients, &adminClient{url: url, token: ofEach(f.tokens, i), dir: ofEach(f.dirs, i), patience: digestPatience})
	}
	return clients
}

// ofEach returns the i-th of list, the only one when there is one, "" when there is none.
func ofEach(list []string, i int) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return list[i]
}

// listFlag collects values, one each time.
type listFlag []string

// String implements flag.Value.
func (f *listFlag) String() string { return "" }

// Set implements flag.Value.
func (f *listFlag) Set(value string) error {
	*f = append(*f, value)
	return nil
}

// urlsFlag collects URLs, several in one value separated by commas or spaces too, as in the environment. Without a scheme they
// are HTTP.
type urlsFlag []string

// String implements flag.Value.
func (f *urlsFlag) String() string { return "" }

// Set implements flag.Value.
func (f *urlsFlag) Set(value string) error {
	for _, field := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
		if !strings.Contains(field, "://") {
			field = "http://" + field
		}
		*f = append(*f, field)
	}
	return nil
}
