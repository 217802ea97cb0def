package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/parley-im/parley/internal/server"
	"github.com/parley-im/parley/transport/admin"
)

// app runs `parley app VERB`.
func app(ctx context.Context, args []string, e env) error {
	verbs := map[string]func(context.Context, []string, env) error{
		"list": appList, "keys": appKeys, "create": appCreate, "set": appSet,
	}
	const list = "list, keys, create or set"
	switch {
	case len(args) == 0:
		return misuse("app", "a verb is missing: %s", list)
	case args[0] == "--help" || args[0] == "-h" || args[0] == "-help":
		fmt.Fprint(e.stdout, appUsage)
		return errHelp
	}
	run, ok := verbs[args[0]]
	if !ok {
		return misuse("app", "unknown verb %q: %s", args[0], list)
	}
	return run(ctx, args[1:], e)
}

const appUsage = `Usage: parley app list            the apps of a running node
       parley app keys [ID]       their keys, or one app's
       parley app create          draw an app
       parley app set ID --retention DURATION
                                  let its messages be read for less long than the node keeps them; 0 = as long

'parley app VERB --help' lists flags.
`

func appList(ctx context.Context, args []string, e env) error {
	c, rest, err := adminFlags("app list", args, e)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return misuse("app list", "unexpected argument %q", rest[0])
	}
	list, err := c.apps(ctx)
	if err != nil {
		return err
	}
	if c.asJSON {
		return writeJSON(e.stdout, withoutKeys(list.Apps))
	}
	return table(e.stdout, "APP ID\tCREATED\tRETENTION", list.Apps, func(a admin.App) string {
		return a.ID + "\t" + time.UnixMilli(a.Created).Format(time.DateTime) + "\t" + retentionOf(a, &list)
	})
}

func appKeys(ctx context.Context, args []string, e env) error {
	c, rest, err := adminFlags("app keys", args, e)
	if err != nil {
		return err
	}
	if len(rest) > 1 {
		return misuse("app keys", "unexpected argument %q", rest[1])
	}
	list, err := c.apps(ctx)
	if err != nil {
		return err
	}
	apps := list.Apps
	if len(rest) == 1 {
		if apps = only(apps, rest[0]); len(apps) == 0 {
			return fmt.Errorf("no app %q", rest[0])
		}
	}
	return writeKeys(e.stdout, c.asJSON, apps)
}

func appCreate(ctx context.Context, args []string, e env) error {
	c, rest, err := adminFlags("app create", args, e)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return misuse("app create", "unexpected argument %q", rest[0])
	}
	created, err := c.createApp(ctx)
	if err != nil {
		return err
	}
	if c.asJSON {
		return writeJSON(e.stdout, created)
	}
	return writeKeys(e.stdout, false, []admin.App{created})
}

// adminFlags parses the flags of a command that speaks to a running node, and those that more adds.
func adminFlags(command string, args []string, e env, more ...func(*flag.FlagSet)) (*adminClient, []string, error) {
	fs := newFlags(command)
	for _, add := range more {
		add(fs)
	}
	c := &adminClient{}
	fs.StringVar(&c.url, "admin", "http://"+server.DefaultAdminListen, "`URL` of the node's admin listener")
	fs.StringVar(&c.token, "admin-token", "", "the node's admin `token`; else it is read from the data directory")
	fs.StringVar(&c.dir, "data", server.DefaultDir, "the node's data `dir`ectory, for its admin token")
	fs.BoolVar(&c.asJSON, "json", false, "write JSON")
	rest, err := load(fs, args, e)
	return c, rest, err
}

func only(list []admin.App, id string) []admin.App {
	for _, a := range list {
		if a.ID == id {
			return []admin.App{a}
		}
	}
	return nil
}

// listedApp is an app in `parley app list --json`.
type listedApp struct {
	ID        string `json:"id"`
	Created   int64  `json:"created"`
	Retention int64  `json:"retention,omitempty"`
}

func withoutKeys(list []admin.App) []listedApp {
	out := make([]listedApp, 0, len(list))
	for _, a := range list {
		out = append(out, listedApp{ID: a.ID, Created: a.Created, Retention: a.Retention})
	}
	return out
}

func writeKeys(w io.Writer, asJSON bool, list []admin.App) error {
	if asJSON {
		return writeJSON(w, list)
	}
	return table(w, "APP ID\tCLIENT KEY\tMASTER KEY", list, func(a admin.App) string {
		return a.ID + "\t" + a.ClientKey + "\t" + a.MasterKey
	})
}

func table[T any](w io.Writer, header string, list []T, row func(T) string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(tw, header)
	for _, a := range list {
		fmt.Fprintln(tw, row(a))
	}
	return tw.Flush()
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
