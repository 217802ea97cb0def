package dispatch

import "github.com/parley-im/parley/im"

// Profile is a user as it was when the command arrived, or later.
type Profile struct {
	// Updated is the stamp of the user's last change.
	Updated im.Millis
	// Friends are the present friends, sorted by id.
	Friends []Friend
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

// Say is one message to a friend.
type Say struct {
	// From is the speaker, To the friend.
	From, To im.UserID
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
	// ClientID is the id that the client drew to make the message idempotent (im.ValidMessageID); "" = none.
	ClientID string
}

// Said says where a message was put.
type Said struct {
	// N is the number of the message in its conversation.
	N uint64
	// TS is the server's stamp.
	TS im.Millis
	// Duplicate says that ClientID was seen before: N and TS are the first answer's, nothing was stored.
	Duplicate bool
}
