package baddays

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// pairs are conversations both sides of which talk; half of them are groups.
const pairs = 8

// talk is the load of a test: many users who talk until it ends.
type talk struct {
	t       *testing.T
	node    *servertest.Node
	book    ledger.Book
	talkers []*talker
	end     context.CancelFunc
	talking sync.WaitGroup
}

// begin lets everybody talk on a node that runs.
func begin(t *testing.T, n *servertest.Node) *talk {
	t.Helper()
	l := &talk{t: t, node: n}
	for i := range pairs {
		a, b := fmt.Sprintf("tom%d", i), fmt.Sprintf("jerry%d", i)
		toB, toA := client.To{ID: b}, client.To{ID: a}
		if i%2 == 0 {
			if err := rest(n).Befriend(t.Context(), a, b); err != nil {
				t.Fatal(err)
			}
		} else {
			toB = gather(t, n, "/groups", map[string]any{"owner": a, "members": []string{b}}, client.Group)
			toA = toB
		}
		for name, to := range map[string]client.To{a: toB, b: toA} {
			l.talkers = append(l.talkers, &talker{node: n, book: &l.book, name: name, to: to, conversation: a + " " + b})
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	l.end = cancel
	t.Cleanup(cancel)
	for _, k := range l.talkers {
		l.talking.Go(func() { k.talk(ctx) })
	}
	return l
}

// gather makes a group or a room and returns it as a target.
func gather(t *testing.T, n *servertest.Node, path string, body any, kind int) client.To {
	t.Helper()
	status, answer, err := rest(n).Send(t.Context(), http.MethodPost, path, body)
	var id string
	if err := errors.Join(err, json.Unmarshal(answer, &id)); err != nil || status != http.StatusOK {
		t.Fatalf("POST %s: %d %s %v", path, status, answer, err)
	}
	return client.To{ID: id, Type: kind}
}

// acks returns how many messages were acknowledged.
func (l *talk) acks() int {
	n, _ := l.book.Counts()
	return n
}

// await waits until so many more were acknowledged.
func (l *talk) await(more int) {
	l.t.Helper()
	want := l.acks() + more
	ctx, cancel := context.WithTimeout(l.t.Context(), servertest.Patience)
	defer cancel()
	if err := l.book.Await(ctx, want, 0); err != nil {
		l.t.Fatalf("%v\n%s", err, l.node.Stderr())
	}
}

// finish lets everybody come to an end and compares all histories with what was said. It returns how often the talkers
// were refused, by code.
func (l *talk) finish() map[int]int {
	l.t.Helper()
	l.end()
	l.talking.Wait()
	refusals := map[int]int{}
	histories := map[string][]ledger.Record{}
	for _, k := range l.talkers {
		if histories[k.conversation] == nil {
			histories[k.conversation] = l.history(k)
			for _, f := range ledger.Check(l.book.Sent(k.conversation), histories[k.conversation]) {
				l.t.Errorf("%s: %v", k.conversation, f)
			}
		}
		heard, faults, refused := k.result()
		for _, f := range faults {
			l.t.Error(f)
		}
		for _, h := range heard {
			for _, f := range ledger.CheckHeard(h, histories[k.conversation]) {
				l.t.Errorf("%s: %v", k.name, f)
			}
		}
		for code, n := range refused {
			refusals[code] += n
		}
	}
	if l.t.Failed() {
		l.t.Logf("the server's output:\n%s", l.node.Stderr())
	}
	return refusals
}

func (l *talk) history(k *talker) []ledger.Record {
	l.t.Helper()
	var records []client.Record
	var err error
	if k.to.Type == client.Group {
		records, err = rest(l.node).GroupHistory(l.t.Context(), k.to.ID)
	} else {
		records, err = rest(l.node).History(l.t.Context(), k.name, k.to.ID)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	out := make([]ledger.Record, 0, len(records))
	for _, m := range records {
		out = append(out, ledger.Record{N: m.N, TS: m.TS, Speaker: m.Speaker, Body: m.Text()})
	}
	return out
}
