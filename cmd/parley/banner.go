package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/internal/server"
)

// ink writes for the eye: bold and dim on a terminal, plain elsewhere.
type ink struct{ bold, dim, off string }

func inkFor(w io.Writer) ink {
	if !isTerminal(w) || os.Getenv("NO_COLOR") != "" {
		return ink{}
	}
	return ink{bold: "\x1b[1m", dim: "\x1b[2m", off: "\x1b[0m"}
}

// writeBanner tells people what runs where, and the keys of a first app, this once.
func writeBanner(w io.Writer, opts server.Options, s *server.Server) {
	var b strings.Builder
	i := inkFor(w)
	fmt.Fprintf(&b, "\n%sparley %s%s is ready\n\n", i.bold, opts.Version, i.off)
	line := func(name, value, note string) {
		fmt.Fprintf(&b, "  %-12s %s", name, value)
		if note != "" {
			fmt.Fprintf(&b, "   %s%s%s", i.dim, note, i.off)
		}
		b.WriteByte('\n')
	}
	if opts.Pages != nil {
		line("chat", baseURL(opts, s)+"/", "open it in a browser, in two tabs")
	}
	line("clients", baseURL(opts, s), "REST and Socket.IO")
	line("operators", "http://"+reachable(s.AdminAddr()), "health, metrics, admin API")
	line("data", opts.Dir, "messages are kept "+short(opts.Retention))
	if first, ok := s.FirstApp(); ok {
		writeFirstApp(&b, i, first, baseURL(opts, s), keysCommand(opts, s))
	} else {
		line("app keys", keysCommand(opts, s), "")
	}
	fmt.Fprintf(&b, "\n  %sTrust is legacy: whoever holds a client key may act for any user of its app.%s\n", i.dim, i.off)
	fmt.Fprintf(&b, "  %sStop with Ctrl-C or SIGTERM.%s\n\n", i.dim, i.off)
	io.WriteString(w, b.String()) //nolint:errcheck // nobody reads on
}

func writeFirstApp(b *strings.Builder, i ink, a auth.App, base, keys string) {
	fmt.Fprintf(b, "\n  %sYour first app.%s Its keys are printed this once; later ask\n  %s\n\n", i.bold, i.off, keys)
	fmt.Fprintf(b, "    app id       %s\n    client key   %s\n    master key   %s\n", a.ID, a.ClientKey, a.MasterKey)
	fmt.Fprintf(b, "\n  Make two users friends:\n\n")
	fmt.Fprintf(b, "    curl -X POST %s/ctx/tom/friends/jerry \\\n      -H 'X-ML-AppId: %s' \\\n      -H 'X-ML-APIKey: %s'\n", base, a.ID, a.ClientKey)
}

func baseURL(opts server.Options, s *server.Server) string {
	if opts.PublicURL != "" {
		return strings.TrimSuffix(opts.PublicURL, "/")
	}
	scheme := "http://"
	if !opts.TLS.None() {
		scheme = "https://"
	}
	return scheme + reachable(s.Addr())
}

// reachable is addr, but with a host that one can connect to where it names all of them.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}

// short writes whole hours and minutes as such: 168h, not 168h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// keysCommand is what shows the keys of this node, with the flags that its place needs.
func keysCommand(opts server.Options, s *server.Server) string {
	cmd := "parley app keys"
	if addr := reachable(s.AdminAddr()); addr != server.DefaultAdminListen {
		cmd += " --admin http://" + addr
	}
	if filepath.Clean(opts.Dir) != filepath.Clean(server.DefaultDir) {
		cmd += " --data " + opts.Dir
	}
	return cmd
}
