package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/im"
)

// aging is a shard on two replicas, and the model that both must agree with. One gets a command at a time, the other some together, or
// the whole shard; each deletes what has expired when it likes.
type aging struct {
	fs       [2]*vfs.MemFS
	replicas [2]*Store
	model    *past
	now      im.Millis
	// log has all commands, that with index i at i-1.
	log []Committed
}

var agers = []im.Address{user(1, 0), user(1, 1), strangers(1, 0), strangers(1, 1)}

// Random appends, last states, deletions, snapshots whole and partial, told cursors, seals, expiries with what must come before them,
// carries and burials at any time, restarts, crashes, streams and Reclaims: every result and every read of both replicas is what a plain model
// says, and whenever they have applied the same, they have the same digest.
//
// Checked by breaking it: it fails when Save or Digest do not leave out what has expired; when Load takes nothing from what was
// carried, or carry keeps the body of a message; when told or a snapshot leave carried entries there; when an append leaves the
// grave; when Lookup does not look at the watermark; when a command that carries is not told from others.
func TestShard_ForgetsAsTheModelDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &aging{model: newPast(agers), now: 10 * testBucket}
		for i := range g.replicas {
			g.fs[i] = vfs.NewCrashableMem()
			g.replicas[i] = openAging(t, g.fs[i])
		}
		defer func() {
			for _, s := range g.replicas {
				fine(t, s.Close())
			}
		}()
		t.Repeat(map[string]func(*rapid.T){
			"append": g.append, "snapshot": g.snapshot, "told": g.told, "seal": g.seal, "expire": g.expire, "carry": g.carry, "bury": g.bury,
			"wait": g.wait, "catch up": g.catchUp, "reclaim": g.reclaim, "restart": g.restart, "crash": g.crash, "stream": g.stream, "read": g.read, "": g.compare,
		})
	})
}

func fine(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func openAging(t *rapid.T, fs FS) *Store {
	s, err := Open("store", Options{Shards: testShards, Bucket: testBucket, StrangersBucket: testBucket / 2, FS: fs, CacheBytes: 1 << 20})
	fine(t, err)
	_, err = s.Shard(1).Load()
	fine(t, err)
	return s
}

func (g *aging) index() uint64 { return uint64(len(g.log)) }

// do applies a command of one item to the first replica, and later to the other.
func (g *aging) do(t *rapid.T, cmd []byte, stored bool) {
	c := Committed{g.index() + 1, cmd}
	g.log = append(g.log, c)
	r, err := g.shard(t, 0).Update([]Committed{c})
	fine(t, err)
	if want := []byte{result(stored)}; !bytes.Equal(r[0], want) {
		t.Fatalf("command %d, %x: %v, want %v", c.Index, cmd, r[0], want)
	}
}

func (g *aging) shard(t *rapid.T, i int) *Shard {
	sh := g.replicas[i].Shard(1)
	_, err := sh.Load()
	fine(t, err)
	return sh
}

func (g *aging) addr(t *rapid.T) im.Address { return rapid.SampledFrom(agers).Draw(t, "addr") }

func (g *aging) wait(t *rapid.T) {
	g.now += im.Millis(rapid.Int64Range(1, int64(testBucket)).Draw(t, "for"))
}

func (g *aging) append(t *rapid.T) {
	addr := g.addr(t)
	h := g.model.logs[addr].last()
	a := im.Append{Addr: addr, Expected: h.Seq}
	back := im.Millis(0)
	if rapid.IntRange(0, 4).Draw(t, "old") == 0 {
		back = im.Millis(rapid.Int64Range(0, int64(5*testBucket)).Draw(t, "by"))
	}
	ts, n := max(h.TS+1, g.now-back), h.N
	for range rapid.IntRange(1, 5).Draw(t, "entries") {
		e := im.Entry{TS: ts, Owes: rapid.IntRange(0, 3).Draw(t, "owes") == 0, Body: fmt.Appendf(nil, "body %d", ts), ID: fmt.Sprint(addr.ID, ts)}
		if rapid.Bool().Draw(t, "message") {
			n++
			e.N = n
		}
		a.Entries = append(a.Entries, e)
		ts += im.Millis(rapid.Int64Range(1, int64(testBucket)/4).Draw(t, "pause"))
	}
	switch rapid.IntRange(0, 7).Draw(t, "final") {
	case 0:
		a.Final = fmt.Appendf(nil, "final %d", ts)
	case 1:
		a.Final, a.Gone = []byte{}, true
	case 2:
		a.Floor = n
	}
	g.do(t, appendCmd(a), g.model.append(&a))
}

func (g *aging) snapshot(t *rapid.T) {
	addr := g.addr(t)
	l := g.model.logs[addr]
	if l.seq() == 0 {
		return
	}
	seq := rapid.Uint64Range(max(1, l.snapSeq), l.seq()).Draw(t, "seq")
	p := Part{Addr: addr, Seq: seq, TS: l.entries[seq-1].TS, Parts: 1, Data: fmt.Appendf(nil, "state %d", seq)}
	if rapid.IntRange(0, 4).Draw(t, "partial") == 0 {
		p.Parts = 2
	} else {
		g.model.snapshot(addr, seq, string(p.Data))
	}
	g.do(t, AppendPart(Begin(nil), &p), true)
}

func (g *aging) told(t *rapid.T) {
	addr := g.addr(t)
	through := rapid.Uint64Range(0, g.model.logs[addr].seq()).Draw(t, "through")
	g.model.told(addr, through)
	g.do(t, AppendTold(Begin(nil), addr, through), true)
}

func (g *aging) class(t *rapid.T) Class {
	return rapid.SampledFrom([]Class{ClassUsual, ClassStrangers}).Draw(t, "class")
}

func (g *aging) seal(t *rapid.T) {
	c := g.class(t)
	before := g.replicas[0].lengths.bucket(c, g.now-im.Millis(rapid.Int64Range(0, int64(4*testBucket)).Draw(t, "ago")))
	if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
		before++
	}
	g.do(t, AppendSeal(Begin(nil), c, before), g.model.move(false, c, before, &g.replicas[0].lengths))
}

