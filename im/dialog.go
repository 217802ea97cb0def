package im

import "strings"

// Relation says what sort of dialog two parties have. The values are part of the stored format.
type Relation string

const (
	// FriendRelation is that of two users who are, or were, friends.
	FriendRelation Relation = "friend"
	// StrangerRelation is that of two users who talk without being friends.
	StrangerRelation Relation = "stranger"
	// PassengerRelation is that of a passenger and a user.
	PassengerRelation Relation = "passenger"
)

// FriendDialog returns the address of the friend relation of a and b; their order does not matter.
func FriendDialog(app AppID, a, b UserID) Address {
	return dialog(app, FriendRelation, min(a, b), max(a, b))
}

// StrangerDialog returns the address of the stranger relation of a and b; their order does not matter.
func StrangerDialog(app AppID, a, b UserID) Address {
	return dialog(app, StrangerRelation, min(a, b), max(a, b))
}

// PassengerDialog returns the address of the relation of a passenger and a user.
func PassengerDialog(app AppID, p PassengerID, u UserID) Address {
	return dialog(app, PassengerRelation, UserID(p), u)
}

func dialog(app AppID, r Relation, first, second UserID) Address {
	return Address{App: app, Kind: KindDialog, ID: string(r) + ":" + string(first) + ":" + string(second)}
}

// Parties returns the two parties of a dialog: users in the order of their ids, or a passenger and then a user. It
// returns ok = false for any other address.
func (a Address) Parties() (first, second UserID, ok bool) {
	if a.Kind != KindDialog {
		return "", "", false
	}
	_, pair, found := strings.Cut(a.ID, ":")
	f, s, found2 := strings.Cut(pair, ":")
	return UserID(f), UserID(s), found && found2
}

// Relation returns the relation of a dialog, "" for any other address.
func (a Address) Relation() Relation {
	relation, _, found := strings.Cut(a.ID, ":")
	if a.Kind != KindDialog || !found {
		return ""
	}
	return Relation(relation)
}
