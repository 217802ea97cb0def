package chaos

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/test/ledger"
)

// Each case plants one violation into notes in which nothing is wrong, and says how the complaint begins: a checker that finds
// nothing proves nothing.

func at(second float64) time.Time { return began.Add(time.Duration(second * float64(time.Second))) }

// notes are a conversation of tom and jerry, who is connected all the time; kate, who was connected until the third message;
// and what history has of it.
type notes struct {
	said        []message
	history     []ledger.Record
	jerry, kate memory
	alone       []alone
}

func sample() *notes {
	n := &notes{}
	for i := range 5 {
		speaker := []string{"tom", "jerry"}[i%2]
		from := float64(10 * i)
		n.said = append(n.said, message{
			conversation: "c", speaker: speaker, body: fmt.Sprintf("%s %d", speaker, i), id: fmt.Sprint(i), order: i + 1,
			first: "node1", last: "node1", invoked: at(from), tried: at(from), answered: at(from + 5), n: uint64(i + 1), ts: int64(i + 100),
		})
		n.history = append(n.history, ledger.Record{N: uint64(i + 1), TS: int64(i + 100), Speaker: speaker, Body: n.said[i].body})
	}
	n.jerry = memory{user: "jerry", node: "node2", began: at(-1), heard: map[string][]ledger.Record{
		"c": {n.history[0], n.history[2], n.history[4]},
	}}
	n.kate = memory{user: "kate", node: "node3", began: at(5), ended: at(22), heard: map[string][]ledger.Record{"c": {n.history[1], n.history[2]}}}
	n.alone = []alone{{"node1", at(6), at(9)}, {"node2", at(0), at(50)}}
	return n
}

func (n *notes) check() (faults []error) {
	faults = append(faults, checkOrder(n.said, n.history)...)
	faults = append(faults, checkWriter(n.said)...)
	faults = append(faults, checkMinority(n.said, n.alone)...)
	faults = append(faults, checkHeard(n.jerry, "c", n.said, n.history)...)
	return append(faults, checkHeard(n.kate, "c", n.said, n.history)...)
}

// renumber makes history 1, 2, 3 again.
func (n *notes) renumber() {
	for i := range n.history {
		n.history[i].N = uint64(i + 1)
	}
}

func TestCheck_FindsWhatIsPlanted(t *testing.T) {
	for _, c := range []struct {
		name  string
		plant func(*notes)
		want  []string
	}{
		{"nothing", func(*notes) {}, nil},
		{"an unanswered message is missing", func(n *notes) {
			n.said[4].answered = time.Time{}
			n.history = n.history[:4]
			n.jerry.heard["c"] = n.jerry.heard["c"][:2]
		}, nil},
		{"an acknowledged message is lost", func(n *notes) {
			n.history = n.history[:4]
			n.jerry.heard["c"] = n.jerry.heard["c"][:2]
		}, []string{"G1"}},
		{"an acknowledged message is lost, and numbered over", func(n *notes) {
			n.history = slices.Delete(n.history, 1, 2)
			n.renumber()
		}, []string{"G1", "G3", "G7"}},
		{"a message is stored twice", func(n *notes) {
			n.history = append(n.history, ledger.Record{N: 6, TS: 106, Speaker: "jerry", Body: n.said[3].body})
		}, []string{"G2"}},
		{"an unanswered message is stored twice", func(n *notes) {
			n.said[3].answered = time.Time{}
			n.history = append(n.history, ledger.Record{N: 6, TS: 106, Speaker: "jerry", Body: n.said[3].body})
		}, []string{"G2"}},
		{"a gap in the numbers", func(n *notes) {
			n.history[4].N, n.said[4].n = 6, 6
			n.jerry.heard["c"][2].N = 6
		}, []string{"G3"}},
		{"a stamp goes back", func(n *notes) {
			n.history[4].TS, n.said[4].ts = 1, 1
			n.jerry.heard["c"][2].TS = 1
		}, []string{"G3"}},
		{"a message comes before one that was over", func(n *notes) {
			n.history[2].Body, n.history[3].Body = n.history[3].Body, n.history[2].Body
			n.history[2].Speaker, n.history[3].Speaker = n.history[3].Speaker, n.history[2].Speaker
			n.said[2].n, n.said[2].ts, n.said[3].n, n.said[3].ts = 4, 103, 3, 102
			n.jerry.heard["c"][1] = n.history[3]
			n.kate.heard["c"] = n.kate.heard["c"][:1]
		}, []string{"G3"}},
		{"live delivery has another order", func(n *notes) {
			h := n.jerry.heard["c"]
			h[0], h[1] = h[1], h[0]
		}, []string{"G3"}},
		{"live delivery comes twice", func(n *notes) {
			n.jerry.heard["c"] = append(n.jerry.heard["c"], n.history[4])
		}, []string{"G3"}},
		{"live delivery has another text", func(n *notes) { n.jerry.heard["c"][1].Body = "tom 9" }, []string{"G3"}},
		{"two messages have one number", func(n *notes) {
			n.said[4].n, n.said[4].ts = 3, 102
		}, []string{"G3", "G6"}},
		{"a node without a majority acknowledges", func(n *notes) { n.alone[0] = alone{"node1", at(9), at(16)} }, []string{"G6"}},
		{"a repeat is answered without a majority", func(n *notes) {
			n.alone[0] = alone{"node1", at(9), at(16)}
			n.said[1].duplicate = true
		}, nil},
		{"a message is never heard by one who is connected", func(n *notes) {
			n.jerry.heard["c"] = n.jerry.heard["c"][:2]
		}, []string{"G7"}},
		{"a message is left out", func(n *notes) { n.jerry.heard["c"] = slices.Delete(n.jerry.heard["c"], 1, 2) }, []string{"G7"}},
		{"the first after a login is left out", func(n *notes) { n.kate.heard["c"] = n.kate.heard["c"][1:] }, []string{"G7"}},
		{"the last before the end of a connection is not heard", func(n *notes) { n.kate.heard["c"] = n.kate.heard["c"][:1] }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := sample()
			c.plant(n)
			complains(t, n.check(), c.want)
		})
	}
}

// complains checks that the faults are of these guarantees, and of no others.
func complains(t *testing.T, faults []error, want []string) {
	t.Helper()
	var got []string
	for _, f := range faults {
		g, _, _ := strings.Cut(f.Error(), ":")
		if !slices.Contains(got, g) {
			got = append(got, g)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v: %v", got, want, faults)
	}
}

func TestCheckRoom_FindsWhatIsPlanted(t *testing.T) {
	for _, c := range []struct {
		name  string
		heard []int // positions among what was said
		late  bool  // the third message was given up
		want  []string
	}{
		{"everything", []int{0, 1, 2, 3, 4}, false, nil},
		{"some are lost", []int{1, 4}, false, nil},
		{"one comes twice", []int{0, 1, 1}, false, []string{"room"}},
		{"one is overtaken", []int{0, 1, 4, 2}, false, []string{"room"}},
		{"one that was given up comes late", []int{0, 1, 4, 2}, true, nil},
		{"one that was given up comes twice", []int{0, 2, 4, 2}, true, []string{"room"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := sample()
			n.said[2].late = c.late
			m := memory{user: "kate", heard: map[string][]ledger.Record{}}
			for _, i := range c.heard {
				m.heard["c"] = append(m.heard["c"], ledger.Record{Speaker: n.said[i].speaker, Body: n.said[i].body})
			}
			complains(t, checkRoom(m, "c", n.said), c.want)
		})
	}
}
