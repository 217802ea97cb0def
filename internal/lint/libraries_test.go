package lint

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// library says which packages may import a third-party path, and why it is there.
type library struct {
	path    string // an import path; what lies below is meant too
	in      []string
	because string
	// tests lists packages whose tests, or which as test support, may import it too. "*" = all tests.
	tests []string
}

// The longest matching row counts. A library without a row is a complaint: say first where it lives and why.
var libraries = []library{
	{"github.com/lni/dragonboat/v4", []string{"eventlog"}, "Raft; only the log replicates", []string{"bench"}},
	{"github.com/lni/vfs", []string{"eventlog"}, "the file system under dragonboat, exchanged to crash it in tests", nil},
	{"github.com/cockroachdb/pebble/v2", []string{"eventlog/store"}, "one shard's state on disk", []string{"eventlog"}},
	{"github.com/cockroachdb/pebble", nil, "version 1 belongs to dragonboat: two users of it would have to agree on its version", nil},
	{"github.com/asynkron/protoactor-go/actor", []string{"actors", "cluster", "internal/mailbox"}, "the shell is an actor; the cluster places actors", nil},
	{"github.com/asynkron/protoactor-go", nil, "its cluster and remote: nodes reach each other by links of their own", nil},
	{
		"github.com/gobwas/ws",
		[]string{"transport/ws", "bench/fanout", "bench/swarm", "bench/writeloop"},
		"WebSocket without a goroutine or buffer per idle connection; the load client and the bare write loop speak it too",
		[]string{"test/client", "bench"},
	},
	{"github.com/HdrHistogram/hdrhistogram-go", []string{"bench/fanout"}, "latencies, exact to three digits, in bounded memory", []string{"bench"}},
	{"github.com/bytedance/sonic", []string{"transport/wire"}, "JSON of the wire, encoded once per message", nil},
	{"github.com/klauspost/compress/gzhttp", []string{"transport/rest"}, "gzip of REST answers, with the negotiation of HTTP", nil},
	{"github.com/prometheus/client_golang", []string{"internal/metrics"}, "metrics are declared in one place", nil},
	{"go.yaml.in/yaml/v3", []string{"cmd/parley"}, "the configuration file", nil},
	{"golang.org/x/net/http/httpguts", []string{"transport/entry"}, "what net/http takes for a header", nil},
	{
		"golang.org/x/sys/unix",
		[]string{"transport/ws", "bench/readers", "bench/machine", "web"},
		"epoll, writes that do not block, cores for a process, and locks of files between processes",
		nil,
	},
	{"github.com/bep/imagemeta", []string{"blob/thumbnail"}, "how a picture is to be turned", nil},
	{"github.com/minio/minio-go/v7", []string{"blob/s3"}, "files in a bucket", nil},
	{"golang.org/x/image", []string{"blob/thumbnail"}, "WebP, and pictures made smaller", nil},
	{"golang.org/x/sync", []string{"blob/spread", "blob/thumbnail"}, "one fetch of a file at a time; memory of which each takes what it needs", nil},
	{"golang.org/x/term", []string{"cmd/parley"}, "text logs on a terminal, JSON otherwise", nil},
	{
		"google.golang.org/protobuf",
		[]string{"proto", "actors", "cluster", "eventlog", "auth", "internal/register", "transport", "bench"},
		"the runtime of the generated code, wherever messages are encoded",
		[]string{"*"},
	},
	{"github.com/anishathalye/porcupine", nil, "decides whether a history is linearizable", []string{"test/chaos"}},
	{"github.com/getkin/kin-openapi", nil, "holds routes and answers to docs/openapi.yaml", []string{"transport/rest", "test/contract"}},
	{"go.uber.org/goleak", nil, "finds goroutines that a test left behind", []string{"*", "internal/servertest"}},
	{"pgregory.net/rapid", nil, "properties and models", []string{"*", "actors/core/coretest", "eventlog/logtest"}},
}

func libraryOf(path string) (best library, found bool) {
	for _, l := range libraries {
		if within(path, l.path) && (!found || len(l.path) > len(best.path)) {
			best, found = l, true
		}
	}
	return best, found
}

// thirdParty reports whether an import path is neither ours nor the standard library's.
func thirdParty(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".") && path != module && !strings.HasPrefix(path, module+"/")
}

func checkLibraries(all []pkg) (complaints []string) {
	for _, p := range all {
		for _, i := range p.Imports {
			l, found := libraryOf(i)
			allowed := slices.Contains(l.in, p.short()) || below(p.short(), l.in) || slices.Contains(l.tests, p.short())
			complaints = append(complaints, checkLibrary(p, i, found, allowed, l)...)
		}
		for _, i := range p.testImports() {
			l, found := libraryOf(i)
			allowed := below(p.short(), l.in) || below(p.short(), l.tests) || slices.Contains(l.tests, "*")
			complaints = append(complaints, checkLibrary(p, i, found, allowed, l)...)
		}
	}
	return complaints
}

// below reports whether the package is one of those named; of trees whose parts share a library, the row names the top.
func below(short string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool {
		if dir == "eventlog" { // its store has a library of its own, and must not reach for Raft
			return short == dir
		}
		return within(short, dir)
	})
}

func checkLibrary(p pkg, path string, found, allowed bool, l library) []string {
	switch {
	case !thirdParty(path) || allowed:
		return nil
	case !found:
		return []string{fmt.Sprintf("%s imports %s, which has no row in the table of libraries", p.short(), path)}
	}
	return []string{fmt.Sprintf("%s imports %s, which is for %v alone: %s", p.short(), path, l.in, l.because)}
}

func TestLibraries_LiveInOnePackage(t *testing.T) { report(t, checkLibraries(packages(t))) }

// A row that nobody needs any more would let somebody in without a second look.
func TestLibraries_HaveNoStaleRows(t *testing.T) {
	used := make(map[string]bool)
	for _, p := range packages(t) {
		for _, i := range append(p.testImports(), p.Imports...) {
			l, _ := libraryOf(i)
			used[l.path] = true
		}
	}
	for _, l := range libraries {
		if !used[l.path] && l.in != nil {
			t.Errorf("nobody imports %s: take its row out of the table", l.path)
		}
	}
}

func TestLibraries_NoticeBadImports(t *testing.T) {
	for _, c := range []struct{ from, path, about string }{
		{"transport/hub", "github.com/gobwas/ws", "transport/ws"},
		{"eventlog/store", "github.com/lni/dragonboat/v4/statemachine", "eventlog"},
		{"eventlog/store", "github.com/cockroachdb/pebble", "version 1"},
		{"actors", "github.com/asynkron/protoactor-go/remote", "links of their own"},
		{"actors", "pgregory.net/rapid", "properties"},
		{"im", "example.org/new", "no row"},
	} {
		bad := []pkg{{ImportPath: module + "/" + c.from, Imports: []string{c.path}}}
		wantComplaint(t, checkLibraries(bad), c.about)
	}
	good := []pkg{{ImportPath: module + "/actors", Imports: []string{"github.com/asynkron/protoactor-go/actor", "time"}, TestImports: []string{"pgregory.net/rapid"}}}
	report(t, checkLibraries(good))
}
