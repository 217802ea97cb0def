package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

func usage(w io.Writer) {
	fmt.Fprint(w, "parley is a chat server in one binary.\n\nUsage: parley COMMAND [FLAGS]\n\n")
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(tw, "  %s\t%s\n", c.name, c.summary)
	}
	tw.Flush() //nolint:errcheck // nobody reads on
	fmt.Fprint(w, "\n'parley serve' without flags starts a working node. 'parley help COMMAND' lists flags.\n")
}

func help(ctx context.Context, args []string, e env) error {
	if len(args) == 0 {
		usage(e.stdout)
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] && c.name != "help" {
			return c.run(ctx, []string{"--help"}, e)
		}
	}
	return misuse("", "unknown command %q", args[0])
}

// describe writes the usage of a command whose flags are fs.
func describe(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: parley %s\n\nFlags (also PARLEY_NAME in the environment):\n", fs.Name())
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fs.VisitAll(func(f *flag.Flag) {
		kind, text := flag.UnquoteUsage(f)
		fmt.Fprintf(tw, "  --%s %s\t%s%s\n", f.Name, strings.ToUpper(kind), text, defaultOf(f))
	})
	tw.Flush() //nolint:errcheck // nobody reads on
}

func defaultOf(f *flag.Flag) string {
	if f.DefValue == "" || f.DefValue == "false" {
		return ""
	}
	return " (" + f.DefValue + ")"
}
