package cluster

import (
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/cluster"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// activateTimeout bounds one question to an owner; it only spawns, so an owner that is there answers at once.
const activateTimeout = 300 * time.Millisecond

// lookup is protoactor's identity look-up over the placement.
type lookup struct{ node *Node }

var _ cluster.IdentityLookup = (*lookup)(nil)

// Get asks the owner of the identity's shard for its activation. It blocks for activateTimeout at most, and returns nil
// when there is no owner.
func (l *lookup) Get(id *cluster.ClusterIdentity) *actor.PID {
	addr, ok := addressOf(id)
	if !ok {
		return nil
	}
	owner := l.node.placement.owner(addr.Shard(l.node.opts.Shards))
	if owner == nil {
		return nil
	}
	res, _ := askOnce(l.node.system, owner, &pb.Activate{Address: pb.NewAddress(addr)}, activateTimeout)
	activated, ok := res.(*pb.Activated)
	if !ok || activated.Actor == "" {
		return nil
	}
	return actor.NewPID(owner.Address, activated.Actor)
}

// RemovePid implements cluster.IdentityLookup; the owner forgets its activations by itself.
func (l *lookup) RemovePid(*cluster.ClusterIdentity, *actor.PID) {}

// Setup implements cluster.IdentityLookup.
func (l *lookup) Setup(*cluster.Cluster, []string, bool) {}

// Shutdown implements cluster.IdentityLookup.
func (l *lookup) Shutdown() {}

// identityOf is the cluster identity of an address: "app/id" under the kind's name. An app id holds no slash.
func identityOf(a im.Address) (identity, kind string) {
	return string(a.App) + "/" + a.ID, a.Kind.String()
}

func addressOf(id *cluster.ClusterIdentity) (im.Address, bool) {
	app, rest, ok := strings.Cut(id.Identity, "/")
	if !ok {
		return im.Address{}, false
	}
	for _, kind := range actorKinds {
		if kind.String() == id.Kind {
			a := im.Address{App: im.AppID(app), Kind: kind, ID: rest}
			return a, a.Valid()
		}
	}
	return im.Address{}, false
}

// actorKinds are the kinds that have actors.
var actorKinds = []im.Kind{im.KindUser, im.KindDialog, im.KindGroup, im.KindRoom, im.KindDevice, im.KindPassenger}
