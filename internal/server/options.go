package server

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/blob/s3"
	"github.com/parley-im/parley/cluster/certs"
	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/keypair"
)

const (
	// DefaultDir is where a node keeps its data, relative to the working directory.
	DefaultDir = "./parley-data"
	// TLSFlags is how the names of the flags begin that name the files of Options.TLS.
	TLSFlags = "tls"
	// DefaultListen is the client listener: loopback, since a fresh node has no TLS and trusts client keys.
	DefaultListen = "127.0.0.1:8080"
	// DefaultAdminListen is the operator's listener.
	DefaultAdminListen = "127.0.0.1:8081"
	// DefaultNode is the node's name.
	DefaultNode = "node1"
	// DefaultRaftListen is where the other replicas of the log reach this node.
	DefaultRaftListen = "127.0.0.1:7081"
	// DefaultActorListen is where the actors of other nodes reach this one.
	DefaultActorListen = "127.0.0.1:7082"
	// DefaultShards is the number of shards that hold actors. It is fixed with the first start of a data directory.
	DefaultShards = 16
	// DefaultRetention is the protocol's window.
	DefaultRetention = 168 * time.Hour
	// MinRetention is short enough to watch messages go, long enough for the deduplication of retries.
	MinRetention = eventlog.MinRetention
	// DefaultMinFreeDisk holds what a node has taken and not written yet: the queues of 17 shards and the memtables of both
	// stores (136, 128 and 64 MiB), what two compactions write before they delete, and half a second of messages. What
	// ends something is taken below it, too: at most some hundred bytes for each relation that there is.
	DefaultMinFreeDisk = 512 << 20
	// DefaultGroupMembers is the protocol's limit of a group.
	DefaultGroupMembers = 50
	// DefaultRoomMembers is the protocol's limit of a room.
	DefaultRoomMembers = 1000
	// MaxGroupMembers keeps what one message of a group is to tell its members at about two megabytes: each is told, and what
	// is told is stored.
	MaxGroupMembers = 10_000
	// MaxRoomMembers is what was measured (bench/results). What is said in a room goes to those who listen, and is not stored.
	MaxRoomMembers = 100_000
	// maxShards keeps the heartbeats of an idle node below a quarter of a core (64 took 12 % at the settings used).
	maxShards = 128
)

// Options configure a node.
type Options struct {
	// Dir is the data directory; "" = DefaultDir. It is made when it does not exist.
	Dir string
	// Listen is HOST:PORT for clients; "" = DefaultListen. Port 0 takes a free one.
	Listen string
	// TLS are the files of the certificate by which Listen speaks TLS, and nothing else; none = it speaks none. They are read again when they
	// change.
	TLS keypair.Files
	// AdminListen is HOST:PORT for operators; "" = DefaultAdminListen. Port 0 takes a free one.
	AdminListen string
	// Pages are what / shows and pages load from here, web.Files for instance; nil = there are none.
	Pages fs.FS
	// Demo is DemoOn where the pages may use the first app, so that whoever opens them can act for its users, DemoOff where they may not; "" = DemoAuto:
	// where Listen and the address of the page are loopback, and no proxy has passed the request on.
	Demo string
	// Blob is where attachments are kept: the s3://... address of a bucket (see s3.Open), the same on all nodes; "" = in Dir.
	Blob string
	// PublicURL is the base URL by which clients reach the node, without a path; "" = not known.
	PublicURL string
	// Node is the node's name, 1-64 characters of [A-Za-z0-9_-]; "" = DefaultNode.
	Node string
	// RaftListen and ActorListen are HOST:PORT for the other nodes; "" = this node's own among Peers, else the defaults. They
	// may differ from those: a node may listen on all addresses while its peers name a host.
	RaftListen, ActorListen string
	// AdvertiseRaft and AdvertiseActor are HOST:PORT by which the other nodes reach RaftListen and ActorListen; "" = this node's
	// own among Peers, else those.
	AdvertiseRaft, AdvertiseActor string
	// Join is the ActorListen of a member of a cluster, HOST:PORT: a data directory that belongs to no cluster joins that one once
	// the node was invited. One that belongs to a cluster ignores it. "" = it does not join. It excludes Peers.
	Join string
	// Peers are the first members of the cluster, this node among them, MinPeers to MaxPeers; the same on all. None = a cluster
	// of one, or of those that the data directory knows.
	Peers []Peer
	// ClusterSecret is what the members of a cluster know, and nobody else, from MinSecret to MaxSecret bytes; the same on all.
	// None is enough while all addresses are loopback, or with Certs.
	ClusterSecret []byte
	// Certs are the files by which the members of a cluster prove themselves to each other, so that Raft and actors speak TLS; all
	// members have some, or none has. They go together with a ClusterSecret, or without.
	Certs certs.Files
	// Shards is the number of shards that hold actors, 1-128; 0 = DefaultShards.
	Shards int
	// Retention is how long messages can be read, at least MinRetention; 0 = DefaultRetention. What is older is deleted.
	// RetentionStrangers is the same for what is said to strangers and by passengers; 0 = Retention.
	Retention, RetentionStrangers time.Duration
	// MinFreeDisk is how many bytes must be free on the disk of Dir, 1 at least; 0 = DefaultMinFreeDisk. Below it messages
	// to friends and groups are refused, and whatever else would be stored, but for what ends something.
	MinFreeDisk uint64
	// GroupMembers and RoomMembers are the most members that a group, its owner included, or a room may have, from 1 to
	// MaxGroupMembers and MaxRoomMembers; 0 = the defaults. Those that have more already keep them.
	GroupMembers, RoomMembers int
	// Apps are made sure to exist, with exactly these keys. When empty and the node has no app yet, it draws one.
	Apps []auth.App
	// Version is shown by metrics.
	Version string
	// Logger is where the node logs; nil = slog.Default.
	Logger *slog.Logger
	// Clock is the wall clock; nil = the system's.
	Clock func() im.Millis
}

