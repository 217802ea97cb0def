package lint

import (
	"fmt"
	"slices"
	"testing"
)

// arrow says what the packages below a directory may import of ours, and why no more.
type arrow struct {
	from    string
	to      []string // directories; what lies below is meant too
	because string
}

// The longest matching row counts. A package without a row is a complaint: place it first.
var arrows = []arrow{
	{"im", nil, "the vocabulary is below everything"},
	{"proto", []string{"im"}, "the encoded vocabulary is below everything but the vocabulary"},
	{"actors/core", []string{"im", "proto"}, pure},
	{"actors/core/coretest", []string{"im", "proto", "actors/core", "internal/alloctest"}, "it runs any core in tests, without the shell"},
	{"actors/attributes", []string{"im", "proto", "actors/core"}, pure},
	{"actors/device", []string{"im", "proto", "actors/core"}, pure},
	{"actors/dialog", []string{"im", "proto", "actors/core"}, pure},
	{"actors/gathering", []string{"im", "proto", "actors/attributes", "actors/core"}, pure},
	{"actors/group", []string{"im", "proto", "actors/core", "actors/gathering"}, pure},
	{"actors/room", []string{"im", "proto", "actors/core", "actors/gathering"}, pure},
	{"actors/user", []string{"im", "proto", "actors/attributes", "actors/core"}, pure},
	{"actors", []string{"im", "proto", "actors", "internal/crew", "internal/mailbox"}, middle},
	{"cluster", []string{"im", "proto", "cluster", "internal/crew", "internal/mailbox"}, middle},
	{"cluster/certs", []string{"cluster/certs", "internal/keypair"}, "what nodes prove themselves by is read from files, and knows no node"},
	{"cluster/reads", []string{"im", "proto"}, "it reads by the interfaces that it declares: the log and the tunnels are joined to it where all is wired"},
	{"cluster/roster", []string{"im", "proto", "internal/register"}, "who the nodes are is decided without knowing how they are reached or what they store"},
	{"eventlog", []string{"im", "proto", "eventlog"}, middle},
	{"transport", []string{"im", "proto", "transport", "auth", "internal/crew"}, middle},
	{"transport/ws/wstest", []string{"internal/servertest"}, rawClient},
	{"transport/engineio/polltest", []string{"transport/ws/wstest"}, rawClient},
	{"blob", []string{"blob"}, "it keeps files for whoever has some: what they are about is for those who bring them"},
	{"transport/attachment", []string{"im", "transport", "blob"}, "files are its business; keeping them is package blob's"},
	{"transport/pages", []string{"transport/wire"}, "it serves files, whatever they show"},
	{"web", nil, "the pages know the server by its protocol"},
	{"auth", []string{"im", "proto", "internal/register"}, "who may do what is decided without knowing how requests arrive or are stored"},
	{"internal/alloctest", nil, "it measures whatever runs"},
	{"internal/atrest", nil, "it asks the runtime, and nobody else"},
	{"internal/crew", nil, "it runs whatever it is given"},
	{"internal/mailbox", nil, "it holds whatever actors are sent"},
	{"internal/keypair", nil, "it reads a certificate and its key for whoever shows them"},
	{"internal/register", []string{"im", "proto"}, "it folds any log: what the events mean is for those who keep something"},
	{"internal/metrics", []string{"im"}, "counting must not pull in what is counted"},
	{
		"internal/server",
		[]string{"im", "proto", "actors", "cluster", "eventlog", "transport", "auth", "blob", "internal/atrest", "internal/keypair", "internal/metrics"},
		"this is the only place that wires",
	},
	{"internal/servertest", []string{"im", "proto", "auth", "internal/server", "test", "web"}, "it starts the server as a whole"},
	{"internal/lint", nil, "rules look at the tree from outside"},
	{
		"cmd/parley",
		[]string{
			"im", "auth", "internal/server", "transport/admin", "web",
			"bench/child", "bench/cluster", "bench/connect", "bench/fanout", "bench/machine", "bench/start", "bench/writeloop",
		},
		"a command parses, validates and runs; wiring is internal/server's. The verbs share the operator API's shapes with transport/admin, and bench is a verb",
	},
	{"test", []string{"test"}, "black-box tests share no code with what they test"},
	{"test/puppet", []string{"internal/servertest"}, "it tells clients where the server is that a test has started"},
	{"bench/child", []string{"bench/machine"}, loadClient},
	{"bench/cluster", []string{"bench/machine", "bench/node", "bench/swarm"}, loadClient},
	{"bench/connect", []string{"bench/machine", "bench/node", "bench/swarm"}, loadClient},
	{"bench/fanout", []string{"bench/machine", "bench/readers", "bench/swarm"}, loadClient},
	{"bench/machine", nil, loadClient},
	{"bench/node", []string{"bench/child"}, loadClient},
	{"bench/readers", nil, loadClient},
	{"bench/start", []string{"bench/machine", "bench/node", "bench/swarm"}, loadClient},
	{"bench/swarm", nil, loadClient},
	{"bench/writeloop", []string{"bench/machine"}, "the baseline must be nothing but sockets and writes"},
	{
		"bench",
		[]string{"im", "proto", "actors", "cluster", "eventlog", "transport", "internal/server", "internal/servertest", "test"},
		"benchmarks measure the parts and the whole; nobody imports them",
	},
}

