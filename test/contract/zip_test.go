package contract

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// longText is long enough to be compressed.
var longText = strings.Repeat("all work and no play ", 200)

// REST answers come compressed for who accepts gzip (section 7), and only there: what a session polls, and health, come as they
// are. Checked by breaking it: with all that the listener serves behind the compression of REST, the poll came in gzip.
func TestGzip_IsForRESTAlone(t *testing.T) {
	t.Parallel()
	node := servertest.Start(t)
	node.Client().Expect(http.MethodPost, "/ctx/tom/friends/jerry", 200)
	poll := pollingSession(t, node, "jerry")
	say(t, dial(t, node, "tom"), client.Text("jerry", longText))

	for heard := ""; !strings.Contains(heard, longText); {
		x := zippedExchange(t, http.MethodGet, poll, "")
		if heard = string(x.body); x.status != 200 || x.header.Get("Content-Encoding") != "" {
			t.Fatalf("a poll: %d %v, %.100s", x.status, x.header, x.body)
		}
	}
	x := zippedExchange(t, http.MethodGet, node.URL()+"/ctx/tom/friends/jerry/chats", "")
	if x.header.Get("Content-Encoding") != "gzip" || !strings.Contains(unzipped(t, x.body), longText) {
		t.Errorf("a history: %d %v", x.status, x.header)
	}
	if x.header.Get("Vary") != "Accept-Encoding" || x.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a history: %v", x.header)
	}
	for _, short := range []string{"/ctx/tom", "/ctx/nobody", "/readyz"} {
		if x := zippedExchange(t, http.MethodGet, node.URL()+short, ""); x.header.Get("Content-Encoding") != "" || len(x.body) == 0 {
			t.Errorf("%s: %v", short, x.header)
		}
	}
}

// zippedExchange sends a request of somebody who accepts gzip, and leaves the answer as it comes.
func zippedExchange(t *testing.T, method, target, body string) exchange {
	t.Helper()
	r := request(t, "", method, target, body)
	r.Header.Set("Accept-Encoding", "gzip")
	return send(t, r, body)
}

func unzipped(t *testing.T, body []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pollingSession logs user in by long polling (sections 3.5 and 3.7), and returns the URL to poll.
func pollingSession(t *testing.T, node *servertest.Node, user string) string {
	t.Helper()
	auth := fmt.Sprintf(`{"app":%q,"sign":%q,"client":%q}`, servertest.App, client.SignNow(servertest.ClientKey), user)
	base := node.URL() + "/socket.io/?EIO=4&transport=polling&auth=" + url.QueryEscape(auth)
	opened := zippedExchange(t, http.MethodGet, base, "")
	var open struct {
		SID string `json:"sid"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(opened.body, []byte("0")), &open); err != nil {
		t.Fatalf("%s: %v", opened.body, err)
	}
	poll := base + "&sid=" + url.QueryEscape(open.SID)
	if x := zippedExchange(t, http.MethodPost, poll, "40/chat,"); x.status != 200 {
		t.Fatalf("CONNECT: %d %s", x.status, x.body)
	}
	for heard := ""; !strings.Contains(heard, `"success":true`); {
		x := zippedExchange(t, http.MethodGet, poll, "")
		if heard = string(x.body); x.status != 200 {
			t.Fatalf("a poll: %d %s", x.status, x.body)
		}
	}
	return poll
}
