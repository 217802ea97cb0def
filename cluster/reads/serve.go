package reads

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const opServe = "reads.serve"

// errNotHere is returned to another node for a shard of which there is no replica here: it asks somebody else.
var errNotHere = im.E(opServe, im.Unavailable, "")

// ServeHTTP answers what another node asks at Path. It reads what is here and asks nobody. NB: it proves nothing of who asks.
func (r *Reads) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ctx, done, ok := r.begin(req.Context())
	if !ok {
		http.Error(w, "closing", http.StatusServiceUnavailable)
		return
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, r.o.times.serve)
	defer cancel()
	q, err := r.question(w, req)
	if err != nil {
		r.o.Logger.Debug("another node asks what cannot be answered", "err", err)
		http.Error(w, "bad question", http.StatusBadRequest)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(r.o.times.serve)) // fails only where there is no connection
	out := &parts{w: w}
	out.end(r.serve(ctx, q, out))
}

// question reads what is asked.
func (r *Reads) question(w http.ResponseWriter, req *http.Request) (*pb.Read, error) {
	if req.Method != http.MethodPost {
		return nil, fmt.Errorf("method %.20q", req.Method)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxQuestion))
	if err != nil {
		return nil, err
	}
	return r.decodeQuestion(body)
}

// serve answers a question, when there is room for one more.
func (r *Reads) serve(ctx context.Context, q *pb.Read, out *parts) error {
	select {
	case r.served <- struct{}{}:
		defer func() { <-r.served }()
	default:
		return im.E(opServe, im.Overloaded, "")
	}
	switch {
	case q.GetHistory() != nil:
		return r.serveHistory(ctx, q.GetHistory(), out)
	case q.GetKeys() != nil:
		return r.serveKeys(ctx, q.GetKeys(), out)
	case q.GetRecords() != nil:
		return r.serveRecords(ctx, q.GetRecords(), out)
	}
	return r.serveTransfer(q.GetTransfer())
}

func (r *Reads) serveHistory(ctx context.Context, h *pb.ReadHistory, out *parts) (err error) {
	of, before := h.Of.Addr(), beforeOf(h)
	if !r.local.Holds(of.Shard(r.o.Shards)) {
		return errNotHere
	}
	var entries []im.Entry
	if h.Stale {
		entries, err = r.local.StaleHistory(of, before, int(h.Limit))
	} else {
		entries, err = r.local.History(ctx, of, before, int(h.Limit))
	}
	if err != nil {
		return err
	}
	for i := range entries {
		out.entry(&entries[i])
	}
	return nil
}

func (r *Reads) serveKeys(ctx context.Context, k *pb.ReadKeys, out *parts) error {
	q, err := decodeQuery(k.Query)
	if err != nil {
		return err
	}
	var after *im.FoundKey
	if k.After != nil {
		key, err := decodeKey(k.After)
		if err != nil {
			return err
		}
		after = &key
	}
	shards := decodeShards(k.Shards)
	if !r.holdsAll(shards) {
		return errNotHere
	}
	keys, more, err := r.local.SearchKeys(ctx, q, shards, after, int(k.Limit))
	if err != nil {
		return err
	}
	for i := range keys {
		out.key(&keys[i])
	}
	out.more = more
	return nil
}

func (r *Reads) serveRecords(ctx context.Context, q *pb.ReadRecords, out *parts) error {
	keys, shards := make([]im.FoundKey, 0, len(q.Keys)), []im.ShardID{}
	for _, k := range q.Keys {
		keys = append(keys, im.FoundKey{Shard: im.ShardID(k.Shard), ID: string(k.Id)})
		shards = append(shards, im.ShardID(k.Shard))
	}
	if !r.holdsAll(shards) {
		return errNotHere
	}
	found, err := r.local.Records(ctx, im.AppID(q.App), im.Kind(q.Kind), keys)
	if err != nil {
		return err
	}
	for i := range found {
		out.record(&found[i])
	}
	return nil
}

func (r *Reads) serveTransfer(t *pb.ReadTransfer) error {
	if !r.local.Holds(im.ShardID(t.Shard)) {
		return errNotHere
	}
	return r.local.Transfer(im.ShardID(t.Shard), t.To)
}