const loadClient = "the load client sees the server from outside, as peers' are seen: it shares no code with it"

const leaderOf = "it looks for the node that leads the shard of a group, which only its address tells"

const rawClient = "it sends wrong frames and bodies, and shares no code with what it tests"

const pure = "a core is pure: it knows the vocabulary and nothing that acts"

const middle = "the four in the middle never import each other: each declares the small interfaces that it needs, and internal/server joins them"

// support packages are for tests of any package, and for nothing else.
var support = []string{
	"actors/core/coretest", "blob/blobtest", "blob/s3/s3test", "cluster/certs/certstest", "eventlog/logtest", "internal/alloctest", "internal/servertest", "test", "transport/engineio/polltest",
	"transport/wiretest", "transport/ws/wstest",
}

// testArrows are edges that only tests may have, besides those to support packages.
var testArrows = []arrow{
	{"test/system", []string{"im", "eventlog"}, "it drops snapshots from a stopped server's store, which no interface of the server offers"},
	{"test/clock", []string{"im", "auth", "internal/server"}, "it sets a clock, which only a server in its own process can be given"},
	{"test/chaos", []string{"im"}, leaderOf},
	{"test/compat", []string{"web"}, "it builds our SDK when nobody builds the pages, which install there, too"},
	{"test/cluster", []string{"im"}, leaderOf},
	{"actors", []string{"eventlog", "cluster"}, "the shell is tested on the real log, placed by the real look-up"},
	{"cluster/reads", []string{"eventlog/store"}, "what it merges is held to one whole search of the real store, by the order that the store has"},
	{"internal/servertest", []string{"internal/server"}, "it tests what it starts"},
	{"bench/fanout", []string{"bench/writeloop"}, "the load is tested on a server that needs no log"},
	{"bench/swarm", []string{"bench/writeloop"}, "the clients are tested on a server that needs no log"},
}

func row(table []arrow, short string) (best arrow, found bool) {
	for _, a := range table {
		if within(short, a.from) && (!found || len(a.from) > len(best.from)) {
			best, found = a, true
		}
	}
	return best, found
}

func (a arrow) allows(short string) bool {
	return slices.ContainsFunc(a.to, func(dir string) bool { return within(short, dir) })
}

func isSupport(short string) bool {
	return slices.ContainsFunc(support, func(dir string) bool { return within(short, dir) })
}

func checkArrows(all []pkg) (complaints []string) {
	for _, p := range all {
		a, found := row(arrows, p.short())
		if !found {
			complaints = append(complaints, fmt.Sprintf("%s has no row in the table of arrows", p.short()))
			continue
		}
		for _, i := range p.Imports {
			to, our := ours(i)
			if our && (!a.allows(to) || isSupport(to) && !isSupport(p.short()) && !within(p.short(), "bench")) {
				complaints = append(complaints, fmt.Sprintf("%s imports %s, but %s", p.short(), to, a.because))
			}
		}
		complaints = append(complaints, checkTestArrows(p, a)...)
	}
	return complaints
}

func checkTestArrows(p pkg, a arrow) (complaints []string) {
	extra, _ := row(testArrows, p.short())
	for _, i := range p.testImports() {
		to, our := ours(i)
		if our && to != p.short() && !a.allows(to) && !extra.allows(to) && !isSupport(to) {
			complaints = append(complaints, fmt.Sprintf("the tests of %s import %s, but %s", p.short(), to, a.because))
		}
	}
	return complaints
}

func TestArrows_RunOneWay(t *testing.T) { report(t, checkArrows(packages(t))) }

func TestArrows_NoticeBadEdges(t *testing.T) {
	for _, c := range []struct{ from, to, about string }{
		{"transport/hub", "eventlog", "never import each other"},
		{"actors/dialog", "actors", "a core is pure"},
		{"im", "proto/parley/v1", "below everything"},
		{"internal/server", "eventlog/logtest", "the only place that wires"},
		{"eventlog", "internal/server", "never import each other"},
		{"stray", "im", "no row"},
	} {
		bad := []pkg{{ImportPath: module + "/" + c.from, Imports: []string{module + "/" + c.to}}}
		wantComplaint(t, checkArrows(bad), c.about)
	}
	bad := []pkg{{ImportPath: module + "/transport/hub", TestImports: []string{module + "/cluster"}}}
	wantComplaint(t, checkArrows(bad), "the tests of transport/hub import cluster")
}
