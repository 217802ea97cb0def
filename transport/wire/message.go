package wire

import (
	"strconv"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Message appends the payload of a `message` event to dst: what a receiver's sessions get (section 5.2):
//
//	{"from":{"id","type"[,"gid"]},"to":{"id","type"},"content":{"media","body"},"ts"[,"remark"][,"n"][,"id"]}
//
// The types and gid follow from d's source. The push settings of d are not part of it.
func Message(dst []byte, d *pb.Delivery) []byte {
	dst = append(dst, `{"from":`...)
	dst = appendSpeaker(dst, d)
	dst = append(dst, `,"to":`...)
	dst = appendTarget(dst, d)
	dst = append(dst, ',')
	return append(appendContent(dst, d.GetN(), im.Millis(d.GetTs()), d.GetSaid()), '}')
}

// Yourself appends the payload of a `yourself` event to dst: what the sender's other sessions get. It has no `from`,
// which is how clients tell their own messages.
func Yourself(dst []byte, d *pb.Delivery) []byte {
	dst = append(dst, `{"to":`...)
	dst = appendTarget(dst, d)
	dst = append(dst, ',')
	return append(appendContent(dst, d.GetN(), im.Millis(d.GetTs()), d.GetSaid()), '}')
}

// System appends the payload of a `sys` event to dst: what the app itself says (section 6.6):
//
//	{"content":{"media","body"},"ts"[,"remark"][,"to":{"id","type"}]}
//
// What is said to everybody has no `to`.
func System(dst []byte, d *pb.Delivery) []byte {
	dst = append(dst, '{')
	dst = appendContent(dst, 0, im.Millis(d.GetTs()), d.GetSaid())
	if d.GetTo() != "" {
		dst = append(dst, `,"to":`...)
		dst = appendTarget(dst, d)
	}
	return append(dst, '}')
}

// Record appends one record of a history to dst (section 6.5):
//
//	{"speaker","content":{"media","body"},"ts"[,"remark"][,"n"][,"id"]}
func Record(dst []byte, n uint64, ts im.Millis, said *pb.Said) []byte {
	dst = append(dst, `{"speaker":`...)
	dst = AppendString(dst, said.GetSpeaker())
	dst = append(dst, ',')
	return append(appendContent(dst, n, ts, said), '}')
}

// Presence appends the payload of an `online`, `offline`, `online_x` or `offline_x` event to dst: the id of the user, a bare
// string.
func Presence(dst []byte, user im.UserID) []byte { return AppendString(dst, string(user)) }

// appendSpeaker writes who said it, and in which group or room.
func appendSpeaker(dst []byte, d *pb.Delivery) []byte {
	source := d.GetSource()
	dst = appendParty(dst, d.GetFrom(), fromType(source))
	if source == pb.Source_GROUP || source == pb.Source_ROOM {
		dst = append(dst, `,"gid":`...)
		dst = AppendString(dst, d.GetTo())
	}
	return append(dst, '}')
}

// appendTarget writes to whom it was said: a user, a passenger, a group or a room.
func appendTarget(dst []byte, d *pb.Delivery) []byte {
	return append(appendParty(dst, d.GetTo(), toType(d.GetSource())), '}')
}

// fromType returns the type of who said it (section 1).
func fromType(source pb.Source) int {
	if source == pb.Source_TO_PASSENGER {
		return ToFriend // to a passenger, all users are alike
	}
	return int(source) // Source has the numbers of the wire
}

// toType returns the type of the target, as its sender gave it.
func toType(source pb.Source) int {
	switch source {
	case pb.Source_PASSENGER:
		return ToFriend
	case pb.Source_TO_PASSENGER:
		return ToPassenger
	case pb.Source_FRIEND, pb.Source_GROUP, pb.Source_ROOM, pb.Source_STRANGER:
	}
	return int(source)
}

// appendParty writes a side of a conversation, without the brace that ends it. The type is always written: v4 clients
// ignore a message whose from.type is missing, also when it is 0.
func appendParty(dst []byte, id string, typ int) []byte {
	dst = append(dst, `{"id":`...)
	dst = AppendString(dst, id)
	dst = append(dst, `,"type":`...)
	return strconv.AppendInt(dst, int64(typ), 10)
}

func appendContent(dst []byte, n uint64, ts im.Millis, said *pb.Said) []byte {
	dst = append(dst, `"content":{"media":`...)
	dst = strconv.AppendInt(dst, int64(said.GetContent().GetMedia()), 10)
	dst = append(dst, `,"body":`...)
	dst = appendRaw(dst, said.GetContent().GetBody())
	dst = append(dst, `},"ts":`...)
	dst = strconv.AppendInt(dst, int64(ts), 10)
	if said.GetRemark() != "" {
		dst = append(dst, `,"remark":`...)
		dst = AppendString(dst, said.GetRemark())
	}
	return appendNumbering(dst, n, said.GetClientId())
}

// appendNumbering writes parley's own fields of a stored message (section 13).
func appendNumbering(dst []byte, n uint64, id string) []byte {
	if n != 0 {
		dst = append(dst, `,"n":`...)
		dst = strconv.AppendUint(dst, n, 10)
	}
	if id != "" {
		dst = append(dst, `,"id":`...)
		dst = AppendString(dst, id)
	}
	return dst
}

// appendRaw keeps the whole valid even when there is no body, which no reader of this package lets pass.
func appendRaw(dst, value []byte) []byte {
	if len(value) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, value...)
}
