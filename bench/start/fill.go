package start

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// attempts is how often members are added, at most.
	attempts = 3
	// lookEvery is the time between two looks at what the node has stored.
	lookEvery = 50 * time.Millisecond
	// fillTimeout bounds the time in which nothing of what is missing gets stored.
	fillTimeout = time.Minute
	// stored counts the appends of the node that are in its log.
	stored = `parley_raft_appends_total{outcome="stored"}`
)

func user(i int) string  { return fmt.Sprintf("u%07d", i) }
func owner(i int) string { return fmt.Sprintf("owner-%d", i) }

// makeGroups makes the groups, each with nobody but its owner and with a long name.
func (r *run) makeGroups(ctx context.Context) error {
	api := r.rest()
	defer api.close()
	for i := range r.groups {
		body := map[string]any{"owner": owner(i), "name": words(r.opts.NameBytes)}
		if err := api.call(ctx, http.MethodPost, "/groups", body, &r.groups[i]); err != nil {
			return fmt.Errorf("make a group: %w", err)
		}
		r.progress("making groups", int64(i+1), int64(len(r.groups)))
	}
	return nil
}

// fillUsers adds the users to the groups, one group after the other. That is one append of a group, and one in the log of
// each member: the node has all users when it has counted as many.
func (r *run) fillUsers(ctx context.Context) error {
	api := r.rest()
	defer api.close()
	before, err := r.node.Metrics(ctx)
	if err != nil {
		return err
	}
	want := before[stored]
	for i, group := range r.groups {
		first := i * r.opts.GroupSize
		users := make([]string, min(r.opts.GroupSize, r.opts.Users-first))
		for j := range users {
			users[j] = user(first + j)
		}
		want += float64(1 + len(users))
		if err := r.addMembers(ctx, api, group, users, want); err != nil {
			return fmt.Errorf("add members to a group: %w", err)
		}
		r.progress("making users", int64(first+len(users)), int64(r.opts.Users))
	}
	return nil
}

// addMembers adds users to a group at once, and waits until the node has stored so many appends. A node that has little
// time may answer that it does not know (503): then what it stores tells, and adding them again changes nothing for those
// who are members.
func (r *run) addMembers(ctx context.Context, api *rest, group string, users []string, want float64) error {
	var problems error
	for range attempts {
		err := api.call(ctx, http.MethodPost, "/groups/"+group+"/members", map[string]any{"members": users}, nil)
		if err != nil && !unavailable(err) {
			return err
		}
		waited := r.awaitStored(ctx, want)
		if waited == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		problems = errors.Join(problems, err, waited)
	}
	return problems
}

// findGroups asks for the groups that an earlier run has made.
func (r *run) findGroups(ctx context.Context) error {
	api := r.rest()
	defer api.close()
	for i := range r.groups {
		var ids []string
		if err := api.call(ctx, http.MethodGet, "/ctx/"+owner(i)+"/groups", nil, &ids); err != nil {
			return err
		}
		if len(ids) != 1 {
			return fmt.Errorf("%s has %d groups: the directory is not what a run left", owner(i), len(ids))
		}
		r.groups[i] = ids[0]
	}
	return nil
}

// awaitStored waits until the node has stored so many appends since it was started.
func (r *run) awaitStored(ctx context.Context, want float64) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last, since := 0.0, time.Now()
	for {
		m, err := r.node.Metrics(ctx)
		if err != nil {
			return err
		}
		switch got := m[stored]; {
		case got >= want:
			return nil
		case got > last:
			last, since = got, time.Now()
		case time.Since(since) > fillTimeout:
			return fmt.Errorf("the node has stored %.0f of %.0f facts, and no more come", got, want)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// words are n random letters that do not compress to less than three quarters, and without a dictionary not at all.
func words(n int) string {
	b := make([]byte, n*3/4+3)
	for i := 0; i < len(b); i += 8 {
		v := rand.Uint64()
		for j := i; j < min(i+8, len(b)); j++ {
			b[j] = byte(v)
			v >>= 8
		}
	}
	return base64.RawURLEncoding.EncodeToString(b)[:n]
}
