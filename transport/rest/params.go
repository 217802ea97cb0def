package rest

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/parley-im/parley/im"
)

// user returns argument i of the path as a user id.
func (c call) user(i int) (im.UserID, error) {
	return userID(c.args[i])
}

// pair returns the two user ids of the path.
func (c call) pair() (u, f im.UserID, err error) {
	if u, err = c.user(0); err != nil {
		return "", "", err
	}
	f, err = c.user(1)
	return u, f, err
}

// address returns the group or room, whichever the route is about, that argument 0 of the path names. No object has an
// illegal id.
func (c call) address() (im.Address, error) {
	id := c.args[0]
	switch {
	case c.kind == im.KindGroup && im.GroupID(id).Valid():
		return im.Group(c.app, im.GroupID(id)), nil
	case c.kind == im.KindRoom && im.RoomID(id).Valid():
		return im.Room(c.app, im.RoomID(id)), nil
	}
	return im.Address{}, im.E("rest.address", im.NotFound, "")
}

// has reports whether a flag parameter is there, with or without a value.
func (c call) has(flag string) bool { return c.query.Has(flag) }

const (
	defaultRecords = 20
	maxRecords     = 100
	defaultMembers = 100
	maxMembers     = 1000
	// firstMillis tells seconds from milliseconds: in seconds it lies in the year 5138, in milliseconds in 1973.
	firstMillis = 1e11
)

// before reads what bounds a page of history from above: ts, and the number in before.
func (c call) before() (im.Before, error) {
	n, err := c.beforeNumber()
	return im.Before{TS: beforeTime(c.query), N: n}, err
}

// beforeNumber reads before (section 13), a positive number in decimal digits; 0 = it is not there. Unlike ts it must be right:
// who pages by it and is misunderstood gets the newest page again and again.
func (c call) beforeNumber() (uint64, error) {
	n, given, ok := c.number("before")
	if given && (!ok || n == 0) {
		return 0, im.E("rest.before", im.Invalid, "before must be one number above 0")
	}
	return n, nil
}

// after reads after (section 13), a number in decimal digits; 0 = it is 0 or not there. It must be right for the same reason.
func (c call) after() (uint64, error) {
	n, given, ok := c.number("after")
	if given && !ok {
		return 0, im.E("rest.after", im.Invalid, "after must be one number")
	}
	return n, nil
}

// number reads the parameter of that name, one number in decimal digits: whether it is given, and whether it is right.
func (c call) number(name string) (n uint64, given, ok bool) {
	values, unread := c.query[name], c.unread(name)
	if len(values) != 1 || unread {
		return 0, len(values) > 0 || unread, false
	}
	n, err := strconv.ParseUint(values[0], 10, 64)
	return n, true, err == nil
}

// unread reports whether a parameter of that name is among what could not be read of the query.
func (c call) unread(name string) bool {
	if c.queryErr == nil {
		return false
	}
	for part := range strings.SplitSeq(c.rawQuery, "&") {
		key, _, _ := strings.Cut(part, "=")
		if key, err := url.QueryUnescape(key); err != nil || key != name {
			continue
		}
		if _, err := url.ParseQuery(part); err != nil {
			return true
		}
	}
	return false
}

// beforeTime reads ts (section 6.5): milliseconds, or seconds as iOS thinks in, with or without a fraction. Zero, which
// means no bound, stands for whatever is unusable.
func beforeTime(q url.Values) im.Millis {
	ts, err := strconv.ParseFloat(q.Get("ts"), 64)
	if err != nil || !(ts > 0) || ts > math.MaxInt64/2 {
		return 0
	}
	if ts < firstMillis {
		ts *= 1000
	}
	return im.Millis(math.Round(ts))
}

// pageSize reads a limit (sections 6.2, 6.5 and 6.7): default 20, at most 100.
func (c call) pageSize(name string) int { return c.size(name, defaultRecords, maxRecords) }

// memberPageSize reads the limit of a page of members (section 13): default 100, at most 1000.
func (c call) memberPageSize() int { return c.size("limit", defaultMembers, maxMembers) }

// size reads a limit of at most most; usual stands for whatever is unusable.
func (c call) size(name string, usual, most int) int {
	n, err := strconv.ParseFloat(c.query.Get(name), 64)
	if err != nil || !(n >= 1) {
		return usual
	}
	return int(min(n, float64(most)))
}

// maxSkip is more than there is of anything, and fits any int.
const maxSkip = math.MaxInt32

// skip reads how many to leave out (sections 6.2 and 6.7); 0 stands for whatever is unusable.
func (c call) skip(name string) int {
	n, err := strconv.ParseFloat(c.query.Get(name), 64)
	if err != nil || !(n > 0) {
		return 0
	}
	return int(min(n, maxSkip))
}
