package model

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"github.com/parley-im/parley/test/client"
)

// checker collects in what ways something is not as expected.
type checker struct {
	about  string
	faults []string
}

// equal compares, deeply; a nil slice is not an empty one.
func (c *checker) equal(what string, want, got any) {
	if !reflect.DeepEqual(want, got) {
		c.fault("%s: expected %+v, got %+v", what, want, got)
	}
}

// same compares lists whose order says nothing. got must not be nil; want is sorted.
func (c *checker) same(what string, want, got []string) {
	sorted := slices.Clone(got)
	slices.Sort(sorted)
	c.equal(what, want, sorted)
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, c.about+": "+fmt.Sprintf(format, args...))
}

// gatheringJSON is a group or room as the API shows it (docs/protocol.md 6.3).
type gatheringJSON struct {
	ID         string
	Owner      *string
	Members    []string
	TS         int64
	Attributes map[string]any
	Name       any
	Recent     *client.Record
}

// checkGathering compares what the server shows with the model.
func checkGathering(g gathering, got gatheringJSON) []string {
	c := checker{about: g.path()}
	c.equal("members", append([]string{}, g.members...), got.Members)
	var owner *string
	if g.kind == client.Group {
		owner = &g.owner
	}
	c.equal("owner", show(owner), show(got.Owner))
	c.equal("name", g.attributes["name"], got.Name)
	c.equal("attributes", g.attributes.shown(), got.Attributes)
	c.equal("has ts", true, got.TS > 0)
	return c.faults
}

// memberPage is a page of members (section 13).
type memberPage struct {
	Members []string
	Last    uint64
	More    bool
}

// checkMembers compares the members on all pages with the model.
func checkMembers(g gathering, got []string) []string {
	c := checker{about: g.path() + "/members"}
	c.equal("members", append([]string{}, g.members...), append([]string{}, got...))
	return c.faults
}

func show(s *string) string {
	if s == nil {
		return "absent"
	}
	return fmt.Sprintf("%q", *s)
}

// profileJSON is a user as the API shows it (6.2).
type profileJSON struct {
	ID                               string
	Sessions                         int
	Installs, Friends, Groups, Rooms []string
	Attributes                       map[string]any
}

// checkProfile compares what the server shows of u with the model. Sessions are apart: they end a moment later.
func checkProfile(u string, want profile, got profileJSON) []string {
	c := checker{about: "/ctx/" + u}
	c.equal("id", u, got.ID)
	c.same("friends", want.friends, got.Friends)
	c.same("groups", want.groups, got.Groups)
	c.same("rooms", want.rooms, got.Rooms)
	c.same("installs", want.installs, got.Installs)
	c.equal("attributes", want.attributes.shown(), got.Attributes)
	return c.faults
}

// checkRecord compares a history record with the message that should be there; want is nil when none should.
func checkRecord(about string, want *letter, got *client.Record) []string {
	c := checker{about: about}
	c.equal("record", recordOf(want), showRecord(got))
	return c.faults
}

// checkHistory compares a whole history, oldest first, with what was accepted and not cleared: n without gaps, bodies, order.
func checkHistory(about string, want []*letter, got []client.Record) []string {
	c := checker{about: about}
	c.equal("number of records", len(want), len(got))
	for i := range min(len(want), len(got)) {
		c.equal("n", want[0].n+uint64(i), got[i].N)
		c.faults = append(c.faults, checkRecord(about, want[i], &got[i])...)
		if len(c.faults) > 0 {
			break // what follows is mostly the same fault again
		}
	}
	return c.faults
}

func recordOf(l *letter) string {
	if l == nil {
		return "none"
	}
	return fmt.Sprintf("n %d ts %d media 0 %q remark %q id %q by %s", l.n, l.ts, l.body, l.remark, l.id, idOf(l.from))
}

func showRecord(r *client.Record) string {
	if r == nil {
		return "none"
	}
	return fmt.Sprintf("n %d ts %d media %d %q remark %q id %q by %s", r.N, r.TS, r.Content.Media, r.Text(), r.Remark, r.ID, r.Speaker)
}

// checkFriendship compares the friendship of two users, as the API shows it, with the model, which learns what it could
// not know: the id and the time.
func checkFriendship(p pair, b *bond, got friendshipJSON) []string {
	c := checker{about: fmt.Sprintf("friendship %s %s", p.low, p.high)}
	b.id, b.since = cmp.Or(b.id, got.ID), cmp.Or(b.since, got.TS)
	c.equal("from", b.from, got.From)
	c.equal("to", b.to, got.To)
	c.equal("id", b.id, got.ID)
	c.equal("is an id", true, friendshipID.MatchString(got.ID))
	c.equal("ts", b.since, got.TS)
	c.equal("has ts", true, got.TS > 0)
	return c.faults
}

// friendshipID is what the id of a friendship looks like.
var friendshipID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// friendshipJSON is a friendship as the API shows it.
type friendshipJSON struct {
	ID, From, To, NS string
	Online           bool
	TS               int64
}