// EnsureDefaults fills in the zero fields.
func (o *Options) EnsureDefaults() {
	orString(&o.Dir, DefaultDir)
	orString(&o.Listen, DefaultListen)
	orString(&o.AdminListen, DefaultAdminListen)
	orString(&o.Node, DefaultNode)
	orString(&o.Demo, DemoAuto)
	self, _ := o.self()
	orString(&o.RaftListen, self.Raft)
	orString(&o.ActorListen, self.Actor)
	orString(&o.RaftListen, DefaultRaftListen)
	orString(&o.ActorListen, DefaultActorListen)
	if o.Shards == 0 {
		o.Shards = DefaultShards
	}
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.RetentionStrangers == 0 {
		o.RetentionStrangers = o.Retention
	}
	if o.MinFreeDisk == 0 {
		o.MinFreeDisk = DefaultMinFreeDisk
	}
	if o.GroupMembers == 0 {
		o.GroupMembers = DefaultGroupMembers
	}
	if o.RoomMembers == 0 {
		o.RoomMembers = DefaultRoomMembers
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = func() im.Millis { return im.At(time.Now()) + clockAhead() }
	}
}

func orString(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// Validate returns everything that is wrong with o, with the rules; nil when nothing is. Defaults must be filled in.
func (o *Options) Validate() error {
	problems := []error{
		checkAddr("listen", o.Listen, true),
		o.TLS.Validate(TLSFlags),
		checkAddr("admin-listen", o.AdminListen, true),
		checkAddr("raft-listen", o.RaftListen, false),
		checkAddr("actor-listen", o.ActorListen, false),
		checkPublicURL(o.PublicURL),
		check(o.Demo == DemoAuto || o.Demo == DemoOn || o.Demo == DemoOff, "demo %q: auto, on or off", o.Demo),
		checkBlob(o.Blob),
		checkNode("node", o.Node),
		check(o.Shards >= 1 && o.Shards <= maxShards, "shards %d: from 1 to %d", o.Shards, maxShards),
		check(o.Retention >= MinRetention, "retention %v: at least %v", o.Retention, MinRetention),
		check(o.RetentionStrangers >= MinRetention || o.RetentionStrangers == o.Retention, "retention-strangers %v: at least %v", o.RetentionStrangers, MinRetention),
		check(o.MinFreeDisk > 0, "min-free-disk 0: at least 1 byte"),
		checkMembers("limit-group-members", o.GroupMembers, MaxGroupMembers),
		checkMembers("limit-room-members", o.RoomMembers, MaxRoomMembers),
		o.Certs.Validate(),
		o.checkPeers(),
		o.checkJoin(),
	}
	seen := map[im.AppID]bool{}
	for _, a := range o.Apps {
		problems = append(problems, a.Validate(), check(!seen[a.ID], "app %q: given twice", a.ID))
		seen[a.ID] = true
	}
	return errors.Join(problems...)
}

// CheckTLS returns in one line what is wrong with the files of TLS, nil when nothing is: Start says so, too, but later.
func (o *Options) CheckTLS() error {
	if o.TLS.None() {
		return nil
	}
	_, err := o.TLS.Read(TLSFlags)
	return err
}

func check(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func checkMembers(name string, n, most int) error {
	return check(n >= 1 && n <= most, "%s %d: from 1 to %d", name, n, most)
}

func checkAddr(name, addr string, anyPort bool) error {
	_, port, err := net.SplitHostPort(addr)
	n, perr := strconv.ParseUint(port, 10, 16)
	if err != nil || perr != nil || n == 0 && !anyPort {
		return fmt.Errorf("%s %q: must be HOST:PORT", name, addr)
	}
	return nil
}

func checkBlob(address string) error {
	if address == "" {
		return nil
	}
	if _, err := s3.Open(address); err != nil {
		return fmt.Errorf("blob %q: %w", address, err)
	}
	return nil
}

func checkPublicURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Path != "" && u.Path != "/" {
		return fmt.Errorf("public-url %q: must be http:// or https:// with a host and no path", s)
	}
	return nil
}
