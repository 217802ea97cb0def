package roster

import (
	"slices"
	"sync"
	"testing"

	"github.com/parley-im/parley/im"
)

// paper is the record in memory; it checks the expected seq as the log does.
type paper struct {
	mu      sync.Mutex
	entries []im.Entry
	head    im.Head
}

func (p *paper) Append(a im.Append) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a.Expected != p.head.Seq || a.Addr != im.Nodes {
		go a.Done(im.Refused)
		return nil
	}
	p.entries = append(p.entries, a.Entries...)
	last := a.Entries[len(a.Entries)-1]
	p.head.Seq, p.head.TS = last.Seq, last.TS
	go a.Done(im.Stored)
	return nil
}

func (p *paper) Load(_ im.Address, done func(im.Load, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	go done(im.Load{Head: p.head, Tail: slices.Clone(p.entries)}, nil)
}

func (p *paper) Head(im.Address) (im.Head, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head, nil
}

func nodes(p *paper, first Roster) *Nodes {
	return New(Options{Log: p, Clock: func() im.Millis { return now }, First: first.Members, OnChange: func(Roster) {}})
}

// The first change writes down the first members before it, once, so that a node which knows others, or none, reads the same;
// whoever changes nothing writes nothing.
//
// Checked by breaking it: without NodesFounded the node that joined has itself alone.
func TestNodes_TheRecordStandsForItself(t *testing.T) {
	t.Parallel()
	p := &paper{}
	one := nodes(p, cluster(3))
	if err := one.Move(t.Context(), cluster(3).Members[0]); err != nil || p.head.Seq != 0 {
		t.Fatalf("%v, %d entries for no change", err, p.head.Seq)
	}
	if err := one.Invite(t.Context(), "node4"); err != nil || p.head.Seq != 2 {
		t.Fatalf("%v, %d entries, want the members and the invitation", err, p.head.Seq)
	}
	two := nodes(p, cluster(3))
	if err := two.Admit(t.Context(), member(4, 1)); err != nil || p.head.Seq != 3 {
		t.Fatalf("%v, %d entries", err, p.head.Seq)
	}
	other := nodes(p, First([]Member{member(4, 1)})) // as a node that joined might begin
	for _, n := range []*Nodes{one, two, other} {
		if err := n.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := n.Roster(); who(r) != "node1=1 node2=2 node3=3 node4=4" || !r.Founded || r.Highest != 4 {
			t.Errorf("%s, founded %v, highest %d", who(r), r.Founded, r.Highest)
		}
	}
}

// Nodes that answer the same guest at once make one member of it.
func TestNodes_AdmitOnce(t *testing.T) {
	t.Parallel()
	p := &paper{}
	if err := nodes(p, cluster(3)).Invite(t.Context(), "node4"); err != nil {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	for range 5 {
		asking.Go(func() {
			if err := nodes(p, cluster(3)).Admit(t.Context(), member(4, 1)); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	if p.head.Seq != 3 {
		t.Errorf("%d entries, want three", p.head.Seq)
	}
}
