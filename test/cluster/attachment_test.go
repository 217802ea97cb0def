package cluster

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// A file that one node has taken is served by all, also when that one is gone.
//
// Checked by breaking it: without the copy (blob/spread: Put) nobody has it, and without the fetch (blob/spread: Open) one of the
// others lacks it.
func TestAttachment_OutlivesItsNode(t *testing.T) {
	t.Parallel()
	c := servertest.StartCluster(t, 3)
	const files = 6
	var paths []string
	for range files {
		paths = append(paths, upload(t, c.Nodes[0], "what everybody sees")[len(c.Nodes[0].URL()):])
	}
	check := func(nodes []*servertest.Node, paths []string) {
		t.Helper()
		for _, n := range nodes {
			for _, path := range paths {
				if status, _, body := fetch(t, n, path); status != http.StatusOK || body != "what everybody sees" {
					t.Errorf("%s: %s: %d %q", n.Name, path, status, body)
				}
			}
		}
	}
	check(c.Nodes, paths[:files/2])
	c.Nodes[0].Kill()
	check(c.Nodes[1:], paths)
	if status, _, body := fetch(t, c.Nodes[1], "/attachment/00000000/00000000.txt"); status == http.StatusOK {
		t.Errorf("what nobody has: %d %q", status, body)
	}
	if status, _, body := fetch(t, c.Nodes[1], "/_attachment"+paths[0][len("/attachment"):]); status != http.StatusNotFound {
		t.Errorf("a client asks as a node does: %d %q", status, body)
	}
}

// upload uploads a text, and returns its address.
func upload(t *testing.T, n *servertest.Node, text string) string {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	file, err := form.CreateFormFile("attachment", "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(file, text) // a buffer takes everything
	_ = form.Close()                  // as above
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL()+"/attachment", &b)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("X-ML-AppId", servertest.App)
	req.Header.Set("X-ML-Request-Sign", client.SignNow(servertest.ClientKey))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	var urls []string
	if err := json.NewDecoder(res.Body).Decode(&urls); err != nil || len(urls) != 1 {
		t.Fatalf("%d %q, %v", res.StatusCode, urls, err)
	}
	return urls[0]
}
