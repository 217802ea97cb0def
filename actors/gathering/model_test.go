package gathering_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/gathering"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// commands draws all commands of a gathering, for few users and a small limit, so that they meet.
func commands(opts gathering.Options) *rapid.Generator[*pb.Command] {
	user := rapid.SampledFrom(append(users(8), "no id"))
	names := rapid.SliceOfN(user, 0, 6)
	return rapid.Custom(func(t *rapid.T) *pb.Command {
		owner := ""
		if rapid.IntRange(0, 3).Draw(t, "owner") == 0 {
			owner = user.Draw(t, "owner")
		}
		switch rapid.IntRange(0, 15).Draw(t, "kind") {
		case 0:
			return remove
		case 1:
			return describe
		case 2, 3:
			if opts.Owned {
				owner = user.Draw(t, "creator")
			}
			return create(owner, names.Draw(t, "members")...)
		case 4:
			letter := rapid.SampledFrom([]string{"a", "b", "c"})
			return set(letter.Draw(t, "name"), `"`+letter.Draw(t, "value")+`"`)
		case 14, 15:
			return coretest.AttributeCommands(t)
		case 5, 6:
			return give(owner)
		case 7, 8:
			return replace(owner, names.Draw(t, "members")...)
		case 9, 10:
			return leave(names.Draw(t, "members")...)
		default:
			return join(names.Draw(t, "members")...)
		}
	})
}

// Whatever happens to a gathering, the log alone gives the same state again.
func TestGathering_ReplayEqualsLive(t *testing.T) {
	for name, opts := range map[string]gathering.Options{"owned": owned, "free": free} {
		t.Run(name, func(t *testing.T) {
			coretest.ReplayEqualsLive(t, func() core.Core { return fresh(opts) }, commands(opts))
		})
	}
}

// Under random commands a gathering has the members, in order, and the owner that a naive list has, refuses what that
// refuses, and stays within the limit. What each user was told last says whether it is a member, and nobody is told the
// same twice in a row.
func TestGathering_AgreesWithANaiveList(t *testing.T) {
	for name, opts := range map[string]gathering.Options{"owned": owned, "free": free} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				w, m := begin(opts), naive{opts: opts}
				for range rapid.IntRange(1, 60).Draw(t, "commands") {
					cmd := commands(opts).Draw(t, "command")
					_, err := w.do(cmd)
					if want := m.do(cmd); (err == nil) != (want == done) || err != nil && im.KindOf(err) != want {
						t.Fatalf("%v: error = %v, want %v", cmd, err, want)
					}
					compare(t, w, &m)
				}
			})
		})
	}
}

func compare(t *rapid.T, w *world, m *naive) {
	d, err := w.Decide(describe, 0)
	if exists := m.ever && !m.deleted; exists != (err == nil) {
		t.Fatalf("describe: %v, but it exists: %v", err, exists)
	}
	if err == nil {
		got := d.Reply.GetGathering()
		if got.Owner != m.owner || !slices.Equal(got.Members, m.members) {
			t.Fatalf("owner %q of %v, want %q of %v", got.Owner, got.Members, m.owner, m.members)
		}
		if len(got.Members) > m.opts.Limit {
			t.Fatalf("%d members, over the limit of %d", len(got.Members), m.opts.Limit)
		}
	}
	for _, u := range users(8) {
		said := w.told[im.UserID(u)]
		for i, member := range said {
			if member != (i%2 == 0) {
				t.Fatalf("%s was told %v: something twice in a row", u, said)
			}
		}
		if in := len(said)%2 == 1; in != slices.Contains(m.members, u) {
			t.Fatalf("%s was told %v, but the members are %v", u, said, m.members)
		}
	}
}

// naive is a gathering as a plain list, searched from one end to the other.
type naive struct {
	opts          gathering.Options
	ever, deleted bool
	owner         string
	members       []string
}

// do takes a command, and answers with the kind of its refusal, or done.
func (m *naive) do(cmd *pb.Command) im.ErrorKind {
	if c := cmd.GetCreateGathering(); c != nil {
		if m.ever {
			return im.Conflict
		}
		kind := m.become(c.Owner, nil, c.Members)
		m.ever = kind == done
		return kind
	}
	if !m.ever || m.deleted {
		return im.NotFound
	}
	switch body := cmd.Body.(type) {
	case *pb.Command_AddMembers:
		return m.become(m.owner, m.members, body.AddMembers.Members)
	case *pb.Command_RemoveMembers:
		return m.remove(body.RemoveMembers.Members)
	case *pb.Command_ChangeGathering:
		return m.change(body.ChangeGathering)
	case *pb.Command_DeleteGathering:
		m.deleted, m.members = true, nil
	}
	return done
}

func (m *naive) change(c *pb.ChangeGathering) im.ErrorKind {
	owner := c.Owner
	if owner == "" {
		owner = m.owner
	}
	if !c.ReplaceMembers {
		return m.become(owner, m.members, nil)
	}
	var stay []string
	for _, u := range m.members {
		if u == owner || slices.Contains(c.Members, u) {
			stay = append(stay, u)
		}
	}
	return m.become(owner, stay, c.Members)
}

func (m *naive) remove(users []string) im.ErrorKind {
	if slices.Contains(users, "no id") || m.owner != "" && slices.Contains(users, m.owner) {
		return im.Invalid
	}
	var stay []string
	for _, u := range m.members {
		if !slices.Contains(users, u) {
			stay = append(stay, u)
		}
	}
	m.members = stay
	return done
}

// become makes those who stay and then the owner and those who come, each once, the members, if that may be.
func (m *naive) become(owner string, stay, come []string) im.ErrorKind {
	if m.opts.Owned != (owner != "") || owner == "no id" || slices.Contains(come, "no id") {
		return im.Invalid
	}
	members := slices.Clone(stay)
	if owner != "" && !slices.Contains(members, owner) {
		members = append(members, owner)
	}
	for _, u := range come {
		if !slices.Contains(members, u) {
			members = append(members, u)
		}
	}
	if len(members) > m.opts.Limit {
		return im.Full
	}
	m.owner, m.members = owner, members
	return done
}
