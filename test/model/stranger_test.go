package model

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// strangers returns with whom u talked as a stranger, the one met last first. What the server has not shown yet of when
// they met comes first.
func (m *model) strangers(u string) (list []string) {
	for c := range m.talks {
		switch {
		case c.kind != client.Stranger:
		case c.low == u:
			list = append(list, c.high)
		case c.high == u:
			list = append(list, c.low)
		}
	}
	since := func(other string) int64 { return m.met[conversationOf(client.Stranger, u, other)] }
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(since(b), since(a)), strings.Compare(a, b)) })
	return list
}

// strangerJSON is a stranger in a detailed list (docs/protocol.md 6.2).
type strangerJSON struct {
	ID     string
	Online bool
	TS     int64
	Recent *client.Record
}

// askStrangers asks for the strangers of u: their ids, their details, some of them, and a few alone.
func (w *world) askStrangers(u string) question {
	skip, limit := w.step%4, 1+w.step%7
	few := turn(names, w.step, 3)
	return func(ctx context.Context, r client.REST) func() []string {
		path := "/ctx/" + u + "/strangers"
		var ids, page, named []string
		var details []strangerJSON
		alone := make([]strangerJSON, len(few))
		a := get(ctx, r, path+"?limit=100", &ids)
		b := get(ctx, r, path+"?detail&limit=100", &details)
		c := get(ctx, r, fmt.Sprintf("%s?skip=%d&limit=%d", path, skip, limit), &page)
		d := get(ctx, r, path+"?ids="+strings.Join(names[:limit], ","), &named)
		var ones []reply
		for i, other := range few {
			ones = append(ones, get(ctx, r, path+"/"+other, &alone[i]))
		}
		return func() []string {
			exists := w.model.users[u]
			k := checker{about: path}
			k.faults = b.judge(exists, func() []string { return w.model.checkStrangers(u, details) })
			want := append([]string{}, w.model.strangers(u)...)
			some := slices.DeleteFunc(slices.Clone(want), func(s string) bool { return !slices.Contains(names[:limit], s) })
			rest := want[min(skip, len(want)):]
			for _, l := range []struct {
				reply
				want, got []string
			}{{a, want, ids}, {c, rest[:min(limit, len(rest))], page}, {d, some, named}} {
				k.faults = append(k.faults, l.judge(exists, func() []string {
					c := checker{about: l.path}
					c.equal("ids", l.want, l.got)
					return c.faults
				})...)
			}
			for i, other := range few {
				met := exists && slices.Contains(want, other)
				k.faults = append(k.faults, ones[i].judge(met, func() []string { return w.model.checkStranger(u, other, alone[i]) })...)
			}
			return k.faults
		}
	}
}

// turn returns n of list, others at each step.
func turn[T any](list []T, step, n int) (out []T) {
	for i := range n {
		out = append(out, list[(step+i)%len(list)])
	}
	return out
}

// checkStrangers compares a detailed list with the model, which learns since when.
func (m *model) checkStrangers(u string, got []strangerJSON) []string {
	c, ids := checker{about: "the strangers of " + u}, []string{}
	for _, s := range got {
		ids = append(ids, s.ID)
		c.faults = append(c.faults, m.checkStranger(u, s.ID, s)...)
	}
	c.equal("ids", append([]string{}, m.strangers(u)...), ids)
	return c.faults
}

// metLate is how much later than its first message the beginning of an acquaintance may be stamped, in ms.
const metLate = servertest.Slowdown * 1000

func (m *model) checkStranger(u, other string, got strangerJSON) []string {
	talk := conversationOf(client.Stranger, u, other)
	c := checker{about: fmt.Sprintf("the stranger %s of %s", other, u)}
	c.equal("id", other, got.ID)
	c.faults = append(c.faults, checkRecord(c.about+", recent", m.recent(talk), got.Recent)...)
	if m.met[talk] == 0 {
		m.met[talk] = got.TS
	}
	c.equal("ts", m.met[talk], got.TS)
	if said := m.talks[talk]; len(said) > 0 {
		first := said[0].ts
		c.equal("ts is that of the first message", true, first <= got.TS && got.TS <= first+metLate)
	}
	return c.faults
}

// introduced checks, right after the first message of two strangers was answered, that both have each other in their lists.
func (w *world) introduced(l *letter) {
	if l.kind != client.Stranger || l.n != 1 {
		return
	}
	w.count("introduction")
	check := func() []string { return w.ask(w.askStrangers(l.from), w.askStrangers(l.to)) }
	if l.took > untold {
		w.must(w.settle(servertest.Patience, check))
		return
	}
	w.must(check())
}
