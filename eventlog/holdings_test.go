package eventlog

import (
	"os"
	"path/filepath"
	"testing"
)

// A first member begins with what Assignment gives it, and who joins with the cluster's own shard. What is set is there after the
// next load, and what could not be written was not set.
func TestHoldings_AreKept(t *testing.T) {
	first := &manifest{Replica: 2, Shards: 4, Members: []manifestMember{{Replica: 1}, {Replica: 2}, {Replica: 3}, {Replica: 4}}}
	h, err := loadHoldings(t.TempDir(), first)
	if err != nil {
		t.Fatal(err)
	}
	for id, of := range Assignment([]uint64{1, 2, 3, 4}, 4) {
		has := false
		for _, r := range of {
			has = has || r == 2
		}
		if got := h.of[id].Raft; (got == 2) != has || got != 0 && got != 2 {
			t.Errorf("shard %d, which is with %v: replica %d", id, of, got)
		}
	}
	dir, joined := t.TempDir(), &manifest{Replica: 5, Shards: 2, Joined: true}
	if err := writeHoldings(dir, joined); err != nil {
		t.Fatal(err)
	}
	if h, err = loadHoldings(dir, joined); err != nil || h.of[0].Raft != 5 || h.of[1] != (holding{}) || h.of[2] != (holding{}) {
		t.Fatalf("who joins has %+v, %v", h, err)
	}
	second := holding{Raft: raftReplica(5, 1), Ended: 1}
	if err := h.set(2, second); err != nil {
		t.Fatal(err)
	}
	if h, err = loadHoldings(dir, joined); err != nil || h.get(2) != second {
		t.Errorf("after a load: %+v, %v, want %+v", h, err, second)
	}
	h.dir = filepath.Join(dir, "gone")
	if err := h.set(1, second); err == nil || h.get(1) != (holding{}) {
		t.Errorf("what cannot be written is set: %+v, %v", h.get(1), err)
	}
}

// A list of replicas that this node cannot have is refused: another node's, one of a life that is over, one that is being dropped,
// of another number of shards, of another format, or none where there must be one.
//
// Checked by breaking it: without the check of lives a replica would begin anew that had voted before.
func TestHoldings_RefuseWhatCannotBe(t *testing.T) {
	m := &manifest{Replica: 5, Shards: 1, Joined: true}
	for name, text := range map[string]string{
		"no JSON":           `{"format":1`,
		"another format":    `{"format":2,"shards":[{"raft":5},{}]}`,
		"too few shards":    `{"format":1,"shards":[{"raft":5}]}`,
		"another node's":    `{"format":1,"shards":[{"raft":4},{}]}`,
		"a life that ended": `{"format":1,"shards":[{"raft":5},{"raft":4294967301,"ended":2}]}`,
		"there and dropped": `{"format":1,"shards":[{"raft":5,"dropping":true},{}]}`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, holdingsName), rechecked([]byte(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		if h, err := loadHoldings(dir, m); err == nil {
			t.Errorf("%s is taken: %+v", name, h.of)
		}
	}
	if _, err := loadHoldings(t.TempDir(), m); err == nil {
		t.Error("who has joined is taken without a list")
	}
}
