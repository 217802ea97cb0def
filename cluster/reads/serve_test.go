package reads

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// post sends a node what may be a question, and returns the answer's status and body.
func (n *node) post(t testing.TB, method string, body io.Reader) (int, []byte) {
	t.Helper()
	w := httptest.NewRecorder()
	n.Reads.ServeHTTP(w, httptest.NewRequest(method, Path, body))
	return w.Code, w.Body.Bytes()
}

// What is no question, or asks for what cannot be, is answered 400, does not reach the log, and is told at debug.
//
// Checked by breaking it: each row is asked without its check in decodeQuestion; the long ones without MaxBytesReader.
func TestServe_RefusesFoulQuestions(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	w := newWorld(t, 1, func(o *Options) {
		o.Logger = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	good, err := proto.Marshal(questions()[0])
	if err != nil {
		t.Fatal(err)
	}
	foul := map[string][]byte{
		"garbage": []byte("\xff\xff\xff\xff"),
		// a good one, with a field that nobody knows
		"too long": protowire.AppendBytes(protowire.AppendTag(good, 15, protowire.BytesType), make([]byte, maxQuestion)),
	}
	for name, q := range foulQuestions() {
		b, err := proto.Marshal(q)
		if err != nil {
			t.Fatal(name, err)
		}
		foul[name] = b
	}
	for name, b := range foul {
		said.Reset()
		if status, _ := w.nodes[0].post(t, http.MethodPost, bytes.NewReader(b)); status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", name, status)
		}
		if got := said.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=DEBUG") {
			t.Errorf("%s: said %q, want one line at debug", name, got)
		}
	}
	b, _ := proto.Marshal(questions()[0])
	if status, _ := w.nodes[0].post(t, http.MethodGet, bytes.NewReader(b)); status != http.StatusBadRequest {
		t.Errorf("GET: status %d", status)
	}
	endless := io.MultiReader(bytes.NewReader(b), io.LimitReader(zeros{}, 100*maxQuestion))
	if status, _ := w.nodes[0].post(t, http.MethodPost, endless); status != http.StatusBadRequest {
		t.Errorf("endless: status %d", status)
	}
	w.wantAsked("foul questions", nil)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// Who is asked for a shard that it has not says so at once, though it knows who has it: it asks neither its log nor anybody else.
//
// Checked by breaking it: without Holds in serve.go the log is asked.
func TestServe_PassesNothingOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	w.withStore(t)
	here := w.nodes[4] // has shards 3 and 4
	for _, q := range questions() {
		if q.GetTransfer() != nil {
			q.GetTransfer().Shard = 1
		}
		_, err := w.nodes[2].Reads.ask(t.Context(), here.name, q)
		wantKind(t, what(q), err, im.Unavailable)
		if isGone(err) {
			t.Errorf("%s: %v is not its own word", what(q), err)
		}
	}
	w.wantAsked("what is elsewhere", nil)
}

// So many questions of others are at work; what goes beyond is refused as Overloaded, and there is room again when one is done.
//
// Checked by breaking it: without the token the second waits as the first does.
func TestServe_QuestionsAtWorkAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, func(o *Options) { o.limits.served = 1 })
	n1, n2 := w.nodes[0], w.nodes[1]
	began, release := make(chan struct{}), make(chan struct{})
	n2.do(func(context.Context, string) error {
		began <- struct{}{}
		<-release
		return nil
	})
	ask := func() error {
		_, err := n1.Reads.History(t.Context(), group(2), im.Before{}, 10)
		return err
	}
	first := make(chan error, 1)
	go func() { first <- ask() }()
	<-began
	wantKind(t, "the second", ask(), im.Overloaded)
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	n2.do(func(context.Context, string) error { return nil })
	eventually(t, "there is room again", func() bool { return ask() == nil })
}

// Between two nodes there are so many tunnels; who asks when all are in use waits for one, and one that is free is used again.
//
// Checked by breaking it: without MaxConnsPerHost there are more, and without finish each question takes another one.
func TestAsk_TunnelsAreBoundedAndUsedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, func(o *Options) { o.limits.tunnels = 3 })
	n1, n2 := w.nodes[0], w.nodes[1]
	w.say(group(2), 30, 20_000)
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	n2.do(func(context.Context, string) error {
		arrived <- struct{}{}
		<-release
		return nil
	})
	done := make(chan error, 9)
	for range cap(done) {
		go func() {
			_, err := n1.Reads.History(t.Context(), group(2), im.Before{}, 100)
			done <- err
		}()
	}
	for range 3 {
		<-arrived
	}
	close(release)
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for range 20 {
		if _, err := n1.Reads.History(t.Context(), group(2), im.Before{}, 100); err != nil {
			t.Error(err)
		}
	}
	n2.mu.Lock()
	defer n2.mu.Unlock()
	if n2.conns > 3 {
		t.Errorf("%d tunnels, want 3", n2.conns)
	}
}

