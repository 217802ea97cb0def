package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/bench/swarm"
)

const (
	// founders is how many groups are made at a time, attempts how often one is tried.
	founders, attempts = 32, 3
	// callTimeout bounds a request: more than a node's own bound of its work on one.
	callTimeout = 30 * time.Second
)

// user is the name of a user: those of a pool follow one another.
func user(i int) string { return fmt.Sprint("user", i) }

// pool is the first user of the pool that talks in a group.
func (o *Options) pool(group int) int { return group % o.Pools * o.Members }

// fill makes the groups.
func (p *place) fill(ctx context.Context) error {
	client := &http.Client{Timeout: callTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: founders}}
	defer client.CloseIdleConnections()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var next, done atomic.Int64
	var founding sync.WaitGroup
	for range founders {
		founding.Go(func() {
			for g := int(next.Add(1)) - 1; g < len(p.groups) && ctx.Err() == nil; g = int(next.Add(1)) - 1 {
				if err := p.found(ctx, client, g); err != nil {
					fail(err)
				}
				p.progress("making groups", done.Add(1), int64(len(p.groups)))
			}
		})
	}
	founding.Wait()
	return context.Cause(ctx)
}

// found makes a group. A node that has little time may answer that it does not know what came of it (503); then another one is made.
func (p *place) found(ctx context.Context, client *http.Client, g int) error {
	first := p.opts.pool(g)
	members := make([]string, p.opts.Members)
	for i := range members {
		members[i] = user(first + i)
	}
	body, err := json.Marshal(map[string]any{"owner": members[0], "members": members})
	if err != nil {
		return err
	}
	var problems error
	for range attempts {
		status, answer, err := p.post(ctx, client, g, body)
		switch {
		case err != nil:
			return fmt.Errorf("make a group: %w", err)
		case status == http.StatusOK:
			return json.Unmarshal(answer, &p.groups[g])
		}
		problems = errors.Join(problems, fmt.Errorf("make a group: %d %s", status, answer))
		if status != http.StatusServiceUnavailable {
			break
		}
	}
	return problems
}

func (p *place) post(ctx context.Context, client *http.Client, g int, body []byte) (status int, answer []byte, err error) {
	n := p.nodes[g%len(p.nodes)]
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.URL+"/groups", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-ML-AppId", n.App)
	req.Header.Set("X-ML-Request-Sign", swarm.Sign(n.Key, time.Now()))
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}
