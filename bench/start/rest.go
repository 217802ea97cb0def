package start

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/parley-im/parley/bench/swarm"
)

// callTimeout bounds a request: more than the node's own bound of its work on one.
const callTimeout = 30 * time.Second

// rest calls the REST API of one app over connections that it keeps. It belongs to one start of the node.
type rest struct {
	url, app, key string
	client        *http.Client
}

func (r *run) rest() *rest {
	return &rest{url: r.node.URL, app: r.node.App, key: r.node.Key, client: &http.Client{Timeout: callTimeout, Transport: &http.Transport{}}}
}

func (r *rest) close() { r.client.CloseIdleConnections() }

// call sends body as JSON, nil = none, and puts the JSON of a 2xx answer into answer, nil = nowhere.
func (r *rest) call(ctx context.Context, method, path string, body, answer any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, r.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-ML-AppId", r.app)
	req.Header.Set("X-ML-Request-Sign", swarm.Sign(r.key, time.Now()))
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	got, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = &refusal{resp.StatusCode, fmt.Sprintf("%s %s: %s %s", method, path, resp.Status, got)}
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(got, answer)
	}
	return err
}

// refusal is an answer that is not 2xx.
type refusal struct {
	status int
	text   string
}

// Error implements error.
func (r *refusal) Error() string { return r.text }

// unavailable reports whether the server said that it does not know what came of a call.
func unavailable(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == http.StatusServiceUnavailable
}
