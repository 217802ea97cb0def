package im

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// Kind says what sort of actor an address names. The values are part of the stored format: append only.
type Kind uint8

const (
	// KindCluster is the cluster's own records (apps, settings); they live on shard 0 and are no actors.
	KindCluster Kind = 1
	// KindUser is a user: attributes, friends, installations.
	KindUser Kind = 2
	// KindDialog is one relation of two parties: its existence, message numbers and history.
	KindDialog Kind = 3
	// KindGroup is a group: owner, members, attributes, message numbers and history.
	KindGroup Kind = 4
	// KindRoom is a room: members and attributes. Its messages are live only.
	KindRoom Kind = 5
	// KindDevice is an installation and the one user that it is bound to.
	KindDevice Kind = 6
	// KindPassenger is an anonymous participant: attributes, and the users it talked with.
	KindPassenger Kind = 7

	lastKind = KindPassenger
)

// String returns the name used in metrics, logs and actor names.
func (k Kind) String() string {
	switch k {
	case KindCluster:
		return "cluster"
	case KindUser:
		return "user"
	case KindDialog:
		return "dialog"
	case KindGroup:
		return "group"
	case KindRoom:
		return "room"
	case KindDevice:
		return "device"
	case KindPassenger:
		return "passenger"
	}
	return fmt.Sprintf("kind%d", uint8(k))
}

// Address names one actor, and one log. It is comparable, so it can key a map.
type Address struct {
	App  AppID
	Kind Kind
	// ID is unique within App and Kind. It holds no NUL byte. For a dialog it is built by
	// FriendDialog, StrangerDialog or PassengerDialog.
	ID string
}

// Valid reports whether a can be stored: a known kind, and neither part empty, over-long or holding a NUL.
func (a Address) Valid() bool {
	return a.Kind >= KindCluster && a.Kind <= lastKind && a.App.Valid() &&
		a.ID != "" && len(a.ID) <= maxAddressIDLen && strings.IndexByte(a.ID, 0) < 0
}

// maxAddressIDLen fits the longest built id: a relation and two user ids.
const maxAddressIDLen = 2*MaxIDLen + 16

// String returns "app/kind/id", for logs and errors.
func (a Address) String() string { return string(a.App) + "/" + a.Kind.String() + "/" + a.ID }

// AppendKey appends the stored form of a to dst and returns it:
//
//	app | 0x00 | kind (1 byte) | id | 0x00
//
// No key is a prefix of another, since ids hold no NUL. Keys of one app and kind sort by id.
func (a Address) AppendKey(dst []byte) []byte {
	dst = append(dst, a.App...)
	dst = append(dst, 0, byte(a.Kind))
	dst = append(dst, a.ID...)
	return append(dst, 0)
}

// CutKey splits one AppendKey form off the front of b. It fails on anything AppendKey cannot have written.
func CutKey(b []byte) (a Address, rest []byte, ok bool) {
	app, b, found := cutNUL(b)
	if !found || len(b) == 0 {
		return Address{}, nil, false
	}
	kind := Kind(b[0])
	id, rest, found := cutNUL(b[1:])
	if !found {
		return Address{}, nil, false
	}
	a = Address{App: AppID(app), Kind: kind, ID: string(id)}
	return a, rest, a.Valid()
}

func cutNUL(b []byte) (before, after []byte, found bool) {
	for i, c := range b {
		if c == 0 {
			return b[:i], b[i+1:], true
		}
	}
	return nil, nil, false
}

// ClusterShard is the shard of the cluster's own records.
const ClusterShard ShardID = 0

// ShardID numbers a shard: 0 is the cluster's own, 1..S hold actors.
type ShardID uint32

// Shard returns the shard of a among shards 1..n; ClusterShard for KindCluster. The mapping is part of the stored
// format: FNV-1a (64 bit) over AppendKey, folded by multiplication so that all of its bits count.
func (a Address) Shard(n uint32) ShardID {
	if a.Kind == KindCluster {
		return ClusterShard
	}
	var buf [128]byte
	h := fnv.New64a()
	h.Write(a.AppendKey(buf[:0])) //nolint:errcheck // a hash never fails
	sum := h.Sum64() * 0x9e3779b97f4a7c15
	return ShardID(1 + (sum>>32)%uint64(n))
}

// User returns the address of the user u.
func User(app AppID, u UserID) Address { return Address{App: app, Kind: KindUser, ID: string(u)} }

// Group returns the address of the group g.
func Group(app AppID, g GroupID) Address { return Address{App: app, Kind: KindGroup, ID: string(g)} }

// Room returns the address of the room r.
func Room(app AppID, r RoomID) Address { return Address{App: app, Kind: KindRoom, ID: string(r)} }

// Device returns the address of the installation i.
func Device(app AppID, i InstallID) Address {
	return Address{App: app, Kind: KindDevice, ID: string(i)}
}

// Passenger returns the address of the passenger p.
func Passenger(app AppID, p PassengerID) Address {
	return Address{App: app, Kind: KindPassenger, ID: string(p)}
}

// Apps is the address of the cluster's own log of apps and their keys.
var Apps = Address{App: "parley", Kind: KindCluster, ID: "apps"}

// Nodes is the log of who the nodes of the cluster are. It lives on the cluster's own shard.
var Nodes = Address{App: "parley", Kind: KindCluster, ID: "nodes"}