// expire does what a leader does: whatever is still needed is covered by a snapshot or carried before the watermark moves.
func (g *aging) expire(t *rapid.T) {
	c := g.class(t)
	m := g.model.marks[c]
	length := g.replicas[0].lengths[c]
	before := m.Watermark + length*im.Millis(rapid.Int64Range(0, int64((m.Sealed-m.Watermark)/length)).Draw(t, "buckets"))
	if m.Watermark == 0 {
		before = m.Sealed - length*im.Millis(rapid.Int64Range(0, min(3, int64(m.Sealed/length))).Draw(t, "less"))
	}
	for _, a := range g.uncovered(t, c, before) {
		l := g.model.logs[a]
		if l.owed.First == 0 && rapid.Bool().Draw(t, "covered") {
			g.model.snapshot(a, l.seq(), "cover")
			g.do(t, AppendPart(Begin(nil), &Part{Addr: a, Seq: l.seq(), TS: l.last().TS, Parts: 1, Data: []byte("cover")}), true)
		} else {
			g.do(t, AppendCarry(Begin(nil), a), g.model.carry(a))
		}
	}
	if left := g.uncovered(t, c, before); len(left) > 0 {
		t.Fatalf("still uncovered: %v", left)
	}
	g.do(t, AppendExpire(Begin(nil), c, before), g.model.move(true, c, before, &g.replicas[0].lengths))
	if beyond := g.model.marks[c].Sealed + length; rapid.Bool().Draw(t, "beyond") {
		g.do(t, AppendExpire(Begin(nil), c, beyond), g.model.move(true, c, beyond, &g.replicas[0].lengths))
	}
}

// uncovered asks page by page, and compares with the model.
func (g *aging) uncovered(t *rapid.T, c Class, before im.Millis) []im.Address {
	var got, want []im.Address
	for _, a := range agers {
		if ClassOf(a) == c && g.model.logs[a].uncovered(g.model.marks[c].Watermark, before) {
			want = append(want, a)
		}
	}
	for next := []byte(nil); ; {
		page, more, err := g.replicas[0].Uncovered(1, c, before, next, 1)
		fine(t, err)
		if got, next = append(got, page...), more; more == nil {
			break
		}
	}
	byID := func(a, b im.Address) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) }
	slices.SortFunc(got, byID)
	slices.SortFunc(want, byID)
	same(t, "uncovered", fmt.Sprint(got), fmt.Sprint(want))
	return got
}

func (g *aging) carry(t *rapid.T) {
	addr := g.addr(t)
	g.do(t, AppendCarry(Begin(nil), addr), g.model.carry(addr))
}

func (g *aging) bury(t *rapid.T) {
	for _, c := range []Class{ClassUsual, ClassStrangers} {
		ready, err := g.replicas[0].Graves(1, c, g.model.marks[c].Watermark, 100)
		fine(t, err)
		for _, a := range agers {
			l := *g.model.logs[a]
			if ClassOf(a) == c && slices.Contains(ready, a) != (l.gone && l.owed.First == 0 && l.last().TS < g.model.marks[c].Watermark) {
				t.Fatalf("%v: graves %v, the model says %+v", a, ready, l)
			}
		}
	}
	addr := g.addr(t)
	forgotten := g.model.bury(addr)
	if g.do(t, AppendBury(Begin(nil), addr), forgotten); !forgotten {
		return
	}
	for key := range dumpRapid(t, g.replicas[0]) {
		if key[0] != tableEvent && key[0] != tableDedup && strings.Contains(key, string(addr.AppendKey(nil))) {
			t.Fatalf("%v is buried, but there is the key %q", addr, key)
		}
	}
}

func (g *aging) catchUp(t *rapid.T) {
	applied, err := g.replicas[1].Applied(1)
	fine(t, err)
	_, err = g.shard(t, 1).Update(g.log[applied:])
	fine(t, err)
}

// crash takes from the second replica what was not synced. Raft's log has it.
func (g *aging) crash(t *rapid.T) {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	after := g.fs[1].CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rapid.IntRange(0, 100).Draw(t, "percent"), RNG: rng})
	fine(t, g.replicas[1].Close())
	g.fs[1], g.replicas[1] = after, openAging(t, after)
}

func (g *aging) reclaim(t *rapid.T) {
	done, err := g.replicas[rapid.IntRange(0, 1).Draw(t, "replica")].Reclaim([]im.ShardID{1})
	fine(t, err)
	if done.Later {
		t.Fatalf("nothing reads, but %+v", done)
	}
}

func (g *aging) restart(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "replica")
	fine(t, g.replicas[i].Close())
	g.replicas[i] = openAging(t, g.fs[i])
}

func (g *aging) stream(t *rapid.T) {
	if len(g.log) == 0 {
		return
	}
	var b bytes.Buffer
	v := g.replicas[0].View(1)
	fine(t, errors.Join(v.Save(&b, nil), v.Close()))
	fine(t, g.shard(t, 1).Recover(&b, nil))
	for _, c := range classes {
		old, err := g.replicas[1].expired(c, g.model.marks[c].Watermark)
		fine(t, err)
		for _, x := range old {
			if x.buckets > 0 { // files of what was there before may be
				t.Fatalf("%d buckets of table %c came that have expired", x.buckets, x.table)
			}
		}
	}
}
