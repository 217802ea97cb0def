package reads

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	// maxQuestion is the length of the longest question, encoded: all that the header of a client's request can name (256 KiB), what
	// protobuf puts around it, and a key (70 KiB).
	maxQuestion = 512 << 10
	// maxEntries and maxRecords are what one question may ask for. A client gets a tenth of it.
	maxEntries = 1000
	maxRecords = 1000
)

// what returns what a question is for, "" = nothing that this program knows.
func what(q *pb.Read) string {
	switch q.What.(type) {
	case *pb.Read_History:
		if q.GetHistory().GetStale() {
			return AskStale
		}
		return AskHistory
	case *pb.Read_Keys:
		return AskKeys
	case *pb.Read_Records:
		return AskRecords
	case *pb.Read_Transfer:
		return AskTransfer
	}
	return ""
}

// encodeQuestion returns q as it travels. It fails as TooLong.
func encodeQuestion(q *pb.Read) ([]byte, error) {
	if size := proto.Size(q); size > maxQuestion {
		return nil, im.E("reads.ask", im.TooLong, "too much is asked for at once")
	}
	b, err := proto.MarshalOptions{UseCachedSize: true}.Marshal(q)
	if err != nil {
		return nil, &im.Error{Op: "reads.ask", Kind: im.Invalid, Err: err}
	}
	return b, nil
}

// decodeQuestion returns the question that b is, of a node among so many shards; an error when it cannot be answered.
func (r *Reads) decodeQuestion(b []byte) (*pb.Read, error) {
	q := new(pb.Read)
	if err := proto.Unmarshal(b, q); err != nil {
		return nil, fmt.Errorf("a malformed question: %w", err)
	}
	switch {
	case q.GetHistory() != nil:
		return q, checkHistory(q.GetHistory())
	case q.GetKeys() != nil:
		return q, r.checkKeys(q.GetKeys())
	case q.GetRecords() != nil:
		return q, r.checkRecords(q.GetRecords())
	case q.GetTransfer() != nil:
		if q.GetTransfer().Shard > r.o.Shards {
			return nil, fmt.Errorf("there is no shard %d", q.GetTransfer().Shard)
		}
		return q, nil
	}
	return nil, errors.New("a question for nothing")
}

// checkHistory refuses what is no actor's: the cluster's own logs are read by nobody else.
func checkHistory(h *pb.ReadHistory) error {
	of := h.Of.Addr()
	switch {
	case !of.Valid() || of.Kind == im.KindCluster:
		return fmt.Errorf("no history is of %q", of)
	case h.Limit == 0 || h.Limit > maxEntries:
		return fmt.Errorf("%d entries", h.Limit)
	}
	return nil
}

func (r *Reads) checkKeys(k *pb.ReadKeys) error {
	q, err := decodeQuery(k.Query)
	if err != nil {
		return err
	}
	if k.Limit == 0 || int64(k.Limit) > int64(r.o.limits.pageKeys) {
		return fmt.Errorf("%d keys", k.Limit)
	}
	if len(k.Shards) == 0 || !ascending(k.Shards) || k.Shards[0] == 0 || k.Shards[len(k.Shards)-1] > r.o.Shards {
		return fmt.Errorf("a search of the shards %v", k.Shards[:min(len(k.Shards), 100)])
	}
	if k.After == nil {
		return nil
	}
	after, err := decodeKey(k.After)
	if err != nil {
		return err
	}
	return r.o.Check(&q, &after)
}

func ascending(shards []uint32) bool {
	return slices.IsSorted(shards) && len(slices.Compact(slices.Clone(shards))) == len(shards)
}

func (r *Reads) checkRecords(q *pb.ReadRecords) error {
	if len(q.Keys) == 0 || len(q.Keys) > maxRecords {
		return fmt.Errorf("%d records", len(q.Keys))
	}
	for _, k := range q.Keys {
		at, err := addressOf(q.App, q.Kind, k)
		if err != nil || at.Shard(r.o.Shards) != im.ShardID(k.Shard) {
			return fmt.Errorf("no record is of %q on shard %d", at, k.Shard)
		}
	}
	return nil
}

// addressOf returns the address of a record; only one that is valid.
func addressOf(app string, kind uint32, k *pb.ReadKey) (im.Address, error) {
	at := (&pb.Address{App: app, Kind: kind, Id: string(k.GetId())}).Addr()
	if !at.Valid() || at.Kind == im.KindCluster {
		return at, errors.New("no valid address")
	}
	return at, nil
}
