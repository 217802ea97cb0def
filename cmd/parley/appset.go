package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/transport/admin"
)

// retentionEnv is where --retention of a node comes from, which must not be taken for an app's.
const retentionEnv = envPrefix + "RETENTION"

// appSet changes the settings of an app.
func appSet(ctx context.Context, args []string, e env) error {
	const command = "app set"
	lookup := e.lookup
	e.lookup = func(name string) (string, bool) {
		if name == retentionEnv {
			return "", false
		}
		return lookup(name)
	}
	var wanted optionalDuration
	c, rest, err := adminFlags(command, args, e, func(fs *flag.FlagSet) {
		fs.Var(&wanted, "retention", "`duration` for which the app's messages can be read, 70s at least, where that is less than the node's --retention; 0 = as long as that. Not from the environment")
	})
	switch {
	case err != nil:
		return err
	case len(rest) == 0:
		return misuse(command, "an app's ID is missing")
	case len(rest) > 1:
		return misuse(command, "unexpected argument %q", rest[1])
	case !wanted.given:
		return misuse(command, "there is nothing to set: name a --retention")
	case wanted.d != 0 && wanted.d < auth.MinRetention:
		return misuse(command, "--retention %v: 0, or at least %v", wanted.d, auth.MinRetention)
	}
	changed, err := c.setRetention(ctx, rest[0], wanted.d)
	if err != nil {
		return err
	}
	if c.asJSON {
		return writeJSON(e.stdout, withoutKeys([]admin.App{changed})[0])
	}
	list, err := c.apps(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "messages of %s can be read for %s\n", changed.ID, retentionOf(changed, &list))
	return err
}

// retentionOf says for how long messages of an app can be read at the node that has the list.
func retentionOf(a admin.App, at *admin.AppList) string {
	w := windowOf(millis(a.Retention), millis(at.Retention), millis(at.RetentionStrangers))
	text := rough(w.messages)
	if w.strangers != w.messages {
		text += ", those of strangers " + rough(w.strangers)
	}
	switch {
	case a.Retention == 0:
		return text
	case w.vain:
		return fmt.Sprintf("%s; its own %s has no effect", text, rough(millis(a.Retention)))
	}
	return text + ", its own"
}

// optionalDuration is a duration that knows whether it was given.
type optionalDuration struct {
	d     time.Duration
	given bool
}

// String implements flag.Value.
func (o *optionalDuration) String() string { return "" }

// Set implements flag.Value.
func (o *optionalDuration) Set(value string) (err error) {
	o.given = true
	o.d, err = time.ParseDuration(value)
	return err
}
