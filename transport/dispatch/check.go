package dispatch

import (
	"slices"
	"unicode/utf8"

	"github.com/parley-im/parley/im"
)

// checkIDs keeps ids that would forge another address (a dialog's is built from two) out of the cluster.
func checkIDs(op string, app im.AppID, users ...im.UserID) error {
	if !app.Valid() {
		return im.E(op, im.Invalid, "illegal app id")
	}
	for _, u := range users {
		if !u.Valid() {
			return im.E(op, im.Invalid, "illegal user id")
		}
	}
	return nil
}

func checkPair(op string, app im.AppID, a, b im.UserID) error {
	if err := checkIDs(op, app, a, b); err != nil {
		return err
	}
	if a == b {
		return im.E(op, im.Invalid, "nobody is their own friend")
	}
	return nil
}

// checkGathering refuses what is not the address of a group or a room.
func checkGathering(op string, at im.Address) error {
	if err := checkIDs(op, at.App); err != nil {
		return err
	}
	switch {
	case at.Kind == im.KindGroup && im.GroupID(at.ID).Valid():
		return nil
	case at.Kind == im.KindRoom && im.RoomID(at.ID).Valid():
		return nil
	}
	return im.E(op, im.Invalid, "illegal group or room id")
}

// checkOwner takes no owner for any, and a user for a group's.
func checkOwner(op string, at im.Address, owner im.UserID) error {
	switch {
	case owner == "":
		return nil
	case at.Kind == im.KindRoom:
		return im.E(op, im.Invalid, "a room has no owner")
	case !owner.Valid():
		return im.E(op, im.Invalid, "illegal user id")
	}
	return nil
}

// checkSay checks what all messages have in common. The target's id is left to who knows what it names.
func checkSay(op string, s Say) error {
	if err := checkIDs(op, s.To.App, s.From); err != nil {
		return err
	}
	if s.ClientID != "" && !im.ValidMessageID(s.ClientID) {
		return im.E(op, im.Invalid, "illegal message id")
	}
	return checkBody(op, s.Body)
}

func checkBody(op string, body []byte) error {
	if len(body) == 0 {
		return im.E(op, im.Invalid, "content.body is missing")
	}
	return nil
}

// checkBearer refuses what is not the address of something with attributes, which is what the app may speak to, too.
func checkBearer(op string, at im.Address) error {
	switch at.Kind {
	case im.KindUser:
		return checkIDs(op, at.App, im.UserID(at.ID))
	case im.KindPassenger:
		return checkPassenger(op, at)
	default:
		return checkGathering(op, at)
	}
}

func checkPassenger(op string, at im.Address) error {
	if err := checkIDs(op, at.App); err != nil {
		return err
	}
	if !im.PassengerID(at.ID).Valid() {
		return im.E(op, im.Invalid, "illegal passenger id")
	}
	return nil
}

// checkNames refuses names of attributes that could not travel; what else is wrong with them the actor says.
func checkNames(op string, set []Attribute) error {
	for _, a := range set {
		if !utf8.ValidString(a.Name) {
			return im.E(op, im.Invalid, "illegal name of an attribute")
		}
	}
	return nil
}

// validUTF8 leaves out names that nothing can have.
func validUTF8(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !utf8.ValidString(n) })
}

func errInstall(op string) error { return im.E(op, im.Invalid, "illegal installation id") }
