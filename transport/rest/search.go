package rest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/parley-im/parley/im"
)

// foundUserJSON is one user that a search found (section 6.2).
type foundUserJSON struct {
	ID         string          `json:"id"`
	Online     bool            `json:"online"`
	TS         im.Millis       `json:"ts"`
	Attributes json.RawMessage `json:"attributes"`
}

// searchUsers serves GET /ctx (section 6.7).
func (h *Handler) searchUsers(c call) (answer, error) {
	c.kind = im.KindUser
	found, err := h.search(c)
	if err != nil {
		return answer{}, err
	}
	ids := make([]im.UserID, len(found))
	for i, f := range found {
		ids[i] = im.UserID(f.ID)
	}
	online, err := h.online(c, ids...)
	if err != nil {
		return answer{}, err
	}
	list := make([]foundUserJSON, 0, len(found))
	for i, f := range found {
		u := foundUserJSON{ID: f.ID, Online: online[i], TS: f.TS, Attributes: f.Body}
		if len(u.Attributes) == 0 {
			u.Attributes = json.RawMessage("{}")
		}
		list = append(list, u)
	}
	return ok(list)
}

// searchGatherings serves GET /groups and /rooms (section 6.7). Those that vanish meanwhile are left out, hence a page may
// be shorter than asked for although another one follows.
func (h *Handler) searchGatherings(c call) (answer, error) {
	found, err := h.search(c)
	if err != nil {
		return answer{}, err
	}
	all := make([]im.Address, 0, len(found))
	for _, f := range found {
		all = append(all, im.Address{App: c.app, Kind: c.kind, ID: f.ID})
	}
	list, err := describeAll(c.ctx, all, h.describe)
	if err != nil {
		return answer{}, err
	}
	return ok(list)
}

// search carries c's query out. One of which a part cannot be read is refused, and so is one of more than the 10,000
// parameters that net/url takes: without a filter it would find more than was asked for.
func (h *Handler) search(c call) ([]im.Found, error) {
	if c.queryErr != nil {
		return nil, &im.Error{Op: "rest.search", Kind: im.Invalid, Text: "malformed query", Err: c.queryErr}
	}
	return h.opts.Search.Search(c.ctx, c.searched())
}

// Parameters of a search that are no attributes.
const (
	paramSkip  = "_skip"
	paramLimit = "_limit"
	paramSort  = "_sort"
)

// searched returns what the query of a search asks for. A filter that no attribute can match finds nothing.
func (c call) searched() im.Query {
	q := im.Query{
		App: c.app, Kind: c.kind, Sort: sortKeys(c.query[paramSort]), Skip: c.skip(paramSkip), Limit: c.pageSize(paramLimit),
	}
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		if name == paramSkip || name == paramLimit || name == paramSort {
			continue
		}
		for _, text := range c.query[name] {
			q.Where = append(q.Where, im.Condition{Name: name, Text: text})
		}
	}
	return q
}

// sortKeys reads lists of fields; a minus in front means descending. Fields without a name count as absent.
func sortKeys(lists []string) (keys []im.SortKey) {
	for field := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		name, descending := strings.CutPrefix(strings.TrimSpace(field), "-")
		if name != "" {
			keys = append(keys, im.SortKey{Name: name, Descending: descending})
		}
	}
	return keys
}
