package lint

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// linked lists what the binary must be made of: a build that quietly does without one of these is another program.
var linked = map[string]string{
	"github.com/lni/dragonboat/v4":            "messages are replicated by Raft",
	"github.com/cockroachdb/pebble/v2":        "messages are kept in Pebble",
	"github.com/asynkron/protoactor-go/actor": "conversations are actors",
	"github.com/gobwas/ws":                    "sockets are gobwas's",
	"github.com/bytedance/sonic":              "the wire's JSON is sonic's",
	module + "/cluster":                       "actors are reached by the cluster's look-up, on one node too",
	module + "/eventlog":                      "there is one log, the replicated one",
	module + "/eventlog/store":                "there is one store",
}

// unlinked lists what must not be in it.
var unlinked = map[string]string{
	"pgregory.net/rapid": "test support has no place in the binary",
	"go.uber.org/goleak": "test support has no place in the binary",

	"github.com/asynkron/protoactor-go/cluster": "nodes reach each other by links of their own",
	"github.com/asynkron/protoactor-go/remote":  "nodes reach each other by links of their own",
}

func checkBinary(deps []string) (complaints []string) {
	for path, because := range linked {
		if !slices.Contains(deps, path) {
			complaints = append(complaints, fmt.Sprintf("the binary does not link %s: %s", path, because))
		}
	}
	for _, d := range deps {
		short, our := ours(d)
		if because, bad := unlinked[d]; bad {
			complaints = append(complaints, fmt.Sprintf("the binary links %s: %s", d, because))
		}
		if our && isSupport(short) {
			complaints = append(complaints, fmt.Sprintf("the binary links %s: the in-memory log and other test support must not stand in for the real thing", d))
		}
	}
	return complaints
}

func TestBinary_LinksTheRealThings(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./cmd/parley")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	report(t, checkBinary(strings.Fields(string(out))))
}

func TestBinary_NoticesBadLinks(t *testing.T) {
	var good []string
	for path := range linked {
		good = append(good, path)
	}
	report(t, checkBinary(good))
	without := slices.DeleteFunc(slices.Clone(good), func(d string) bool { return d == "github.com/gobwas/ws" })
	wantComplaint(t, checkBinary(without), "does not link github.com/gobwas/ws")
	wantComplaint(t, checkBinary(append(good, module+"/eventlog/logtest")), "links "+module+"/eventlog/logtest")
}

// dragonboat pins Pebble version 1 before its first release. Whoever raises it by asking for another version breaks
// dragonboat's build or, worse, its files.
func TestBinary_LeavesPebbleOneToDragonboat(t *testing.T) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Indirect}}", "github.com/cockroachdb/pebble")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(out)); !strings.HasPrefix(got, "v0.0.0-20221207") || !strings.HasSuffix(got, " true") {
		t.Errorf("github.com/cockroachdb/pebble is at %q, want dragonboat's own v0.0.0-20221207... and only indirectly", got)
	}
}
