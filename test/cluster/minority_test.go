package cluster

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// withoutMajority is how long who asks a node without a majority waits to be told so: two seconds, and what a busy machine adds.
const withoutMajority = 2*time.Second + servertest.Slowdown*time.Second/2

// A node that has lost both others acknowledges nothing, and says so with 5013 in time; histories of friends and groups go on,
// marked as stale. With a majority everything goes on by itself.
//
// Checked by breaking it: with the patience of a node alone, 5 s, the answers come too late; without the stale answer the
// histories are refused.
func TestMinority_RefusesInTimeAndReadsHistory(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3)
	left := c.Nodes[0]
	befriend(t, left, "tom", "jerry")
	crew := found(t, left, "/groups", map[string]any{"owner": "tom", "members": []string{"tom", "jerry"}})
	tom := visit(t, left, "tom")
	for _, to := range []string{"jerry", crew} {
		target := friend(to)
		if to == crew {
			target = group(to)
		}
		tom.says(target, "before")
		tom.says(target, "before, too")
	}
	histories := []string{
		"/ctx/jerry/friends/tom/chats", "/groups/" + crew + "/chats",
		"/ctx/jerry/friends/tom/chats?before=2", "/groups/" + crew + "/chats?before=2", // the first message alone
	}
	before := map[string]string{}
	for _, h := range histories {
		before[h] = get(t, left, h)
	}
	others := c.Others(left)
	for _, n := range others {
		n.Kill()
	}

	for _, target := range []client.To{friend("jerry"), group(crew)} {
		best := time.Hour
		for n := 0; n < 5 && best > withoutMajority; n++ { // the machine may stand still
			began := time.Now()
			code := tom.asks(client.TextTo(target, "not stored")).Error
			if best = min(best, time.Since(began)); code != 5013 {
				t.Errorf("a message is answered with %d, want 5013", code)
			}
		}
		if best > withoutMajority {
			t.Errorf("a message is answered after %v at best, want %v", best, withoutMajority)
		}
	}
	for _, h := range histories {
		began := time.Now()
		status, header, body := fetch(t, left, h)
		if status != http.StatusOK || body != before[h] || header.Get("X-Parley-Stale") != "true" {
			t.Errorf("%s: %d %s, stale %q; want %s", h, status, body, header.Get("X-Parley-Stale"), before[h])
		}
		if took := time.Since(began); took > 2*withoutMajority { // a group is asked for first
			t.Errorf("%s took %v", h, took)
		}
	}

	for _, n := range others {
		n.Restart()
	}
	left.AwaitReady()
	visit(t, left, "tom").says(friend("jerry"), "after")
	servertest.Eventually(t, "histories are not stale", func() bool {
		status, header, _ := fetch(t, left, histories[0])
		return status == http.StatusOK && header.Get("X-Parley-Stale") == ""
	})
}

// fetch reads a resource with the client's key.
func fetch(t *testing.T, n *servertest.Node, path string) (status int, header http.Header, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-ML-AppId", servertest.App)
	req.Header.Set("X-ML-APIKey", servertest.ClientKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	var text []byte
	if text, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}
