package store

import (
	"fmt"

	"github.com/parley-im/parley/im"
)

const (
	// MaxSortKeys bounds Query.Sort: each costs memory and time for every record that matches.
	MaxSortKeys = 16
	// maxCursors conditions are looked up in the index, an iterator of each shard for each; what is left is compared with
	// the records that remain.
	maxCursors = 8
)

// CheckQuery reports what makes q impossible to answer, as an *im.Error of kind Invalid or TooLong.
func CheckQuery(q *im.Query) error {
	const op = "eventlog.search"
	switch {
	case !(im.Address{App: q.App, Kind: q.Kind, ID: "x"}).Valid():
		return im.E(op, im.Invalid, "no such app or kind")
	case q.Skip < 0 || q.Limit < 0:
		return im.E(op, im.Invalid, "skip and limit are at least 0")
	case len(q.Sort) > MaxSortKeys:
		return im.E(op, im.TooLong, fmt.Sprintf("a search sorts by at most %d fields", MaxSortKeys))
	}
	return nil
}

// plan is a query as it is carried out.
type plan struct {
	app  im.AppID
	kind im.Kind
	// indexed are the conditions that are looked up in the index; compared must be compared with the record.
	indexed, compared []im.Condition
	// order is empty when records come by id.
	order order
}

// newPlan returns how to answer q. It reports false when no record can match: a name has one text, and no more names
// than a record has fields.
func newPlan(q *im.Query) (plan, bool) {
	p := plan{app: q.App, kind: q.Kind, order: newOrder(q.Sort)}
	texts := make(map[string]string)
	for _, c := range q.Where {
		text, twice := texts[c.Name]
		if twice && text == c.Text {
			continue
		}
		if twice || !validName(c.Name) || len(c.Text) > im.MaxAttributesBytes || len(texts) == im.MaxAttributes {
			return plan{}, false
		}
		texts[c.Name] = c.Text
		p.add(c)
	}
	return p, true
}

func (p *plan) add(c im.Condition) {
	isIndexed := len(p.indexed) < maxCursors
	if isIndexed {
		p.indexed = append(p.indexed, c)
	}
	if !isIndexed || isLong(c.Text) {
		p.compared = append(p.compared, c)
	}
}
