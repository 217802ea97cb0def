package reads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testShards = 4
	// patience is longer than anything takes that works.
	patience = 20 * time.Second
)

// calm are times in which nothing is late; a test shortens what it is about.
func calm() times {
	return times{
		history: patience, stale: patience, late: patience, staleLate: patience,
		pause: 2 * time.Millisecond, search: patience, transfer: patience, serve: patience,
	}
}

// world is a cluster of nodes n1, n2 and so on, which share what they hold: each reads what is on its shards.
type world struct {
	t     testing.TB
	nodes []*node
	store *store.Store // nil where no records are needed

	mu              sync.Mutex
	leader          map[im.ShardID]uint64
	voting, joining map[im.ShardID][]uint64
	histories       map[im.Address][]im.Entry // newest first
}

// node is one of them.
type node struct {
	w      *world
	number uint64
	name   string
	addr   string
	*Reads

	// isDown says that nobody reaches it: there is no link.
	isDown atomic.Bool
	// via, when set, answers in place of the Reads, which it may call.
	via atomic.Pointer[func(http.ResponseWriter, *http.Request, http.Handler)]
	// before, when set, is called with what the log is asked; its error is the log's.
	before atomic.Pointer[func(ctx context.Context, what string) error]

	mu sync.Mutex
	// asked are the questions that came to the log, read those of other nodes.
	asked, read []string
	conns       int // that were opened
}

// newWorld starts so many nodes. Shard s is on nodes s, s+1 and s+2, and the first of them leads it; after the last comes the
// first. Shard 0 is on all.
func newWorld(t testing.TB, count int, tune func(*Options)) *world {
	t.Helper()
	w := &world{
		t: t, leader: map[im.ShardID]uint64{}, voting: map[im.ShardID][]uint64{}, joining: map[im.ShardID][]uint64{},
		histories: map[im.Address][]im.Entry{},
	}
	for s := range im.ShardID(testShards + 1) {
		for i := range min(3, count) {
			w.voting[s] = append(w.voting[s], uint64(int(s)+i-1+count)%uint64(count)+1)
		}
		w.leader[s] = w.voting[s][0]
	}
	for i := range count {
		w.nodes = append(w.nodes, w.start(uint64(i+1), tune))
	}
	return w
}

func (w *world) start(number uint64, tune func(*Options)) *node {
	n := &node{w: w, number: number, name: fmt.Sprint("n", number)}
	o := Options{
		Local: log{n}, Shards: testShards, Node: n.name, Logger: slog.New(slog.DiscardHandler),
		Name: func(replica uint64) string { return fmt.Sprint("n", replica) },
		Linked: func(name string) bool {
			other := w.node(name)
			return other != nil && !other.isDown.Load()
		},
		Dial: w.dial, Compare: store.CompareKeys, Check: store.CheckKey, times: calm(), limits: usualLimits,
	}
	if tune != nil {
		tune(&o)
	}
	n.Reads = New(o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	n.addr = l.Addr().String()
	server := &http.Server{
		Handler: n, ReadHeaderTimeout: patience,
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				n.mu.Lock()
				n.conns++
				n.mu.Unlock()
			}
		},
	}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(l) }) //nolint:errcheck // it ends with the test
	w.t.Cleanup(func() {
		n.Reads.Close()
		server.Close() //nolint:errcheck // it cuts what is left
		serving.Wait()
	})
	return n
}

// ServeHTTP implements http.Handler, as the node does.
func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != Path {
		http.NotFound(w, r)
		return
	}
	n.mu.Lock()
	n.read = append(n.read, r.Method)
	n.mu.Unlock()
	if via := n.via.Load(); via != nil {
		(*via)(w, r, n.Reads)
		return
	}
	n.Reads.ServeHTTP(w, r)
}

