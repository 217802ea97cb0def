package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/transport/admin"
)

// sayMuch has a group told two megabytes by the app, which no program makes shorter than one.
func sayMuch(t *testing.T, n *servertest.Node) {
	t.Helper()
	var group string
	if err := json.Unmarshal([]byte(n.Client().Do(http.MethodPost, "/groups", `{"owner":"tom"}`).Body), &group); err != nil {
		t.Fatal(err)
	}
	for range 64 {
		random := make([]byte, 16<<10)
		rand.Read(random) //nolint:errcheck // never fails
		body := fmt.Sprintf(`{"content":{"media":0,"body":"%x"}}`, random)
		if a := n.Client().Do(http.MethodPost, "/system/"+group+"?group", body); a.Status != http.StatusAccepted {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
}

// A running node says what it keeps, and so does its directory when it has ended, which is refused, in one line, before that, and left
// as it is: bucket by bucket, with what the store takes of the disk.
//
// Checked by breaking it: it fails when the offline report leaves out the buckets.
func TestDoctor_SaysWhatIsKept(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t, "--retention", "168h", "--retention-strangers", "700h")
	sayMuch(t, n)
	began := time.Now()

	inUse := servertest.Run(t, nil, "doctor", "retention", n.Dir)
	if inUse.Code != exitFailed || !strings.Contains(inUse.Stderr, n.Dir+" is in use by another process") || !strings.Contains(inUse.Stderr, "--admin") ||
		strings.Count(inUse.Stderr, "\n") != 1 || inUse.Stdout != "" {
		t.Errorf("in use: %+v", inUse)
	}
	address := strings.TrimPrefix(n.AdminURL(), "http://") // the scheme may be left out
	online := servertest.Run(t, nil, "doctor", "retention", "--admin", address, "--data", n.Dir)
	for _, want := range []string{"\nmessages    168h ", "\nstrangers   700h ", "\nRaft's log ", "\n16 shards, none of them held up\n", "this node is alone"} {
		if !strings.Contains(online.Stdout, want) || online.Code != exitDone {
			t.Errorf("online: %+v, want %q", online, want)
		}
	}
	if code := n.Terminate(); code != exitDone {
		t.Fatalf("exit code %d", code)
	}

	offline := servertest.Run(t, nil, "doctor", "retention", "--json", n.Dir)
	var got admin.Retention
	if err := json.Unmarshal([]byte(offline.Stdout), &got); err != nil || offline.Code != exitDone || !got.Stopped || got.Clock != nil || len(got.Classes) != 2 {
		t.Fatalf("%v, offline: %+v", err, offline)
	}
	messages := got.Classes[0]
	if len(messages.Buckets) == 0 || len(got.Classes[1].Buckets) != 0 {
		t.Fatalf("buckets: %+v", got.Classes)
	}
	var bytes uint64
	for _, b := range messages.Buckets { // two at midnight
		if bytes += b.Bytes; b.From.After(began) || b.To.Sub(b.From) != 24*time.Hour || b.Goes.Sub(b.To) != 168*time.Hour {
			t.Errorf("bucket %+v, before %v", b, began)
		}
	}
	if bytes < 1<<20 || bytes > got.StoreBytes {
		t.Errorf("buckets of %d bytes in a store of %d", bytes, got.StoreBytes)
	}
	if len(got.Shards) != shards-1 || got.Node != "node1" || got.Cluster == "" {
		t.Errorf("%+v", got)
	}
	table := servertest.Run(t, nil, "doctor", "retention", "--data", n.Dir)
	if !strings.Contains(table.Stdout, "what node1 has on its disk, while it does not run, at ") || table.Code != exitDone {
		t.Errorf("offline: %+v", table)
	}
	n.Restart() // nothing of its own was changed
}

// The metrics of what the log takes on the disk are what du says.
//
// Checked by breaking it: it fails when subfolders are left out.
func TestMetrics_LogBytesAreThoseOfDu(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	sayMuch(t, n)
	n.Terminate()
	n.Restart() // what was in memory is in the store
	for _, part := range []string{"store", "raft"} {
		var said, du float64
		servertest.Eventually(t, "metrics and du agree about "+part, func() bool { // it may write meanwhile
			said = n.Metrics()[`parley_log_bytes{what="`+part+`"}`]
			out, err := exec.Command("du", "-sk", filepath.Join(n.Dir, part)).Output()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Sscan(string(out), &du); err != nil {
				t.Fatal(err)
			}
			du *= 1024
			t.Logf("%s: %.0f bytes, du %.0f", part, said, du)
			return said > 0 && said > du*0.97-4096 && said < du*1.03+4096
		})
	}
}

// An app's window is set, shown, and taken back by the command line; what cannot be is said in one line.
func TestAppSet_ChangesTheWindow(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t, "--retention", "100h", "--retention-strangers", "200h")
	env := []string{"PARLEY_ADMIN=" + n.AdminURL(), "PARLEY_DATA=" + n.Dir, "PARLEY_RETENTION=1h"} // that is the node's
	for _, tt := range []struct{ set, says, lists string }{
		{"24h", "can be read for 24h, its own\n", "24h, its own\n"},
		{"70s", "can be read for 1m10s, its own\n", "1m10s, its own\n"},
		{"150h", "can be read for 100h, those of strangers 150h, its own\n", "100h, those of strangers 150h, its own\n"},
		{"200h", "can be read for 100h, those of strangers 200h; its own 200h has no effect\n", "; its own 200h has no effect\n"},
		{"0", "can be read for 100h, those of strangers 200h\n", "100h, those of strangers 200h\n"},
	} {
		set := servertest.Run(t, env, "app", "set", servertest.App, "--retention", tt.set)
		list := servertest.Run(t, env, "app", "list")
		if set.Code != exitDone || !strings.HasSuffix(set.Stdout, tt.says) || !strings.HasSuffix(list.Stdout, tt.lists) {
			t.Errorf("%s: %+v, then %+v", tt.set, set, list)
		}
	}
	for want, tt := range map[string]struct {
		code int
		args []string
	}{
		`no app "nobody"`:                       {exitFailed, []string{"nobody", "--retention", "24h"}},
		"--retention 1m9s: 0, or at least 1m10": {exitUsage, []string{servertest.App, "--retention", "69s"}},
		"--retention -1h0m0s: 0, or at least":   {exitUsage, []string{servertest.App, "--retention", "-1h"}},
		"invalid value":                         {exitUsage, []string{servertest.App, "--retention", "soon"}},
		"there is nothing to set":               {exitUsage, []string{servertest.App}},
		"an app's ID is missing":                {exitUsage, []string{"--retention", "24h"}},
		`unexpected argument "x"`:               {exitUsage, []string{servertest.App, "x", "--retention", "24h"}},
	} {
		got := servertest.Run(t, env, append([]string{"app", "set"}, tt.args...)...)
		if got.Code != tt.code || !strings.Contains(got.Stderr, want) || got.Stdout != "" {
			t.Errorf("%v: %+v, want code %d and %q", tt.args, got, tt.code, want)
		}
	}
}
