package server

import (
	"context"
	"net/http"

	"github.com/parley-im/parley/cluster/reads"
	"github.com/parley-im/parley/eventlog/store"
)

// openReads lets this node read, for its clients, shards that other nodes have; see isRead for the other way.
func (s *Server) openReads(context.Context) error {
	s.reads = reads.New(reads.Options{
		Local:   s.journal,
		Shards:  uint32(s.opts.Shards),
		Node:    s.opts.Node,
		Name:    func(replica uint64) string { return s.followers.members()[replica] },
		Linked:  s.isUp,
		Dial:    s.dialNode,
		Compare: store.CompareKeys,
		Check:   store.CheckKey,
		OnAsk:   func(what string, err error) { s.metrics.ReadPassedOn(what, err == nil) },
		Logger:  s.logger,
	})
	s.onClose(func(context.Context) error { s.reads.Close(); return nil })
	return nil
}

// isRead reports whether another node asks this one for what is here. NB: clients must not, and cannot: of what they ask at other
// nodes only Socket.IO comes by tunnels.
func isRead(r *http.Request) bool { return r.URL.Path == reads.Path && isPassedOn(r) }
