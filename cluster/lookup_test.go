package cluster

import (
	"testing"

	"github.com/asynkron/protoactor-go/cluster"

	"github.com/parley-im/parley/im"
)

// Every kind of address that there is finds its actor, but for that of the cluster's own records, which has none.
//
// Checked by breaking it: it fails when a kind is left out of actorKinds.
func TestLookup_KnowsEveryKind(t *testing.T) {
	for kind := im.KindCluster; (im.Address{App: "app", Kind: kind, ID: "x"}).Valid(); kind++ {
		want := im.Address{App: "app", Kind: kind, ID: "a/x"}
		identity, name := identityOf(want)
		got, ok := addressOf(&cluster.ClusterIdentity{Identity: identity, Kind: name})
		if ok != (kind != im.KindCluster) || ok && got != want {
			t.Errorf("%v becomes %v, %v", want, got, ok)
		}
	}
}
