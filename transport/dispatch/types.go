package dispatch

import "github.com/parley-im/parley/im"

// Profile is a user as it was when the command arrived, or later. Its lists are never nil.
type Profile struct {
	// Updated is the stamp of the user's last change.
	Updated im.Millis
	// Sessions is how many sessions the user has, on all nodes.
	Sessions int
	// Online is true while there are some, and for a moment longer, as for friends: who reconnects has none.
	Online bool
	// Friends are the present friends, sorted by id.
	Friends []Friend
	// Groups and Rooms are those that the user is a member of, sorted.
	Groups []im.GroupID
	Rooms  []im.RoomID
	// Installs are the installations that are bound to the user, sorted.
	Installs []im.InstallID
	// Attributes are sorted by name. The values are shared: they must not be changed.
	Attributes []Attribute
	// Contacts are the strangers and passengers that the user talked with, sorted by relation and id.
	Contacts []Contact
}

// Contact is somebody that a user or passenger talked with in a stranger or passenger dialog.
type Contact struct {
	// Relation is im.StrangerRelation or im.PassengerRelation.
	Relation im.Relation
	// Peer is the other party: a user, or, for a user in a passenger dialog, a passenger.
	Peer string
	// Since is when the two began to talk.
	Since im.Millis
}

// Passenger is a passenger as it was when the command arrived, or later. Its lists are never nil.
type Passenger struct {
	// Attributes are sorted by name. The values are shared: they must not be changed.
	Attributes []Attribute
	// Contacts are the users that it talked with, sorted by id.
	Contacts []Contact
}

// Friend is one friend of a user.
type Friend struct {
	Peer im.UserID
	// Since is when the friendship began.
	Since im.Millis
}

// Friendship is the relation of two users.
type Friendship struct {
	// From is the user who asked first, To the other one.
	From, To im.UserID
	// Since is when the friendship began.
	Since im.Millis
}

// NewGathering is a group or a room to be.
type NewGathering struct {
	// Owner is a group's owner, who becomes a member; "" for a room.
	Owner im.UserID
	// Members are the other members. Who is named twice counts once.
	Members []im.UserID
	// Attributes may be in any order. The values are not changed after the call.
	Attributes []Attribute
}

// Gathering is a group or a room as it was when the command arrived, or later. Its lists are never nil.
type Gathering struct {
	// Owner is a group's owner; "" for a room.
	Owner im.UserID
	// Members are in the order of joining; a group's owner is one of them.
	Members []im.UserID
	// Attributes are sorted by name. The values are shared: they must not be changed.
	Attributes []Attribute
	// Created is when it came to be.
	Created im.Millis
}

// MemberPage is a page of the members of a group or a room, as they were when the command arrived, or later.
type MemberPage struct {
	// Members are in the order of joining; never nil.
	Members []im.UserID
	// Last is the number of the joining of the last of them, or, of nobody, the one after which the page was to begin. The next
	// page comes after it.
	Last uint64
	// More says that others have joined after it.
	More bool
}

// Attribute is one attribute of a user, a passenger, a group or a room.
type Attribute struct {
	Name string
	// Value is any valid JSON value, as it came; who sets it has checked that it is one. To set null takes the attribute
	// away, so that none is ever read.
	Value []byte
}

// AttributeChange is what is to change of the attributes of one object: all of it or nothing.
type AttributeChange struct {
	// Replace says that all other attributes go.
	Replace bool
	// Set is merged by name; of equal names the last counts. The values are not changed after the call.
	Set []Attribute
	// Unset names what goes; what is not there is ignored.
	Unset []string
}

// SystemMessage is a message from the app itself.
type SystemMessage struct {
	// Media, Body, Remark and Push are those of Say.
	Media  int32
	Body   []byte
	Remark string
	Push   []byte
}

// Change is what is to change of a group or a room. What is zero stays.
type Change struct {
	// Owner is the group's next owner, who becomes a member; "" for a room.
	Owner im.UserID
	// Attributes are merged by name into those that it has.
	Attributes []Attribute
	// ReplaceMembers says that Members is the whole list, in which the owner stays; else Members is ignored.
	ReplaceMembers bool
	Members        []im.UserID
}

// Say is one message.
type Say struct {
	// From is the speaker: a passenger when Relation is im.PassengerRelation and To a user, else a user.
	From im.UserID
	// To is a user (im.User), a passenger (im.Passenger), a group or a room (im.Group, im.Room). Its App is the speaker's
	// too.
	To im.Address
	// Relation says as what From talks to a user: as a friend (im.FriendRelation, or ""), a stranger (im.StrangerRelation)
	// or a passenger (im.PassengerRelation). To a passenger only a user talks; there, and to a group or room, it is not
	// looked at.
	Relation im.Relation
	// Media is 0 text, 1 image, 2 audio, 3 video; others pass through.
	Media int32
	// Body is any valid JSON value, as it came; the caller has checked that it is one. It is not changed after the call.
	Body []byte
	// Remark is free text, "" = none.
	Remark string
	// Session is the sending socket, which gets no mirror of the message; "" = none.
	Session im.SessionID
	// Push holds the push settings as JSON, nil = none. It is not changed after the call.
	Push []byte
	// ClientID is the id that the client drew (im.ValidMessageID), which makes a message that is stored idempotent;
	// "" = none.
	ClientID string
}

// Said says where a message was put.
type Said struct {
	// N is the number of the message in its conversation; 0 in a room.
	N uint64
	// TS is the server's stamp.
	TS im.Millis
	// Duplicate says that ClientID was stored before, by an earlier call or an earlier attempt of this one: N and TS are the
	// first answer's.
	Duplicate bool
}