// A transfer is asked for by a node that has the shard: here, or at its leader, or whoever votes when that one does not answer. What is
// said of it comes back.
//
// Checked by breaking it: without Holds n1's own log is asked; without the look at the error only n2 is.
func TestTransfer_IsAskedForWhereTheShardIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	r := w.nodes[0].Reads
	want := func(name string, shard im.ShardID, kind im.ErrorKind, by ...string) {
		t.Helper()
		err := r.Transfer(t.Context(), shard, 3)
		if kind == 0 && err != nil || kind != 0 && (err == nil || im.KindOf(err) != kind) {
			t.Errorf("%s: %v, want %v", name, err, kind)
		}
		for _, n := range w.nodes {
			log, _ := n.seen()
			if asked := slices.Contains(by, n.name); asked != (len(log) == 1) || asked && !strings.HasSuffix(log[0], " to 3") {
				t.Errorf("%s: %s was asked %v, want it of %v", name, n.name, log, by)
			}
		}
	}
	want("here", 1, 0, "n1")
	want("elsewhere", 2, 0, "n2")
	want("no such shard", testShards+1, im.Invalid)
	w.nodes[1].fail(im.E("x", im.Unavailable, ""))
	want("the leader does not answer", 2, 0, "n2", "n3")
	w.nodes[1].fail(im.E("x", im.Overloaded, ""))
	want("another one is under way", 2, im.Overloaded, "n2")
	for _, n := range w.nodes[1:] {
		n.isDown.Store(true)
	}
	want("nobody is there", 2, im.Unavailable)
}

// Close ends what this node asks and what it answers, and waits for both; afterwards it does neither.
//
// Checked by breaking it: without cancel Close hangs; without isClosed the late ones are asked.
func TestClose_EndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, nil)
	n1, n2, n5 := w.nodes[0], w.nodes[1], w.nodes[4]
	began := make(chan struct{}, 2)
	n2.do(func(ctx context.Context, _ string) error {
		began <- struct{}{}
		<-ctx.Done()
		return im.E("x", im.Unavailable, "")
	})
	failed := make(chan error, 2)
	for _, r := range []*Reads{n1.Reads, n5.Reads} { // one ends with who asks, the other with who answers
		go func() {
			a, err := r.ask(t.Context(), "n2", &pb.Read{What: &pb.Read_History{History: &pb.ReadHistory{Of: pb.NewAddress(group(2)), Limit: 1}}})
			if err == nil {
				a.end(nil)
			}
			failed <- err
		}()
		<-began
	}
	n1.Close()
	wantKind(t, "what is asked", <-failed, im.Unavailable)
	n2.Close()
	wantKind(t, "what is answered", <-failed, im.Unavailable)
	late := time.Now()
	for _, history := range histories(n1.Reads) {
		_, err := history(t.Context(), group(2))
		wantKind(t, "a late one", err, im.Unavailable)
	}
	if took := time.Since(late); took >= patience {
		t.Errorf("late ones fail after %v, want at once", took)
	}
	b, _ := proto.Marshal(questions()[0])
	if status, _ := n2.post(t, http.MethodPost, bytes.NewReader(b)); status != http.StatusServiceUnavailable {
		t.Errorf("a late question: %d, want 503", status)
	}
}

// Who counts hears of each question what it was for, once, and how it ended.
func TestAsk_IsCounted(t *testing.T) {
	t.Parallel()
	type asked struct {
		what string
		err  bool
	}
	heard := make(chan asked, 100)
	w := newWorld(t, 5, func(o *Options) { o.OnAsk = func(what string, err error) { heard <- asked{what, err != nil} } })
	w.withStore(t)
	w.nodes[1].fail(im.E("x", im.Unavailable, ""))
	r := w.nodes[0].Reads
	r.History(t.Context(), group(2), im.Before{}, 10)                          //nolint:errcheck // what is counted is looked at
	r.StaleHistory(t.Context(), group(3), im.Before{}, 10)                     //nolint:errcheck // as above
	r.Transfer(t.Context(), 3, 1)                                              //nolint:errcheck // as above
	r.Search(t.Context(), im.Query{App: "app", Kind: im.KindGroup, Limit: 10}) //nolint:errcheck // as above
	count := map[asked]int{}
	for len(heard) > 0 {
		count[<-heard]++
	}
	for _, want := range []asked{{AskHistory, true}, {AskHistory, false}, {AskStale, false}, {AskTransfer, false}, {AskKeys, false}, {AskRecords, false}} {
		if count[want] == 0 {
			t.Errorf("%v was not counted: %v", want, count)
		}
	}
	if count[asked{AskHistory, true}] != 1 || count[asked{AskStale, false}] != 1 {
		t.Errorf("counted %v", count)
	}
}
