package ledger

import (
	"slices"
	"testing"
)

// said is a conversation in which tom and jerry used the same ids: "1" of tom's was sent three times, the second time without
// an answer, jerry's "1" twice at once, and tom's "2" once, without an answer.
func said() ([]Sending, []Stored) {
	tom1, tom2, jerry1 := Key{"tom", "1"}, Key{"tom", "2"}, Key{"jerry", "1"}
	sendings := []Sending{
		{tom1, "a", 1, 4, 1, 10, "1", false},
		{tom1, "a", 2, 0, 0, 0, "", false},
		{jerry1, "b", 3, 7, 2, 20, "1", true},
		{jerry1, "b", 5, 6, 2, 20, "1", false},
		{tom1, "a", 8, 9, 1, 10, "1", true},
		{tom2, "c", 10, 0, 0, 0, "", false},
	}
	return sendings, []Stored{{Record{1, 10, "tom", "a"}, "1"}, {Record{2, 20, "jerry", "b"}, "1"}, {Record{3, 30, "tom", "c"}, "2"}}
}

// Each case spoils one thing of a correct run, and says what CheckOnce must find.
func TestCheckOnce_FindsEachFault(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(s []Sending, h []Stored) ([]Sending, []Stored)
		want  []Kind
	}{
		{"nothing wrong", func(s []Sending, h []Stored) ([]Sending, []Stored) { return s, h }, nil},
		{"in another order", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			slices.Reverse(s)
			return s, h
		}, nil},
		{"the first answer is lost on its way", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			s[0].Duplicate = true // the server has repeated it itself
			return s, h
		}, nil},
		{"what had no answer is missing", func(s []Sending, h []Stored) ([]Sending, []Stored) { return s, h[:2] }, nil},
		{"an entry is lost", func(s []Sending, h []Stored) ([]Sending, []Stored) { return s, h[:1] }, []Kind{Lost}},
		{"an entry is lost, numbered over", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			h = slices.Delete(h, 0, 1)
			h[0].N, h[1].N = 1, 2
			return s, h
		}, []Kind{Swapped, Lost}},
		{"an entry is doubled", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			return s, append(h, Stored{Record{4, 40, "tom", "a"}, "1"})
		}, []Kind{Doubled}},
		{"an entry that had no answer is doubled", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			return s, append(h, Stored{Record{4, 40, "tom", "c"}, "2"})
		}, []Kind{Doubled}},
		{"a gap", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			h[2].N = 4
			return s, h
		}, []Kind{Gap}},
		{"a stamp that stands still", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			h[2].TS = 20
			return s, h
		}, []Kind{Clock}},
		{"another number is answered to a repeat", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			s[4].N = 3
			return s, h
		}, []Kind{Swapped}},
		{"another stamp is answered to a repeat", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			s[4].TS = 11
			return s, h
		}, []Kind{Swapped}},
		{"all answers name another stamp than history", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			s[0].TS, s[4].TS = 11, 11
			return s, h
		}, []Kind{Swapped}},
		{"somebody else's answer", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			s[2].N, s[2].TS, s[3].N, s[3].TS = 1, 10, 1, 10 // jerry is told where tom's message is
			return s, h
		}, []Kind{Swapped}},
		{"somebody else's answer, and no entry", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			s[2].N, s[2].TS, s[3].N, s[3].TS = 1, 10, 1, 10
			h = slices.Delete(h, 1, 2)
			h[1].N = 2
			return s, h
		}, []Kind{Lost}},
		{"an answer without its id", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			s[4].AnswerID = ""
			return s, h
		}, []Kind{Foreign}},
		{"an entry without its id", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			h[2].ID = ""
			return s, h
		}, []Kind{Foreign}},
		{"an entry of somebody else's", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			h[2].Speaker = "jerry"
			return s, h
		}, []Kind{Foreign}},
		{"an entry with another text", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			h[2].Body = "z"
			return s, h
		}, []Kind{Foreign}},
		{"a repeat that is called the first", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			s[0].Duplicate, s[4].Duplicate = true, false
			return s, h
		}, []Kind{Unmarked}},
		{"two at once that are called the first", func(s []Sending, h []Stored) ([]Sending, []Stored) {
			s[2].Duplicate = false
			return s, h
		}, []Kind{Unmarked}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := kinds(CheckOnce(c.spoil(said()))); !slices.Equal(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}

// What is heard with another id, or twice, is seen.
func TestCheckHeardOnce_FindsEachFault(t *testing.T) {
	_, h := said()
	other := h[1]
	other.ID = "2"
	for _, c := range []struct {
		name  string
		heard []Stored
		want  []Kind
	}{
		{"everything", h, nil},
		{"with a hole", []Stored{h[0], h[2]}, nil},
		{"twice", []Stored{h[0], h[0]}, []Kind{Swapped}},
		{"another id", []Stored{other}, []Kind{Foreign}},
		{"beyond the end", []Stored{{Record{4, 40, "tom", "d"}, "3"}}, []Kind{Foreign}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := kinds(CheckHeardOnce(c.heard, h)); !slices.Equal(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}
