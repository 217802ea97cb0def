package reads

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// keysAt returns the next keys of a source, at most limit.
func (r *Reads) keysAt(ctx context.Context, q *im.Query, s *source, limit int) (keys []im.FoundKey, more bool, err error) {
	if s.node == r.o.Node {
		return r.local.SearchKeys(ctx, *q, s.shards, s.after, limit)
	}
	a, err := r.ask(ctx, s.node, &pb.Read{What: &pb.Read_Keys{Keys: &pb.ReadKeys{
		Query: encodeQuery(q), Shards: encodeShards(s.shards), After: encodeKey(s.after), Limit: uint32(limit),
	}}})
	if err != nil {
		return nil, false, err
	}
	last := s.after
	end, err := a.readAll(limit, r.o.limits.pageBytes, func(p *pb.ReadPart) (int, error) {
		if err := only(p, len(p.Keys)); err != nil {
			return 0, err
		}
		for _, k := range p.Keys {
			key, err := r.next(q, s, last, k)
			if err != nil {
				return 0, err
			}
			keys = append(keys, key)
			last = &key
		}
		return len(p.Keys), nil
	})
	if err != nil {
		return nil, false, err
	}
	if end.More && len(keys) == 0 {
		return nil, false, a.fail(errEmpty)
	}
	return keys, end.More, nil
}

var errKey = errors.New("a key that is not the next one")

// next returns a key that comes after last, if there is one, from what a source has sent. NB: a merge of what is in no order would
// not end.
func (r *Reads) next(q *im.Query, s *source, last *im.FoundKey, p *pb.ReadKey) (im.FoundKey, error) {
	key, err := decodeKey(p)
	if err != nil {
		return key, err
	}
	if err := r.o.Check(q, &key); err != nil {
		return key, err
	}
	at := im.Address{App: q.App, Kind: q.Kind, ID: key.ID}
	if !slices.Contains(s.shards, key.Shard) || at.Shard(r.o.Shards) != key.Shard || last != nil && r.o.Compare(q, last, &key) >= 0 {
		return key, errKey
	}
	return key, nil
}
