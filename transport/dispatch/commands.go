package dispatch

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func (d *Dispatcher) sayCommand(s Say) *pb.Command {
	id := clientCommandID(s.From, s.ClientID)
	if s.ClientID == "" {
		id = d.opts.NewID()
	}
	return &pb.Command{Id: id, Body: &pb.Command_Say{Say: &pb.Say{
		From:     string(s.From),
		To:       string(s.To),
		Content:  &pb.Content{Media: s.Media, Body: s.Body},
		Remark:   s.Remark,
		Session:  string(s.Session),
		Push:     s.Push,
		ClientId: s.ClientID,
	}}}
}

func profileOf(p *pb.ProfileReply) Profile {
	out := Profile{Updated: im.Millis(p.GetUpdated()), Friends: make([]Friend, 0, len(p.GetFriends()))}
	for _, f := range p.GetFriends() {
		out.Friends = append(out.Friends, Friend{Peer: im.UserID(f.GetPeer()), Since: im.Millis(f.GetSince())})
	}
	return out
}

func friendshipOf(f *pb.FriendshipReply) Friendship {
	return Friendship{From: im.UserID(f.GetFrom()), To: im.UserID(f.GetTo()), Since: im.Millis(f.GetSince())}
}

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

func checkSay(op string, app im.AppID, s Say) error {
	if err := checkIDs(op, app, s.From, s.To); err != nil {
		return err
	}
	switch {
	case s.From == s.To:
		return im.E(op, im.NotPermitted, "nobody is their own friend")
	case len(s.Body) == 0:
		return im.E(op, im.Invalid, "content.body is missing")
	case s.ClientID != "" && !im.ValidMessageID(s.ClientID):
		return im.E(op, im.Invalid, "illegal message id")
	}
	return nil
}
