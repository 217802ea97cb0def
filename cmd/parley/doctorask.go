package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
	for shard := range uint32(replicas[0].Of) {
		if err := settle(ctx, clients, replicas, shard); err != nil {
			return nil, err
		}
	}
	return replicas, nil
}

// settle asks for a shard until all that have it have it at one index, or too often.
func settle(ctx context.Context, clients []*adminClient, replicas []replica, shard uint32) error {
	before := newest(replicas, shard)
	for range askAgain {
		if sameIndex(replicas, shard) {
			return nil
		}
		if err := pause(ctx, askPause); err != nil {
			return err
		}
		all, err := askAll(ctx, clients, fmt.Sprintf("?shard=%d", shard))
		if err != nil {
			return err
		}
		for r := range replicas {
			if slices.ContainsFunc(all[r].Shards, func(d admin.Digest) bool { return d.Shard != shard }) || len(all[r].Shards) > 1 {
				return fmt.Errorf("%s answers with other shards than it was asked for", replicas[r].From)
			}
			replicas[r].put(shard, all[r].Shards)
		}
	}
	if !sameIndex(replicas, shard) && newest(replicas, shard) > before {
		for r := range replicas {
			replicas[r].moved[shard] = true
		}
	}
	return nil
}

// sameIndex reports whether all that have a shard have it at one index. What cannot be read will not be for being asked again.
func sameIndex(replicas []replica, shard uint32) bool {
	for i := range replicas {
		if d := replicas[i].held(shard); d != nil && d.Error == "" && d.Applied != newest(replicas, shard) {
			return false
		}
	}
	return true
}

func newest(replicas []replica, shard uint32) (applied uint64) {
	for i := range replicas {
		if d := replicas[i].held(shard); d != nil {
			applied = max(applied, d.Applied)
		}
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
