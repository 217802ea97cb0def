package reads

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
)

// What a node has is read there, and nobody is asked; what it has not, its leader is asked for, and nobody else. What comes is the
// same, whatever the length of the messages: all fields of all entries, of which some fill a part of their own.
//
// Checked by breaking it: without Holds in History n1 asks its own log in vain; with the voters first n3 is asked.
func TestHistory_IsReadWhereTheShardIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	w.leader[3] = 4
	for _, c := range []struct {
		name         string
		count, bytes int
		shard        im.ShardID
		by           string
	}{
		{"here", 10, 100, 1, "n1"},
		{"elsewhere", 10, 100, 2, "n2"},
		{"elsewhere, led by the second", 10, 100, 3, "n4"},
		{"here, led elsewhere", 10, 100, 4, "n1"},
		{"many", 1000, 1000, 2, "n2"},
		{"long", 20, 1 << 20, 2, "n2"},
		{"none", 0, 0, 2, "n2"},
	} {
		if c.shard == 4 {
			w.voting[4] = []uint64{4, 5, 1}
		}
		addr := group(c.shard)
		delete(w.histories, addr)
		want := w.say(addr, c.count, c.bytes)
		got, err := w.nodes[0].Reads.History(t.Context(), addr, im.Before{}, 1000)
		if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d entries, %v, want %d", c.name, len(got), err, len(want))
		}
		w.wantAsked(c.name, map[string]int{c.by: 1})
		if len(want) < 10 {
			continue
		}
		if got, err := w.nodes[0].Reads.History(t.Context(), addr, im.Before{TS: 1006}, 3); err != nil || len(got) != 3 || got[0].N != 5 {
			t.Errorf("%s, a page: %v, %v, want 5, 4 and 3", c.name, got, err)
		}
		w.wantAsked(c.name, map[string]int{c.by: 1})
	}
}

// A node that fails as Unavailable, however, is followed by the next one, and what comes is whole. The last one is asked too.
//
// Checked by breaking it: every row fails when the first error is returned; "cut" also when the end of the stream ends an
// answer; "late" hangs without the timer.
func TestHistory_FailsOver(t *testing.T) {
	t.Parallel()
	unavailable := im.E("x", im.Unavailable, "")
	for name, fail := range map[string]func(*node){
		"says so": func(n *node) { n.fail(unavailable) },
		"has no replica any more": func(n *node) {
			n.answer(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { (&parts{w: w}).end(errNotHere) })
		},
		"does not serve yet": func(n *node) {
			n.answer(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				w.WriteHeader(http.StatusServiceUnavailable)
			})
		},
		"knows no such path": func(n *node) {
			n.answer(func(w http.ResponseWriter, r *http.Request, _ http.Handler) { http.NotFound(w, r) })
		},
		"cannot be dialled": func(n *node) { n.isDown.Store(true) },
		"is gone": func(n *node) {
			n.answer(func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) })
		},
		"is cut":          func(n *node) { n.answer(cutAfter(300 << 10)) },
		"stops in a part": func(n *node) { n.answer(stopAfter(300 << 10)) },
		"stops between two parts, as if all was said": func(n *node) {
			n.answer(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				out := &parts{w: w}
				out.entry(&im.Entry{N: 1})
				out.flush()
			})
		},
		"is late": func(n *node) { n.answer(silent) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 5, func(o *Options) { o.times.late = 50 * time.Millisecond })
			addr := group(2)
			want := w.say(addr, 100, 10_000)
			for _, down := range []int{2, 3} {
				fail(w.nodes[down-1])
				got, err := w.nodes[0].Reads.History(t.Context(), addr, im.Before{}, 100)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("without %d nodes: %d entries, %v, want %d", down-1, len(got), err, len(want))
				}
			}
			if log, _ := w.nodes[0].seen(); len(log) > 0 {
				t.Errorf("the node without a replica was asked %v", log)
			}
		})
	}
}

// cutter writes so many bytes and then ends the answer: stops, or cuts the connection.
type cutter struct {
	http.ResponseWriter
	left int
	stop func()
}

func (c *cutter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		c.ResponseWriter.Write(b[:c.left]) //nolint:errcheck // cut anyway
		c.left = 0
		c.stop()
		return len(b), nil
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (c *cutter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func cutAfter(bytes int) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(&cutter{w, bytes, func() { panic(http.ErrAbortHandler) }}, r)
	}
}

func stopAfter(bytes int) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(&cutter{w, bytes, func() {}}, r)
	}
}

