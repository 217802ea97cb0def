package server

import (
	"context"
	"fmt"
	"testing"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

// some has those of three shards that are true, and fails for one that there is not.
type some [3]bool

func (s some) DigestOf(_ context.Context, id im.ShardID) (store.Digest, error) {
	if int(id) >= len(s) || !s[id] {
		return store.Digest{}, im.E("test", im.NotFound, "no such shard, or not here")
	}
	return store.Digest{Shard: id, Applied: 7}, nil
}

// A shard of which the node has no replica is left out, whether it was asked for or not; one that there is not is refused. Each
// comes with the number of nodes that are to have it.
//
// Checked by breaking it: it fails when what is not here is an error, and when what does not exist is left out.
func TestDigest_LeavesOutWhatIsNotHere(t *testing.T) {
	t.Parallel()
	assigned := [][]uint64{{1, 2, 3, 4}, {1, 2, 3}, {1, 2, 4}}
	for _, tt := range []struct {
		has    some
		shards []uint32
		want   string
		err    bool
	}{
		{some{true, true, true}, nil, "of 3: 0 for 4, 1 for 3, 2 for 3, ", false},
		{some{true, false, true}, nil, "of 3: 0 for 4, 2 for 3, ", false},
		{some{true, false, true}, []uint32{1}, "of 3: ", false},
		{some{true, false, true}, []uint32{2, 1}, "of 3: 2 for 3, ", false},
		{some{true, true, true}, []uint32{3}, "of 3: ", true},
	} {
		var got admin.Digests
		err := digest(t.Context(), tt.has, tt.shards, assigned, &got)
		text := fmt.Sprintf("of %d: ", got.Of)
		for _, d := range got.Shards {
			text += fmt.Sprintf("%d for %d, ", d.Shard, d.Assigned)
		}
		if text != tt.want || (err != nil) != tt.err || got.Shards == nil {
			t.Errorf("%v of %v: %q, %v, want %q", tt.shards, tt.has, text, err, tt.want)
		}
	}
}
