package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// effect is what is known of a call.
type effect int

const (
	known   effect = iota // it was answered
	unclear               // it may have happened, or may yet
	never                 // it did not
)

// do makes a call and notes its answer.
func (r *roster) do(ctx context.Context, n *servertest.Node, object string, c *call) effect {
	c.from = time.Now()
	status, body, err := r.request(ctx, n, object, c)
	to := time.Now()
	switch code := client.ErrorCode(body); {
	case err != nil && strings.Contains(err.Error(), "connection refused"):
		return never
	case err != nil || code == unavailable:
		return unclear
	case code == overloaded:
		return never
	case code == limitReached && c.verb == join:
		c.full = true
	case status/100 != 2:
		r.journal.fault("G5: %v to %s by %s was answered %d %s", c.verb, object, n.Name, status, body)
		return unclear
	case c.verb == read:
		if err := c.see(body); err != nil {
			r.journal.fault("G5: %s of %s: %s: %w", object, n.Name, body, err)
		}
	}
	c.to = to
	return known
}

// limitReached is the code of a group or room that is full.
const limitReached = 5008

func (r *roster) request(ctx context.Context, n *servertest.Node, object string, c *call) (int, []byte, error) {
	switch c.verb {
	case join:
		return r.send(ctx, n, http.MethodPost, object+"/members/"+candidate(c.member), nil)
	case leave:
		return r.send(ctx, n, http.MethodDelete, object+"/members/"+candidate(c.member), nil)
	case write:
		return r.send(ctx, n, http.MethodPut, object+"/attributes", map[string]any{"value": c.value})
	case read:
	}
	return r.send(ctx, n, http.MethodGet, object, nil)
}

func (c *call) see(body []byte) error {
	var got struct {
		Members    []string
		Attributes struct{ Value int }
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return err
	}
	for i := range candidates {
		if slices.Contains(got.Members, candidate(i)) {
			c.saw.members |= 1 << i
		}
	}
	c.saw.value = got.Attributes.Value
	if n := count(c.saw.members); n != len(got.Members) {
		return fmt.Errorf("%d members, of which %d are known", len(got.Members), n)
	}
	return nil
}

func (r *roster) send(ctx context.Context, n *servertest.Node, method, path string, body any) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return rest(n).Send(ctx, method, path, body)
}
