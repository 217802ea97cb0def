package cluster

import (
	"github.com/asynkron/protoactor-go/cluster"
)

// provider reports the configured members to protoactor, never what seems to be alive: a member once reported as left
// is blocked for ever.
type provider struct{ node *Node }

var _ cluster.ClusterProvider = (*provider)(nil)

// StartMember implements cluster.ClusterProvider.
func (p *provider) StartMember(c *cluster.Cluster) error {
	c.MemberList.UpdateClusterTopology(cluster.Members{{
		Host: p.node.host, Port: int32(p.node.port), Id: p.node.opts.Name, Kinds: c.GetClusterKinds(), //nolint:gosec // a port fits
	}})
	return nil
}

// StartClient implements cluster.ClusterProvider; every node is a member.
func (p *provider) StartClient(*cluster.Cluster) error { return nil }

// Shutdown implements cluster.ClusterProvider.
func (p *provider) Shutdown(bool) error { return nil }