func (w *world) node(name string) *node {
	for _, n := range w.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

func (w *world) dial(ctx context.Context, name string) (net.Conn, error) {
	n := w.node(name)
	if n.isDown.Load() {
		return nil, errors.New("there is no link")
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", n.addr)
}

// fail makes what the log of a node is asked fail.
func (n *node) fail(err error) {
	n.do(func(context.Context, string) error { return err })
}

func (n *node) do(before func(ctx context.Context, what string) error) { n.before.Store(&before) }

// answer makes a node answer itself.
func (n *node) answer(via func(http.ResponseWriter, *http.Request, http.Handler)) { n.via.Store(&via) }

// silent answers nothing until whoever asks has gone, which is seen only once the question was read.
func silent(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
	io.Copy(io.Discard, r.Body) //nolint:errcheck // as above
	<-r.Context().Done()
}

// seen returns how many questions came to the log of n, and how many from other nodes, since seen was called.
func (n *node) seen() (log []string, others int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	log, others = n.asked, len(n.read)
	n.asked, n.read = nil, nil
	return log, others
}

// wantAsked wants the logs of these nodes, and of no others, to have been asked, each so often.
func (w *world) wantAsked(what string, times map[string]int) {
	w.t.Helper()
	for _, n := range w.nodes {
		if log, _ := n.seen(); len(log) != times[n.name] {
			w.t.Errorf("%s: %s was asked %v, want %d questions", what, n.name, log, times[n.name])
		}
	}
}

func (n *node) ask(ctx context.Context, what string, shards ...im.ShardID) error {
	n.mu.Lock()
	n.asked = append(n.asked, what)
	n.mu.Unlock()
	if before := n.before.Load(); before != nil {
		if err := (*before)(ctx, what); err != nil {
			return err
		}
	}
	for _, s := range shards {
		if !n.Holds(s) {
			return im.E("world", im.Unavailable, "it is not here")
		}
	}
	return nil
}

// Holds implements Local.
func (n *node) Holds(s im.ShardID) bool {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	return slices.Contains(n.w.voting[s], n.number) || slices.Contains(n.w.joining[s], n.number)
}

// Leader implements Local.
func (n *node) Leader(s im.ShardID) (uint64, uint64, bool) {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	return n.w.leader[s], 1, n.w.leader[s] != 0
}

// Membership implements Local.
func (n *node) Membership(s im.ShardID) (voting, joining []uint64, ok bool) {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	return slices.Clone(n.w.voting[s]), slices.Clone(n.w.joining[s]), true
}

// log is the Local of a node, whose methods are named as those of its Reads.
type log struct{ *node }

func (l log) History(ctx context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error) {
	if err := l.ask(ctx, AskHistory, addr.Shard(testShards)); err != nil {
		return nil, err
	}
	return l.w.history(addr, before, limit), nil
}

func (l log) StaleHistory(addr im.Address, before im.Before, limit int) ([]im.Entry, error) {
	if err := l.ask(context.Background(), AskStale, addr.Shard(testShards)); err != nil {
		return nil, err
	}
	return l.w.history(addr, before, limit), nil
}

func (w *world) history(addr im.Address, before im.Before, limit int) (out []im.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.histories[addr] {
		if before.Admits(e.TS, e.N) && len(out) < limit {
			out = append(out, e)
		}
	}
	return out
}

func (l log) Search(ctx context.Context, q im.Query) ([]im.Found, error) {
	if err := l.ask(ctx, "search", l.all()...); err != nil {
		return nil, err
	}
	return l.w.store.Search(&q, l.all(), ctx.Err)
}

func (l log) SearchKeys(ctx context.Context, q im.Query, shards []im.ShardID, after *im.FoundKey, limit int) ([]im.FoundKey, bool, error) {
	if err := store.CheckQuery(&q); err != nil {
		return nil, false, err
	}
	if err := l.ask(ctx, AskKeys, shards...); err != nil {
		return nil, false, err
	}
	return l.w.store.SearchKeys(&q, shards, after, limit, ctx.Err)
}

func (l log) Records(ctx context.Context, app im.AppID, kind im.Kind, keys []im.FoundKey) ([]im.Found, error) {
	if err := l.ask(ctx, AskRecords, shardsOf(keys)...); err != nil {
		return nil, err
	}
	return l.w.store.Records(app, kind, keys, ctx.Err)
}

func (l log) Transfer(shard im.ShardID, to uint64) error {
	return l.ask(context.Background(), fmt.Sprint("transfer ", shard, " to ", to), shard)
}

// group returns a group on that shard.
func group(shard im.ShardID) im.Address {
	for i := 0; ; i++ {
		if a := im.Group("app", im.GroupID(fmt.Sprint("g", i))); a.Shard(testShards) == shard {
			return a
		}
	}
}

// say puts so many messages of so many bytes into a history.
func (w *world) say(addr im.Address, count, bytes int) []im.Entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := 1; i <= count; i++ {
		e := im.Entry{
			Seq: uint64(i + 1), N: uint64(i), TS: im.Millis(1000 + i), ID: fmt.Sprint("\xffid", i), Owes: i%2 == 0,
			Body: []byte(strings.Repeat("x", bytes)),
		}
		w.histories[addr] = slices.Insert(w.histories[addr], 0, e)
	}
	return w.histories[addr]
}

func wantKind(t testing.TB, what string, err error, want im.ErrorKind) {
	t.Helper()
	if err == nil || im.KindOf(err) != want {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	late, tick := time.After(patience), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("still not so: ", what)
		}
	}
}
