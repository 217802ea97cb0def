package rest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// strangerJSON is one stranger (section 6.2).
type strangerJSON struct {
	ID     im.UserID `json:"id"`
	Online bool      `json:"online"`
	// TS is when the two began to talk.
	TS im.Millis `json:"ts"`
	// Recent is the newest history record; there is none when it is older than the retention.
	Recent json.RawMessage `json:"recent,omitempty"`
}

// strangers serves GET /ctx/{u}/strangers, with and without ?detail.
func (h *Handler) strangers(c call) (answer, error) {
	u, p, err := h.profile(c)
	if err != nil {
		return answer{}, err
	}
	page := c.strangers(p)
	if c.has("detail") {
		return h.detailStrangers(c, u, page)
	}
	ids := make([]im.UserID, 0, len(page))
	for _, s := range page {
		ids = append(ids, im.UserID(s.Peer))
	}
	return ok(ids)
}

func (h *Handler) detailStrangers(c call, u im.UserID, page []dispatch.Contact) (answer, error) {
	dialogs, others := make([]im.Address, 0, len(page)), make([]im.UserID, 0, len(page))
	for _, s := range page {
		others = append(others, im.UserID(s.Peer))
		dialogs = append(dialogs, im.StrangerDialog(c.app, u, im.UserID(s.Peer)))
	}
	seen, err := h.acquaintances(c, others, dialogs)
	if err != nil {
		return answer{}, err
	}
	list := make([]strangerJSON, 0, len(page))
	for i, s := range page {
		list = append(list, strangerOf(s, seen[i].online, seen[i].recent))
	}
	return ok(list)
}

func strangerOf(s dispatch.Contact, online bool, recent []byte) strangerJSON {
	return strangerJSON{ID: im.UserID(s.Peer), Online: online, TS: s.Since, Recent: recent}
}

// stranger serves GET /ctx/{u}/strangers/{s}.
func (h *Handler) stranger(c call) (answer, error) {
	u, other, err := c.pair()
	if err != nil {
		return answer{}, err
	}
	p, err := h.opts.Commands.Profile(c.ctx, c.app, u)
	if err != nil {
		return answer{}, err
	}
	all := strangersOf(p)
	i := slices.IndexFunc(all, func(s dispatch.Contact) bool { return s.Peer == string(other) })
	if i < 0 {
		return answer{}, im.E("rest.stranger", im.NotFound, "")
	}
	recent, err := h.newest(c.ctx, im.StrangerDialog(c.app, u, other))
	if err != nil {
		return answer{}, err
	}
	online, err := h.online(c, other)
	if err != nil {
		return answer{}, err
	}
	return ok(strangerOf(all[i], online[0], recent))
}

// strangerChats serves GET /ctx/{u}/strangers/{s}/chats (section 6.5), as friendChats does for friends.
func (h *Handler) strangerChats(c call) (answer, error) {
	u, s, err := c.pair()
	if err != nil {
		return answer{}, err
	}
	return h.chats(c, im.StrangerDialog(c.app, u, s))
}

// strangers returns the page of p's strangers that c asks for. Who asks for some by their ids gets all those, as far as
// they fit on the largest page, unless it says otherwise.
func (c call) strangers(p dispatch.Profile) []dispatch.Contact {
	all, limit := strangersOf(p), c.pageSize("limit")
	if c.query.Get("ids") != "" {
		named := make(map[string]bool) // a query has room for very many
		for id := range strings.SplitSeq(c.query.Get("ids"), ",") {
			named[id] = true
		}
		all = slices.DeleteFunc(all, func(s dispatch.Contact) bool { return !named[s.Peer] })
		if !c.has("limit") {
			limit = maxRecords
		}
	}
	all = all[min(c.skip("skip"), len(all)):]
	return all[:min(limit, len(all))]
}

// strangersOf returns the strangers among p's contacts, the one met last first.
func strangersOf(p dispatch.Profile) (list []dispatch.Contact) {
	for _, s := range p.Contacts {
		if s.Relation == im.StrangerRelation {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b dispatch.Contact) int {
		return cmp.Or(cmp.Compare(b.Since, a.Since), cmp.Compare(a.Peer, b.Peer))
	})
	return list
}
