package reads

import (
	"context"
	"slices"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// History returns the messages of addr below before, newest first, at most limit. It sees everything that was answered before it began. The error is an *im.Error: Unavailable when no node that has the shard answers
// in time, and when ctx ends; Invalid for an address that is none, or a limit of more than 1,000 elsewhere.
func (r *Reads) History(ctx context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error) {
	shard, until := addr.Shard(r.o.Shards), time.Now().Add(r.o.times.history)
	var err error
	if r.local.Holds(shard) {
		var entries []im.Entry
		entries, err = r.local.History(ctx, addr, before, limit)
		if !isUnavailable(err) || ctx.Err() != nil || len(r.holders(shard, false)) == 0 || time.Until(until) <= 0 {
			return entries, err
		}
	}
	return r.historyOf(ctx, &elsewhere{
		question: encodeHistory(addr, before, limit, false),
		shard:    shard, until: until, late: r.o.times.late, why: err,
	})
}

// StaleHistory is History without a barrier: what a node has that has something of the shard, which may lack the newest
// messages. It takes 300 ms at most elsewhere, and no time here.
func (r *Reads) StaleHistory(ctx context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error) {
	shard, until := addr.Shard(r.o.Shards), time.Now().Add(r.o.times.stale)
	var err error
	if r.local.Holds(shard) {
		var entries []im.Entry
		entries, err = r.local.StaleHistory(addr, before, limit)
		if !isUnavailable(err) {
			return entries, err
		}
	}
	return r.historyOf(ctx, &elsewhere{
		question: encodeHistory(addr, before, limit, true),
		shard:    shard, until: until, late: r.o.times.staleLate, why: err,
	})
}

// elsewhere is a history to be read at another node.
type elsewhere struct {
	question *pb.ReadHistory
	shard    im.ShardID
	// until is when an answer is to have begun.
	until time.Time
	late  time.Duration
	// why is the error that it could not be read here with, nil when it is not here.
	why error
}

// historyOf reads a history elsewhere: of another node when an answer breaks off, as long as there is time for it.
func (r *Reads) historyOf(ctx context.Context, e *elsewhere) ([]im.Entry, error) {
	limit := int(e.question.Limit)
	if limit == 0 {
		return nil, nil
	}
	if err := checkHistory(e.question); err != nil {
		return nil, &im.Error{Op: "reads.history", Kind: im.Invalid, Err: err}
	}
	nobody := e.why
	if nobody == nil {
		nobody = nobodyHas(e.shard)
	}
	var cut []string // nodes whose answers broke off: they are asked last
	for {
		c := race{
			r: r, question: &pb.Read{What: &pb.Read_History{History: e.question}}, nobody: nobody,
			nodes:  func() []string { return after(r.holders(e.shard, e.question.Stale), cut) },
			within: time.Until(e.until), late: e.late,
		}
		a, err := c.run(ctx)
		if err != nil {
			return nil, err
		}
		entries, err := a.entries(limit)
		if !isUnavailable(err) || time.Until(e.until) <= 0 || ctx.Err() != nil {
			return entries, err
		}
		nobody, cut = err, append(cut, a.node)
	}
}

// after returns the names with those of the last ones at the end.
func after(names, last []string) []string {
	isLast := func(name string) int {
		if slices.Contains(last, name) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(names, func(a, b string) int { return isLast(a) - isLast(b) })
	return names
}
