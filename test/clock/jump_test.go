package clock

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// The clock of a node jumps ahead and back, by up to a month, which is four times the retention, while friends, a group
// and a room talk without a pause. No session ends; each message is acknowledged, in history and heard once, in one order
// and with growing stamps, also while the clock is wrong; pages by stamp lose nothing. Meanwhile somebody comes and goes,
// which friends hear; joins, hears and leaves, which both lists show; and repeats old ids, which are known.
//
// Checked by breaking it: it fails when stamps are the clock's alone, when history hides by the clock as it is, and when
// ids are forgotten by it.
func TestJump_NothingIsLostDoubledReorderedOrHidden(t *testing.T) {
	k := newTalk(newNode(t))
	k.begin()
	v := newVisitor(k)
	for _, ahead := range []time.Duration{hour, -hour, -day, 7 * day, 30 * day} {
		wrong := fmt.Sprintf("%v ahead", ahead)
		k.more(50)
		v.keep(wrong)
		k.set(ahead)
		v.visit(wrong)
		k.more(50)
		k.check(wrong)
		v.keep(wrong + ", for a while")
		v.vanish()
		k.set(0)
		v.missed()
		v.keep("right after " + wrong)
		k.check("right after " + wrong)
	}
	v.visit("at last")
	k.end()
	k.checkAll()
	for _, p := range k.places {
		if p.kind != client.Room {
			k.checkPages(p)
		}
	}
	acks, _ := k.book.Counts()
	t.Logf("%d messages", acks)
}

// checkPages reads a history in small pages, each before the oldest stamp of the one before.
func (k *talk) checkPages(p *place) {
	k.t.Helper()
	path := "/ctx/" + p.members[0] + "/friends/" + p.members[1]
	if p.kind == client.Group {
		path = "/groups/" + p.name
	}
	var all []ledger.Record
	for before := int64(0); ; {
		var page []client.Record
		k.must(http.MethodGet, fmt.Sprintf("%s/chats?limit=17&ts=%d", path, before), nil, http.StatusOK, &page)
		if len(page) == 0 {
			break
		}
		for _, r := range slices.Backward(page) {
			all = append(all, ledger.Record{N: r.N, TS: r.TS, Speaker: r.Speaker, Body: r.Text()})
		}
		before = page[0].TS
	}
	slices.Reverse(all)
	report(k.t, "pages of "+p.name, ledger.Check(k.book.Sent(p.name), all))
}