// An error that is not Unavailable is the answer: its kind and text come over, and nobody else is asked.
//
// Checked by breaking it: n3 is asked when the race goes on after any error.
func TestHistory_OtherErrorsAreTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	for kind := range im.Full + 1 {
		if kind == im.Unavailable {
			continue
		}
		w.nodes[1].fail(im.E("log", kind, "the \xff text"))
		_, err := w.nodes[0].Reads.History(t.Context(), group(2), im.Before{}, 10)
		wantKind(t, kind.String(), err, kind)
		if said, ok := err.(*im.Error); !ok || said.Text != "the ? text" { //nolint:errorlint // the outermost text is what users get
			t.Errorf("%v: %v says something else", kind, err)
		}
		w.wantAsked(kind.String(), map[string]int{"n2": 1})
	}
}

// When nobody answers who has the shard, History is Unavailable in its time, and no sooner: it asks all of them again, since one may
// have become well meanwhile.
//
// Checked by breaking it: without pauseAfterFailure's pause the well one is not found; without the timer of the race it never ends.
func TestHistory_WithoutAnybodyIsUnavailableInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, func(o *Options) { o.times.history = 300 * time.Millisecond })
	for _, n := range w.nodes[1:] {
		n.fail(im.E("x", im.Unavailable, ""))
	}
	began := time.Now()
	_, err := w.nodes[0].Reads.History(t.Context(), group(2), im.Before{}, 10)
	wantKind(t, "all fail", err, im.Unavailable)
	if took := time.Since(began); took < 300*time.Millisecond || took > patience {
		t.Errorf("it took %v, want 300 ms or little more", took)
	}
	for _, n := range w.nodes[1:] {
		n.isDown.Store(true)
	}
	_, err = w.nodes[0].Reads.History(t.Context(), group(2), im.Before{}, 10)
	wantKind(t, "nobody is there", err, im.Unavailable)

	w = newWorld(t, 5, nil)
	tries := 0
	w.nodes[1].do(func(context.Context, string) error {
		if tries++; tries < 3 {
			return im.E("x", im.Unavailable, "")
		}
		return nil
	})
	w.nodes[2].isDown.Store(true)
	w.nodes[3].isDown.Store(true)
	if _, err := w.nodes[0].Reads.History(t.Context(), group(2), im.Before{}, 10); err != nil || tries != 3 {
		t.Errorf("after %d tries: %v, want the third to be answered", tries, err)
	}
}

// Who asks no longer is let go at once, and so is the node that was asked.
//
// Checked by breaking it: without a look at ctx the race goes on until its time is up.
func TestHistory_EndsWithWhoAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	began, ended := make(chan struct{}), make(chan struct{})
	w.nodes[1].do(func(ctx context.Context, _ string) error {
		close(began)
		<-ctx.Done()
		close(ended)
		return im.E("x", im.Unavailable, "")
	})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := w.nodes[0].Reads.History(ctx, group(2), im.Before{}, 10)
		failed <- err
	}()
	<-began
	left := time.Now()
	cancel()
	wantKind(t, "given up", <-failed, im.Unavailable)
	if took := time.Since(left); took >= patience {
		t.Errorf("it took %v, want no time", took)
	}
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("the other node still reads")
	}
}

// Where this node's own replica cannot answer, others are asked, if there are any; if not, its own error says why.
//
// Checked by breaking it: without the look at the error n1's own is the answer in all rows.
func TestHistory_OthersHelpAReplicaThatCannot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	addr := group(1)
	want := w.say(addr, 3, 3)
	own := im.E("log", im.Unavailable, "the shard is being brought up to date")
	w.nodes[0].fail(own)
	for _, history := range histories(w.nodes[0].Reads) {
		if got, err := history(t.Context(), addr); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
	w.wantAsked("both", map[string]int{"n1": 2, "n2": 2})
	for _, n := range w.nodes[1:] {
		n.isDown.Store(true)
	}
	if _, err := w.nodes[0].Reads.History(t.Context(), addr, im.Before{}, 10); err != error(own) { //nolint:errorlint // the very same
		t.Errorf("%v, want %v", err, own)
	}
	w.nodes[1].isDown.Store(false)
	w.nodes[0].fail(im.E("log", im.Overloaded, ""))
	for _, history := range histories(w.nodes[0].Reads) {
		_, err := history(t.Context(), addr)
		wantKind(t, "overloaded here", err, im.Overloaded)
	}
}

func histories(r *Reads) []func(ctx context.Context, addr im.Address) ([]im.Entry, error) {
	return []func(ctx context.Context, addr im.Address) ([]im.Entry, error){
		func(ctx context.Context, addr im.Address) ([]im.Entry, error) {
			return r.History(ctx, addr, im.Before{}, 10)
		},
		func(ctx context.Context, addr im.Address) ([]im.Entry, error) {
			return r.StaleHistory(ctx, addr, im.Before{}, 10)
		},
	}
}

