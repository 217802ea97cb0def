package reads

import (
	"fmt"
	"math"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// What is asked and answered, as it travels and as it is. What comes from another node may be anything of its type.

func encodeQuery(q *im.Query) *pb.ReadQuery {
	p := &pb.ReadQuery{App: string(q.App), Kind: uint32(q.Kind)}
	for _, c := range q.Where {
		p.Where = append(p.Where, &pb.ReadCondition{Name: []byte(c.Name), Text: []byte(c.Text)})
	}
	for _, k := range q.Sort {
		p.Sort = append(p.Sort, &pb.ReadSort{Name: []byte(k.Name), Descending: k.Descending})
	}
	return p
}

// decodeQuery returns a query whose page is not set.
func decodeQuery(p *pb.ReadQuery) (im.Query, error) {
	if p == nil || p.Kind > math.MaxUint8 {
		return im.Query{}, fmt.Errorf("a query for kind %d", p.GetKind())
	}
	q := im.Query{App: im.AppID(p.App), Kind: im.Kind(p.Kind)}
	for _, c := range p.Where {
		q.Where = append(q.Where, im.Condition{Name: string(c.Name), Text: string(c.Text)})
	}
	for _, k := range p.Sort {
		q.Sort = append(q.Sort, im.SortKey{Name: string(k.Name), Descending: k.Descending})
	}
	return q, nil
}

// encodeKey returns a key with its values, nil for none.
func encodeKey(k *im.FoundKey) *pb.ReadKey {
	if k == nil {
		return nil
	}
	p := encodeName(k)
	for _, v := range k.Values {
		p.Values = append(p.Values, &pb.ReadValue{Kind: uint32(v.Kind), Text: []byte(v.Text)})
	}
	return p
}

// encodeName returns a key without its values.
func encodeName(k *im.FoundKey) *pb.ReadKey {
	return &pb.ReadKey{Shard: uint32(k.Shard), Id: []byte(k.ID)}
}

func decodeKey(p *pb.ReadKey) (im.FoundKey, error) {
	k := im.FoundKey{Shard: im.ShardID(p.Shard), ID: string(p.Id)}
	for _, v := range p.Values {
		if v.Kind > uint32(im.BoolField) {
			return im.FoundKey{}, fmt.Errorf("a value of type %d", v.Kind)
		}
		k.Values = append(k.Values, im.SortValue{Kind: im.FieldType(v.Kind), Text: string(v.Text)})
	}
	return k, nil
}

func encodeHistory(of im.Address, before im.Before, limit int, stale bool) *pb.ReadHistory {
	return &pb.ReadHistory{
		Of: pb.NewAddress(of), Before: int64(before.TS), BeforeN: before.N, Limit: uint32(max(0, limit)), Stale: stale,
	}
}

// beforeOf returns what bounds a history that is asked for.
func beforeOf(h *pb.ReadHistory) im.Before {
	return im.Before{TS: im.Millis(h.Before), N: h.BeforeN}
}

func encodeEntry(e *im.Entry) *pb.ReadEntry {
	return &pb.ReadEntry{Seq: e.Seq, N: e.N, Ts: int64(e.TS), Id: []byte(e.ID), Owes: e.Owes, Body: e.Body}
}

func decodeEntry(p *pb.ReadEntry) im.Entry {
	return im.Entry{Seq: p.Seq, N: p.N, TS: im.Millis(p.Ts), ID: string(p.Id), Owes: p.Owes, Body: p.Body}
}

func encodeRecord(f *im.Found) *pb.ReadRecord {
	return &pb.ReadRecord{Id: []byte(f.ID), Ts: int64(f.TS), Body: f.Body}
}

func decodeRecord(p *pb.ReadRecord) im.Found {
	return im.Found{ID: string(p.Id), TS: im.Millis(p.Ts), Body: p.Body}
}

func encodeShards(shards []im.ShardID) []uint32 {
	out := make([]uint32, len(shards))
	for i, s := range shards {
		out[i] = uint32(s)
	}
	return out
}

func decodeShards(shards []uint32) []im.ShardID {
	out := make([]im.ShardID, len(shards))
	for i, s := range shards {
		out[i] = im.ShardID(s)
	}
	return out
}
