package node

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// pageTimeout bounds the reading of a page: more than a node needs for a profile on a busy machine.
const pageTimeout = 30 * time.Second

// briefly keeps no connection: the node comes and goes.
var briefly = &http.Client{Timeout: pageTimeout, Transport: &http.Transport{DisableKeepAlives: true}}

// page reads a page of the operators' listener.
func (n *Node) page(ctx context.Context, path string) (io.ReadCloser, error) {
	token, err := os.ReadFile(filepath.Join(n.Dir, "admin-token"))
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.admin+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	resp, err := briefly.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close() //nolint:errcheck // nobody reads it
		return nil, fmt.Errorf("%s answers %s", path, resp.Status)
	}
	return resp.Body, nil
}

// Metrics reads the node's metrics by name, labels included, as in `parley_actors{kind="user"}`.
func (n *Node) Metrics(ctx context.Context) (map[string]float64, error) {
	body, err := n.page(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	defer body.Close() //nolint:errcheck // read to its end
	values := map[string]float64{}
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(text, 64); err == nil { // else a comment
			values[name] = v
		}
	}
	return values, lines.Err()
}

// Collect makes the node collect its garbage: the profile of the heap begins with that when it is asked.
func (n *Node) Collect(ctx context.Context) error {
	body, err := n.page(ctx, "/debug/pprof/heap?gc=1")
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read to its end
	_, err = io.Copy(io.Discard, body)
	return err
}
