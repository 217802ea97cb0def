// Package core says what the pure part of an actor is: state that is a fold over events, and decisions over it.
//
// A core has no clock, no I/O, no goroutine, no randomness and no map order in what it returns. The shell in package
// actors runs it: it stamps and stores the events, sends the replies and tells, and replays the log into a fresh core.
// The packages beside this one (device, dialog, group, room, user) are cores, or parts of some. A core is used by one goroutine at a time.
package core

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Core is the state of one actor. The zero log folds to a freshly built Core.
type Core interface {
	// Decide answers cmd without changing the state. now is the stamp that the first event will get; it is later than
	// that of every event applied. An error is an *im.Error, and means that nothing happened.
	Decide(cmd *pb.Command, now im.Millis) (Decision, error)
	// Apply folds one event into the state. It serves live commands and replay alike and cannot fail; an event of an
	// unknown type changes nothing. Of a Message it needs nothing but N and TS: the log does not keep what was said for
	// longer than the window, so that of an older one Body is nil.
	Apply(ev Event)
	// Tells returns what other actors must learn from ev, an event that Owes and has a Body, just after it was applied. The
	// order is that of sending. After a crash it is asked again, of a Rewinder on the state of that time, else on a younger one.
	Tells(ev Event) []Tell
	// Marshal returns the state as a snapshot: equal states give equal bytes.
	Marshal() []byte
	// Unmarshal replaces the state by a snapshot.
	Unmarshal(snapshot []byte) error
}

// Repeater is a Core whose commands must not take effect twice, and cannot tell a repeat from the state alone.
type Repeater interface {
	// MayRepeat reports whether cmd's id must be looked up even on its first arrival.
	MayRepeat(cmd *pb.Command) bool
	// Repeat answers cmd, whose id was stored before at at; afterTold is true whenever it was in the first decision. A nil
	// reply means that Decide sees to it.
	Repeat(cmd *pb.Command, at im.StoredAt) (reply *pb.Reply, afterTold bool)
}

// Rewinder is a Core whose Tells rest on a state that other events change.
type Rewinder interface {
	// Rewind takes back what Tells rests on to what it was before ev, which is the newest event that is applied and was not
	// taken back. Nothing else of the state counts any more.
	Rewind(ev Event)
}

// Event is an entry as a core sees it. What Decide returns has Message, Owes and Body only; the shell fills in the
// rest before Apply.
type Event struct {
	Seq uint64
	// N is the message number, 0 unless Message.
	N  uint64
	TS im.Millis
	// Message asks for the next message number.
	Message bool
	// Owes says that there is something to tell of it.
	Owes bool
	// Body is nil of a Message that is older than the window, and never else.
	Body *pb.Event
}

// Decision is what a command leads to. Nothing of it leaves the actor before the events are stored.
type Decision struct {
	Events []Event
	// Reply answers the sender; nil = an empty one.
	Reply *pb.Reply
	// Out leaves before the reply.
	Out Out
	// AfterTold holds the reply until the events' tells are done, for a second at most. Not with an Out that sessions must
	// take: the reply waits for one or the other.
	AfterTold bool
	// Record, when set, replaces what searches find of the actor once the events are stored. Nil without events.
	Record *im.Record
	// Floor hides stored messages once the events are stored: those numbered up to it; 0 = none.
	Floor uint64
	// Gone says that the events end the actor for good. What it answers from then on must be what a fresh one answers:
	// after a while its log is forgotten, and there is nothing to tell that it ever was. Its state is to be small, at most
	// im.MaxFinal bytes, or it is kept. False without events.
	Gone bool
	// Loose says that reply and Out would be right even if another activation had appended meanwhile: they need no
	// barrier. A decision without events that has an Out is Loose.
	Loose bool
}

// Out is what leaves an actor beside replies and tells: for the sessions at the hubs, and for actors that are awake.
type Out struct {
	// Listen comes first: it says which rooms the sessions of this user listen to.
	Listen *Listen
	// Deliver goes to the sessions of this user.
	Deliver []Delivery
	// Publish goes to the sessions that listen to this room. Each needs a stamp of its own: the shell makes sure that
	// the now of the next Decide is later.
	Publish []*pb.Delivery
	// Announce says to the sessions of this user which friends are online; the shell says for whom, and in which term.
	Announce []*pb.Announce
	// AllFriends and Met have the Attender say what is so of friends when this leaves: a decision may wait for the log, and
	// friends are heard meanwhile. AllFriends is for sessions that may know of nobody; Met is one whose friendship began or
	// ended, "" = none.
	AllFriends bool
	Met        string
	// Proclaim tells sessions of all others that this user came online or went offline.
	Proclaim *Proclamation
	// Nudge goes to actors that are awake; it may be lost. Several may share a body. The shell stamps presence with the shard,
	// the term and the activation.
	Nudge []*pb.Nudge
}

// Delivery is a message for the sessions of a user, from the conversation Teller.
type Delivery struct {
	Teller im.Address
	Body   *pb.Delivery
}

// Listen changes which rooms a user's sessions listen to.
type Listen struct {
	// Only says that Joined are all rooms of the user; the sessions leave any other.
	Only bool
	// Joined and Left are rooms that the user is, or is not any more, a member of.
	Joined, Left []im.RoomID
}

// Proclamation says that the user came online or went offline to those who are neither friends nor the user itself.
type Proclamation struct {
	Online  bool
	Friends []im.UserID
}

// Attender is a Core whose user may be online. What it keeps of that is soft: never logged, not part of a snapshot,
// lost with the activation and asked for anew. What its methods return leaves at once.
type Attender interface {
	// Attend says that the user came online or went offline. A fresh Core is offline; told so, it tells friends who may not have
	// heard it from the one before. With silent it is not news: only this
	// core did not know, since it was just loaded, and sessions hear of it only where they believe something else.
	Attend(online, silent bool) Out
	// Proclaim says so to those who are no friends, for a user who wants them to know.
	Proclaim(online bool) Out
	// Hear takes what a friend's actor says of its presence, or its owner while it sleeps.
	Hear(p *pb.Presence) Out
	// Now says what an Out with these has it say.
	Now(allFriends bool, met string) Out
	// Doubt says that shard has an owner of that term. Of friends there who were online by the word of an earlier one, who
	// may have ended with what only it knew, it asks anew.
	Doubt(shard im.ShardID, term uint64) Out
	// Awaits reports whether a friend has not answered yet, or sessions have yet to be told of all.
	Awaits() bool
	// Remind asks those again, and tells of the rest. With anew, sessions may have missed what was announced.
	Remind(anew bool) Out
}

// Tell is one item for another actor. The shell sets Item.Seq; several tells of one event may share an Item.
type Tell struct {
	To   im.Address
	Item *pb.Told
}
