package servertest

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// AdminPage reads a page of the operators' listener with the node's token; the test ends when it is not 200.
func (n *Node) AdminPage(path string) string {
	n.t.Helper()
	token, err := os.ReadFile(filepath.Join(n.Dir, "admin-token"))
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, n.AdminURL()+path, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	res, err := httpClient.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		n.t.Fatalf("%s: %s %v", path, res.Status, err)
	}
	return string(text)
}

// Metrics reads the node's metrics by their name, labels included, as in `parley_actors{kind="user"}`.
func (n *Node) Metrics() map[string]float64 {
	n.t.Helper()
	values := make(map[string]float64)
	for line := range strings.Lines(n.AdminPage("/metrics")) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		if v, err := strconv.ParseFloat(text, 64); err == nil { // else a comment
			values[name] = v
		}
	}
	return values
}

// CollectGarbage makes the node do so: the profile of the heap begins with it when it is asked.
func (n *Node) CollectGarbage() {
	n.t.Helper()
	n.AdminPage("/debug/pprof/heap?gc=1")
}

// AdminAnswers reports whether the operators' listener answers, and the node has its token.
func (n *Node) AdminAnswers() bool {
	if _, err := os.Stat(filepath.Join(n.Dir, "admin-token")); err != nil {
		return false
	}
	status, _ := n.page(n.AdminURL() + "/livez")
	return status == http.StatusOK
}

// Readiness is what /readyz says, "" when nobody answers.
func (n *Node) Readiness() string {
	_, text := n.page(n.AdminURL() + "/readyz")
	return text
}

// page reads a page that needs no token; 0 when nobody answers.
func (n *Node) page(url string) (status int, text string) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	res, err := httpClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(body)
}
