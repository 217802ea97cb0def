package start

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/parley-im/parley/bench/child"
)

// callTimeout bounds a request: more than the node's own bound of its work on one.
const callTimeout = 30 * time.Second

// stopTimeout is how long a stop may take on a machine that is busy with other things; the node means to take 8 s.
const stopTimeout = time.Minute

// node is a parley that is started and ended again and again on one directory.
type node struct {
	command    child.Command
	dir        string
	url, admin string
	app, key   string
	process    *child.Process
}

func newNode(binary, dir string) (*node, error) {
	addrs, err := child.FreeAddrs(4)
	if err != nil {
		return nil, err
	}
	n := &node{dir: dir, url: "http://" + addrs[0], admin: "http://" + addrs[1], app: "bench", key: rand.Text()}
	n.command = child.Command{Path: binary, Ready: n.url + "/readyz", Grace: stopTimeout, Args: []string{
		"serve", "--data", dir, "--listen", addrs[0], "--admin-listen", addrs[1], "--raft-listen", addrs[2], "--actor-listen", addrs[3],
		"--app", n.app + ":" + n.key + ":" + rand.Text(), "--limit-group-members", strconv.Itoa(groupLimit),
	}}
	return n, nil
}

// start starts the node and returns when it was started; it is ready then.
func (n *node) start(ctx context.Context) (began time.Time, err error) {
	began = time.Now()
	n.process, err = child.Start(ctx, n.command)
	return began, err
}

// stop ends the node in good order, if it runs.
func (n *node) stop() error {
	if n.process == nil {
		return nil
	}
	p := n.process
	n.process = nil
	return p.Stop()
}

// kill ends the node with SIGKILL and waits for its end.
func (n *node) kill() {
	n.process.Kill()
	n.process = nil
}

func (n *node) memory() memory { return memoryOf(n.process.Pid()) }

// page reads a page of the operators' listener.
func (n *node) page(ctx context.Context, path string) (io.ReadCloser, error) {
	token, err := os.ReadFile(filepath.Join(n.dir, "admin-token"))
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

// briefly keeps no connection: the node comes and goes.
var briefly = &http.Client{Timeout: callTimeout, Transport: &http.Transport{DisableKeepAlives: true}}

// metrics reads the node's metrics by name, labels included.
func (n *node) metrics(ctx context.Context) (map[string]float64, error) {
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

// collect makes the node collect its garbage: the profile of the heap begins with that when it is asked.
func (n *node) collect(ctx context.Context) error {
	body, err := n.page(ctx, "/debug/pprof/heap?gc=1")
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read to its end
	_, err = io.Copy(io.Discard, body)
	return err
}
