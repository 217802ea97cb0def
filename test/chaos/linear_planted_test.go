package chaos

import "testing"

// calls of three clients to a group of two at most, in which nothing is wrong. The write of the second client was never answered.
func calls() []call {
	return []call{
		{client: 0, verb: join, member: 1, from: at(0), to: at(10)},
		{client: 1, verb: read, from: at(5), to: at(6), saw: state{members: 0b01}},
		{client: 2, verb: read, from: at(5), to: at(8), saw: state{members: 0b11}},
		{client: 2, verb: join, member: 2, from: at(12), to: at(13), full: true},
		{client: 1, verb: write, value: 7, from: at(12)},
		{client: 0, verb: read, from: at(14), to: at(15), saw: state{members: 0b11}},
		{client: 0, verb: leave, member: 1, from: at(16), to: at(17)},
		{client: 2, verb: join, member: 2, from: at(20), to: at(21)},
		{client: 0, verb: read, from: at(22), to: at(23), saw: state{members: 0b101, value: 7}},
		{client: 0, verb: write, value: 8, from: at(30), to: at(31)},
		{client: 1, verb: read, from: at(32), to: at(33), saw: state{members: 0b101, value: 8}},
		{client: 1, verb: read, from: at(32)},
	}
}

func TestCheckLinear_FindsWhatIsPlanted(t *testing.T) {
	for _, c := range []struct {
		name  string
		plant func([]call)
		want  []string
	}{
		{"nothing", func([]call) {}, nil},
		{"a stale read of members", func(c []call) { c[5].saw.members = 0b01 }, []string{"G5"}},
		{"a read goes back", func(c []call) { c[1].from, c[1].to = at(8.5), at(9) }, []string{"G5"}},
		{"a lost join", func(c []call) { c[8].saw.members, c[10].saw.members = 0b001, 0b001 }, []string{"G5"}},
		{"a lost leave", func(c []call) { c[8].saw.members = 0b111 }, []string{"G5"}},
		{"a member over the limit", func(c []call) { c[3].full = false }, []string{"G5"}},
		{"refused though there was room", func(c []call) { c[7].full = true }, []string{"G5"}},
		{"a stale attribute", func(c []call) { c[10].saw.value = 7 }, []string{"G5"}},
		{"an attribute that nobody wrote", func(c []call) { c[8].saw.value = 9 }, []string{"G5"}},
		{"an unanswered write is undone", func(c []call) { c[10].saw.value = 0 }, []string{"G5"}},
		{"an unanswered write takes effect late", func(c []call) { c[8].saw.value, c[10].saw.value = 0, 7 }, nil},
		{"an unanswered write never takes effect", func(c []call) { c[8].saw.value = 0 }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := object{name: "x", limit: 2, first: state{members: 1}, calls: calls()}
			c.plant(o.calls)
			complains(t, checkLinear([]object{o}), c.want)
		})
	}
}

func TestCompareLists_FindsWhatIsPlanted(t *testing.T) {
	members := map[string][]string{"a": {"tom", "jerry"}, "b": {"jerry"}, "c": {"tom"}}
	for _, c := range []struct {
		list  []string
		fault bool
	}{
		{[]string{"c", "a"}, false},
		{[]string{"c", "a", "unknown"}, false},
		{[]string{"a"}, true},
		{[]string{"a", "b", "c"}, true},
		{nil, true},
	} {
		if got := compareLists("tom", c.list, members); (got != nil) != c.fault {
			t.Errorf("%v: got %v, want a fault: %v", c.list, got, c.fault)
		}
	}
}
