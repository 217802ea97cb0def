package ledger

import (
	"slices"
	"testing"
)

// Each case starts from the same correct conversation, spoils one thing, and says what Check must find: a checker
// that finds nothing proves nothing.
func TestCheck_FindsEachFault(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func([]Sent, []Record) ([]Sent, []Record)
		want  []Kind
	}{
		{"nothing wrong", func(s []Sent, h []Record) ([]Sent, []Record) { return s, h }, nil},
		{"an unanswered message is missing", func(s []Sent, h []Record) ([]Sent, []Record) { return s, h[:3] }, nil},
		{"a lost last entry", func(s []Sent, h []Record) ([]Sent, []Record) { return s, h[:2] }, []Kind{Lost}},
		{"a lost middle entry", func(s []Sent, h []Record) ([]Sent, []Record) {
			return s, slices.Delete(h, 1, 2)
		}, []Kind{Gap, Lost}},
		{"a lost entry, numbered over", func(s []Sent, h []Record) ([]Sent, []Record) {
			h = slices.Delete(h, 1, 2)
			h[1].N, h[2].N = 2, 3
			return s, h
		}, []Kind{Swapped, Lost}},
		{"a doubled entry", func(s []Sent, h []Record) ([]Sent, []Record) {
			return s, append(h, Record{5, 50, h[1].Speaker, h[1].Body})
		}, []Kind{Doubled}},
		{"a doubled unanswered entry", func(s []Sent, h []Record) ([]Sent, []Record) {
			return s, append(h, Record{5, 50, h[3].Speaker, h[3].Body})
		}, []Kind{Doubled}},
		{"two swapped entries", func(s []Sent, h []Record) ([]Sent, []Record) {
			h[0].Body, h[2].Body = h[2].Body, h[0].Body
			return s, h
		}, []Kind{Swapped}},
		{"two swapped records", func(s []Sent, h []Record) ([]Sent, []Record) {
			h[1], h[2] = h[2], h[1]
			return s, h
		}, []Kind{Gap, Clock}},
		{"an overtaken unanswered entry", func(s []Sent, h []Record) ([]Sent, []Record) {
			s[0].Acked = false
			h[0].Body, h[2].Body = h[2].Body, h[0].Body
			return s, h
		}, []Kind{Swapped}},
		{"a late unanswered entry", func(s []Sent, h []Record) ([]Sent, []Record) {
			s[0].Acked, s[0].Late = false, true
			h[0].Body, h[2].Body = h[2].Body, h[0].Body
			s[2].N, s[2].TS = 1, 10
			return s, h
		}, nil},
		{"a gap", func(s []Sent, h []Record) ([]Sent, []Record) {
			h[3].N = 5
			return s, h
		}, []Kind{Gap}},
		{"a stamp that stands still", func(s []Sent, h []Record) ([]Sent, []Record) {
			h[3].TS = h[2].TS
			return s, h
		}, []Kind{Clock}},
		{"a stamp other than the answer's", func(s []Sent, h []Record) ([]Sent, []Record) {
			h[1].TS++
			return s, h
		}, []Kind{Swapped}},
		{"a message nobody sent", func(s []Sent, h []Record) ([]Sent, []Record) {
			return s, append(h, Record{5, 50, "tom", "not mine"})
		}, []Kind{Foreign}},
		{"a wrong speaker", func(s []Sent, h []Record) ([]Sent, []Record) {
			h[3].Speaker = "tom"
			return s, h
		}, []Kind{Foreign}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := kinds(Check(c.spoil(sample())))
			if !slices.Equal(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}

// sample is a conversation of tom and jerry: three acknowledged messages and one without an answer, all in history.
func sample() ([]Sent, []Record) {
	sent := []Sent{
		{"tom", "a", 1, true, 1, 10, false},
		{"jerry", "b", 1, true, 2, 20, false},
		{"tom", "c", 2, true, 3, 30, false},
		{"jerry", "d", 2, false, 0, 0, false},
	}
	return sent, []Record{{1, 10, "tom", "a"}, {2, 20, "jerry", "b"}, {3, 30, "tom", "c"}, {4, 40, "jerry", "d"}}
}

// kinds lists the kinds of faults in the order of Check, each once.
func kinds(faults []Fault) (out []Kind) {
	for _, f := range faults {
		if !slices.Contains(out, f.Kind) {
			out = append(out, f.Kind)
		}
	}
	return out
}

// A live connection may miss what was said while it was away; what it hears must be what history has, in that order.
func TestCheckHeard_FindsEachFault(t *testing.T) {
	_, h := sample()
	for _, c := range []struct {
		name  string
		heard []Record
		want  []Kind
	}{
		{"everything", h, nil},
		{"from the middle", h[2:], nil},
		{"with a hole", []Record{h[0], h[2]}, nil},
		{"twice", []Record{h[0], h[0]}, []Kind{Swapped}},
		{"overtaken", []Record{h[1], h[0]}, []Kind{Swapped}},
		{"another stamp", []Record{{1, 11, "tom", "a"}}, []Kind{Foreign}},
		{"another text", []Record{{1, 10, "tom", "z"}}, []Kind{Foreign}},
		{"beyond the end", []Record{{5, 50, "tom", "e"}}, []Kind{Foreign}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := kinds(CheckHeard(c.heard, h)); !slices.Equal(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}
