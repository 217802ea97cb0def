package rest

import (
	"math"
	"net/url"
	"strconv"

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
	// firstMillis tells seconds from milliseconds: in seconds it lies in the year 5138, in milliseconds in 1973.
	firstMillis = 1e11
)

// before reads ts (section 6.5): milliseconds, or seconds as iOS thinks in, with or without a fraction. Zero, which
// means no bound, stands for whatever is unusable.
func before(q url.Values) im.Millis {
	ts, err := strconv.ParseFloat(q.Get("ts"), 64)
	if err != nil || !(ts > 0) || ts > math.MaxInt64/2 {
		return 0
	}
	if ts < firstMillis {
		ts *= 1000
	}
	return im.Millis(math.Round(ts))
}

// pageSize reads a limit (sections 6.2, 6.5 and 6.7): default 20, at most 100; the default stands for whatever is
// unusable.
func (c call) pageSize(name string) int {
	n, err := strconv.ParseFloat(c.query.Get(name), 64)
	if err != nil || !(n >= 1) {
		return defaultRecords
	}
	return int(min(n, maxRecords))
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
