package admin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/parley-im/parley/im"
)

// Digests is the answer of GET /v1/cluster/digests: what the node that answers holds of each shard that it has a replica of, as of
// the moment at which it got to it. Nodes that have applied as much of a shard have the same digest. "?shard=N", once or more often, asks for some
// of them. Answering takes as long as reading all that is asked for.
type Digests struct {
	// Cluster is the cluster's UUID, Node the name of the node that answers.
	Cluster string `json:"cluster"`
	Node    string `json:"node"`
	// Of is how many shards the cluster has, numbered from 0.
	Of int `json:"of"`
	// Shards are those that were asked for, all by number when none was; those that the node has no replica of are left out.
	Shards []Digest `json:"shards"`
}

// Digest is what a node holds of a shard.
type Digest struct {
	Shard uint32 `json:"shard"`
	// Assigned is how many nodes are to have the shard, by the members that the node knows; 0 when it cannot say.
	Assigned int `json:"assigned"`
	// Applied is the Raft index of the last command that is in it; 0 when the node has nothing of the shard yet.
	Applied uint64 `json:"applied"`
	// Digest is the SHA-256 of all, in hexadecimal; "" when there is nothing, or when it could not be read.
	Digest string `json:"digest"`
	// Bytes is the length of all keys and values, without compression; Entries counts the entries of all logs.
	Bytes   uint64 `json:"bytes"`
	Entries uint64 `json:"entries"`
	// Tables are the parts, by which a difference is found.
	Tables []TableDigest `json:"tables,omitempty"`
	// Error says why it could not be read, such as a checksum that fails.
	Error string `json:"error,omitempty"`
}

// TableDigest is one table of a shard.
type TableDigest struct {
	Table  string `json:"table"`
	Keys   uint64 `json:"keys"`
	Bytes  uint64 `json:"bytes"`
	Digest string `json:"digest"`
}

// DigestsFunc makes the digests of some shards, all when none is named, and gives up when ctx ends. It fails with an *im.Error:
// NotFound for a shard that does not exist, Unavailable when the node is being closed.
type DigestsFunc func(ctx context.Context, shards []uint32) (Digests, error)

func showDigests(digests DigestsFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		shards, err := shardsOf(r)
		if err != nil {
			fail(w, http.StatusBadRequest, err.Error())
			return
		}
		// An answer may take longer than the listener grants. Who does not wait for it ends it by leaving.
		http.NewResponseController(w).SetWriteDeadline(time.Time{}) //nolint:errcheck // without deadlines there is none to lift
		got, err := digests(r.Context(), shards)
		switch {
		case err == nil:
			answer(w, http.StatusOK, got)
		case im.KindOf(err) == im.NotFound:
			fail(w, http.StatusNotFound, err.Error())
		default:
			fail(w, statusOf(err), err.Error())
		}
	}
}

// shardsOf returns the shards that a request asks for, none for all.
func shardsOf(r *http.Request) (shards []uint32, err error) {
	for _, text := range r.URL.Query()["shard"] {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, im.E("admin.digests", im.Invalid, "a shard is a number, not "+strconv.Quote(text))
		}
		shards = append(shards, uint32(n))
	}
	return shards, nil
}
