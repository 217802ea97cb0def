package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/parley-im/parley/internal/server"
	"github.com/parley-im/parley/transport/admin"
)

func (c *adminClient) retention(ctx context.Context) (admin.Retention, error) {
	var got admin.Retention
	err := c.do(ctx, http.MethodGet, "/v1/retention", &got)
	return got, err
}

// doctorRetention shows what a running node keeps of the past, or a stopped one's directory, and when it goes.
func doctorRetention(ctx context.Context, args []string, e env) error {
	const command = "doctor retention"
	fs, c, admins := newFlags(command), &adminClient{}, []string(nil)
	fs.Var((*urlsFlag)(&admins), "admin", "`URL` of a running node's admin listener. None = a directory is read")
	fs.StringVar(&c.token, "admin-token", "", "admin `token`; else it is read from the data directory")
	fs.StringVar(&c.dir, "data", server.DefaultDir,
		"the data `dir`ectory of a stopped node, as an argument is. With --admin it is where the admin token is")
	fs.BoolVar(&c.asJSON, "json", false, "write JSON")
	rest, err := load(fs, args, e)
	switch {
	case err != nil:
		return err
	case len(admins) > 1:
		return misuse(command, "--admin names one node: each keeps its own")
	case len(admins) > 0 && len(rest) > 0:
		return misuse(command, "name a directory or --admin, not both: %q", rest[0])
	case len(rest) > 1:
		return misuse(command, "unexpected argument %q: one directory at a time", rest[1])
	case len(rest) == 1:
		c.dir = rest[0]
	}
	var got admin.Retention
	if len(admins) > 0 {
		c.url = admins[0]
		got, err = c.retention(ctx)
	} else {
		got, err = stoppedRetention(c.dir)
	}
	if err != nil {
		return err
	}
	if c.asJSON {
		return writeJSON(e.stdout, got)
	}
	return writeRetention(e.stdout, got)
}

// stoppedRetention reads what is in a data directory, and changes nothing there.
func stoppedRetention(dir string) (_ admin.Retention, err error) {
	n, err := server.OpenStopped(dir)
	if err != nil {
		return admin.Retention{}, fmt.Errorf("%w; of a node that runs ask its admin listener: --admin", err)
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	return n.Retention()
}
