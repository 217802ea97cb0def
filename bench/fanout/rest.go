package fanout

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/parley-im/parley/bench/swarm"
)

const (
	// membersPerCall keeps the body of a call below 1 MiB, and what one call makes a server write within reason.
	membersPerCall = 5000
	// callTimeout bounds a call: a membership change is answered when all members know.
	callTimeout = 60 * time.Second
)

// rest calls the REST API of one app. Its connections are kept until close: members who come and go while it is measured should
// cost the server no more than that.
type rest struct {
	url, app, key string
	client        *http.Client
}

func newRest(url, app, key string) rest {
	return rest{url: url, app: app, key: key, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: guides}}}
}

func (c rest) close() { c.client.CloseIdleConnections() }

// createRoom makes a room of these members.
func (c rest) createRoom(ctx context.Context, members []string) (id string, err error) {
	first := members[:min(membersPerCall, len(members))]
	answer, err := c.call(ctx, http.MethodPost, "/rooms", map[string]any{"name": "bench fanout", "members": first})
	if err == nil {
		err = json.Unmarshal(answer, &id)
	}
	if err == nil {
		err = c.addMembers(ctx, id, members[len(first):])
	}
	if err != nil {
		return id, fmt.Errorf("make a room of %d: %w", len(members), err)
	}
	return id, nil
}

func (c rest) addMembers(ctx context.Context, room string, members []string) error {
	for len(members) > 0 {
		some := members[:min(membersPerCall, len(members))]
		_, err := c.call(ctx, http.MethodPost, "/rooms/"+url.PathEscape(room)+"/members", map[string]any{"members": some})
		if err != nil {
			return err
		}
		members = members[len(some):]
	}
	return nil
}

func (c rest) removeMembers(ctx context.Context, room string, members []string) error {
	_, err := c.call(ctx, http.MethodDelete, "/rooms/"+url.PathEscape(room)+"/members", map[string]any{"members": members})
	return err
}

func (c rest) deleteRoom(ctx context.Context, room string) error {
	_, err := c.call(ctx, http.MethodDelete, "/rooms/"+url.PathEscape(room), nil)
	return err
}

// call returns the body of a 2xx answer.
func (c rest) call(ctx context.Context, method, path string, body any) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.url, "/")+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-ML-AppId", c.app)
	req.Header.Set("X-ML-Request-Sign", swarm.Sign(c.key, time.Now()))
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = refusal(resp.Status, answer)
	}
	return answer, err
}

// tooMany is the code of a full room (MaxIM protocol, 6.1).
const tooMany = 5008

func refusal(status string, body []byte) error {
	var e struct {
		ErrorCode    int
		ErrorMessage string
	}
	if json.Unmarshal(body, &e) != nil || e.ErrorMessage == "" {
		return errors.New(status)
	}
	hint := ""
	if e.ErrorCode == tooMany {
		hint = " (serve --limit-room-members sets how many may be in a room)"
	}
	return fmt.Errorf("%s: %d %s%s", status, e.ErrorCode, e.ErrorMessage, hint)
}
