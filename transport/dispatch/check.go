package dispatch

import "github.com/parley-im/parley/im"

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
	switch {
	case len(s.Body) == 0:
		return im.E(op, im.Invalid, "content.body is missing")
	case s.ClientID != "" && !im.ValidMessageID(s.ClientID):
		return im.E(op, im.Invalid, "illegal message id")
	}
	return nil
}

func errInstall(op string) error { return im.E(op, im.Invalid, "illegal installation id") }
