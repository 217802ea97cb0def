package reads

import (
	"context"
	"slices"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// records returns the records of keys, in their order, but for those that are gone.
func (r *Reads) records(ctx context.Context, q *im.Query, keys []im.FoundKey) ([]im.Found, error) {
	asked, err := r.planPatiently(ctx, shardsOf(keys))
	if err != nil {
		return nil, err
	}
	found, err := r.recordsOf(ctx, q, keys, asked, nil)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]im.Found, len(found))
	for _, f := range found {
		byID[f.ID] = f
	}
	out := make([]im.Found, 0, len(keys))
	for i := range keys {
		if f, ok := byID[keys[i].ID]; ok {
			out = append(out, f)
		}
	}
	return out, nil
}

// recordsOf returns what the nodes have of the keys, in any order. When one does not answer, others are asked for its part, but not
// those.
func (r *Reads) recordsOf(ctx context.Context, q *im.Query, keys []im.FoundKey, asked []assignment, not []string) ([]im.Found, error) {
	return each(ctx, asked, func(ctx context.Context, a assignment) ([]im.Found, error) {
		began := time.Now()
		theirs := slices.DeleteFunc(slices.Clone(keys), func(k im.FoundKey) bool { return !slices.Contains(a.shards, k.Shard) })
		found, err := r.recordsAt(ctx, q, a.node, theirs)
		if err == nil || !r.mayHelp(ctx, began, err) {
			return found, err
		}
		not := append(slices.Clone(not), a.node)
		others, planErr := r.plan(a.shards, not)
		if planErr != nil {
			return nil, err // says more
		}
		return r.recordsOf(ctx, q, theirs, others, not)
	})
}

// recordsAt returns what one node has of the keys.
func (r *Reads) recordsAt(ctx context.Context, q *im.Query, node string, keys []im.FoundKey) (found []im.Found, err error) {
	if node == r.o.Node {
		return r.local.Records(ctx, q.App, q.Kind, keys)
	}
	for some := range slices.Chunk(keys, maxRecords) {
		theirs, err := r.askRecords(ctx, q, node, some)
		if err != nil {
			return nil, err
		}
		found = append(found, theirs...)
	}
	return found, nil
}

func (r *Reads) askRecords(ctx context.Context, q *im.Query, node string, keys []im.FoundKey) (found []im.Found, err error) {
	question := &pb.ReadRecords{App: string(q.App), Kind: uint32(q.Kind)}
	left := make(map[string]bool, len(keys))
	for i := range keys {
		question.Keys = append(question.Keys, encodeName(&keys[i]))
		left[keys[i].ID] = true
	}
	a, err := r.ask(ctx, node, &pb.Read{What: &pb.Read_Records{Records: question}})
	if err != nil {
		return nil, err
	}
	_, err = a.readAll(len(keys), len(keys)*maxPart, func(p *pb.ReadPart) (int, error) {
		for _, rec := range p.Records {
			f := decodeRecord(rec)
			if !left[f.ID] {
				return 0, errOther
			}
			delete(left, f.ID)
			found = append(found, f)
		}
		return len(p.Records), only(p, len(p.Records))
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