// Without a majority whoever has something of a shard is asked for it, by who has nothing: without a leader, after voters who do
// not say a word; and in 300 ms somebody has answered or nobody does.
//
// Checked by breaking it: without those that join nobody is asked, and without the timer nobody answers.
func TestStaleHistory_AnyReplicaWillDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, func(o *Options) { o.times.staleLate = 20 * time.Millisecond })
	addr := group(2)
	want := w.say(addr, 3, 3)
	w.mu.Lock()
	delete(w.leader, 2)
	w.joining[2] = []uint64{5}
	w.mu.Unlock()
	w.nodes[1].answer(silent)
	w.nodes[2].isDown.Store(true)
	w.nodes[3].answer(silent)
	if got, err := w.nodes[0].StaleHistory(t.Context(), addr, im.Before{}, 10); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if log, _ := w.nodes[4].seen(); !slices.Equal(log, []string{AskStale}) {
		t.Errorf("n5 was asked %v, want one stale read", log)
	}

	w = newWorld(t, 5, func(o *Options) { o.times.stale = 100 * time.Millisecond })
	for _, n := range w.nodes[1:] {
		n.answer(silent)
	}
	began := time.Now()
	_, err := w.nodes[0].StaleHistory(t.Context(), addr, im.Before{}, 10)
	wantKind(t, "nobody says a word", err, im.Unavailable)
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("it took %v, want 100 ms", took)
	}
}

// The usual times keep the promise that whoever waits without a majority is told so, or gets what is there, within two seconds.
func TestTimes_KeepTheTwoSeconds(t *testing.T) {
	t.Parallel()
	if u := usualTimes; u.history+u.stale >= 2*time.Second || u.late >= u.history/2 || u.staleLate > u.stale/3 {
		t.Errorf("%+v", u)
	}
}

// What cannot be asked of another node is refused here.
func TestHistory_RefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	for name, ask := range map[string]struct {
		addr  im.Address
		limit int
	}{
		"too many":      {group(2), maxEntries + 1},
		"not an id":     {im.Address{App: "app", Kind: im.KindGroup, ID: "a\x00"}, 1},
		"not a kind":    {im.Address{App: "app", Kind: 99, ID: "a"}, 1},
		"not an app id": {im.Address{App: "", Kind: im.KindUser, ID: "a"}, 1},
	} {
		for _, n := range w.nodes { // one of them has no replica
			if n.Holds(ask.addr.Shard(testShards)) {
				continue
			}
			_, err := n.Reads.History(t.Context(), ask.addr, im.Before{}, ask.limit)
			wantKind(t, name, err, im.Invalid)
		}
	}
	if got, err := w.nodes[0].Reads.History(t.Context(), group(2), im.Before{}, 0); err != nil || len(got) > 0 {
		t.Errorf("none: %v, %v", got, err)
	}
	w.wantAsked("nothing", nil)
}

// Both bounds of a page count wherever it is read: here and elsewhere, with a barrier and without.
//
// Checked by breaking it: without BeforeN in the question, or without it where it is answered, n1 gets the newest.
func TestHistory_BoundsCountEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	for shard, where := range map[im.ShardID]string{1: "here", 2: "elsewhere"} {
		addr := group(shard)
		w.say(addr, 20, 10) // n is stamped 1000 + n
		for _, c := range []struct {
			before im.Before
			newest uint64 // 0 = nothing
		}{
			{im.Before{}, 20},
			{im.Before{TS: 1015}, 14},
			{im.Before{N: 9}, 8},
			{im.Before{TS: 1015, N: 9}, 8},
			{im.Before{TS: 1009, N: 15}, 8},
			{im.Before{TS: -1, N: 1 << 63}, 20},
			{im.Before{N: 1}, 0},
		} {
			fresh, err := w.nodes[0].Reads.History(t.Context(), addr, c.before, 3)
			stale, staleErr := w.nodes[0].Reads.StaleHistory(t.Context(), addr, c.before, 3)
			if err != nil || staleErr != nil || !reflect.DeepEqual(fresh, stale) {
				t.Fatalf("%s, %+v: %v, %v; stale %v, %v", where, c.before, fresh, err, stale, staleErr)
			}
			switch {
			case c.newest == 0 && len(fresh) == 0:
			case len(fresh) != 3 || fresh[0].N != c.newest || fresh[2].N != c.newest-2:
				t.Errorf("%s, %+v: %v, want three from %d down", where, c.before, fresh, c.newest)
			}
		}
	}
}
