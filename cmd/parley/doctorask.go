package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/parley-im/parley/transport/admin"
)

const (
	// digestPatience bounds one answer: a node reads all that it has.
	digestPatience = time.Hour
	// askAgain is how often the nodes are asked again for a shard that they had at different indexes, and askPause how long
	// after the last answer: followers learn what was committed within a heartbeat or two.
	askAgain = 10
	askPause = 200 * time.Millisecond
)

func (c *adminClient) digests(ctx context.Context, query string) (admin.Digests, error) {
	var got admin.Digests
	err := c.do(ctx, http.MethodGet, "/v1/cluster/digests"+query, &got)
	return got, err
}

// askNodes asks running nodes for what they have. A shard that they do not have at the same index is asked for again, alone, so
// that all look at it at about the same time; one that is busy may never be caught.
func askNodes(ctx context.Context, clients []*adminClient) ([]replica, error) {
	all, err := askAll(ctx, clients, "")
	if err != nil {
		return nil, err
	}
	replicas := make([]replica, len(clients))
	for i := range replicas {
		replicas[i] = replica{From: clients[i].url, Digests: all[i], moved: map[uint32]bool{}}
	}
	if err := identify(replicas); err != nil {
		return nil, err
	}
	for i := range replicas {
		if replicas[i].name == replicas[i].From && i > 0 {
			return nil, fmt.Errorf("%s and another --admin are the same node, %s", replicas[i].From, replicas[i].Node)
		}
	}
	for i := range all[0].Shards {
		if err := settle(ctx, clients, replicas, i); err != nil {
			return nil, err
		}
	}
	return replicas, nil
}

// settle asks for the shard at place i until all have it at one index, or too often.
func settle(ctx context.Context, clients []*adminClient, replicas []replica, i int) error {
	number := replicas[0].Shards[i].Shard
	before := newest(replicas, i)
	for range askAgain {
		if sameIndex(replicas, i) {
			return nil
		}
		if err := pause(ctx, askPause); err != nil {
			return err
		}
		all, err := askAll(ctx, clients, fmt.Sprintf("?shard=%d", number))
		if err != nil {
			return err
		}
		for r := range replicas {
			if len(all[r].Shards) != 1 || all[r].Shards[0].Shard != number {
				return fmt.Errorf("%s answers with other shards than it was asked for", replicas[r].From)
			}
			replicas[r].Shards[i] = all[r].Shards[0]
		}
	}
	if !sameIndex(replicas, i) && newest(replicas, i) > before {
		for r := range replicas {
			replicas[r].moved[number] = true
		}
	}
	return nil
}

// sameIndex reports whether all have the shard at place i at one index. What cannot be read will not be for being asked again.
func sameIndex(replicas []replica, i int) bool {
	for _, r := range replicas {
		if s := &r.Shards[i]; s.Error == "" && s.Applied != newest(replicas, i) {
			return false
		}
	}
	return true
}

func newest(replicas []replica, i int) (applied uint64) {
	for _, r := range replicas {
		applied = max(applied, r.Shards[i].Applied)
	}
	return applied
}

// askAll asks all nodes side by side.
func askAll(ctx context.Context, clients []*adminClient, query string) ([]admin.Digests, error) {
	got, errs := make([]admin.Digests, len(clients)), make([]error, len(clients))
	var asking sync.WaitGroup
	for i, c := range clients {
		asking.Go(func() { got[i], errs[i] = c.digests(ctx, query) })
	}
	asking.Wait()
	return got, errors.Join(errs...)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
