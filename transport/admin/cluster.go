package admin

import (
	"net/http"
	"time"
)

// Cluster is the answer of GET /v1/cluster: the cluster as one of its nodes sees it.
type Cluster struct {
	// ID is the cluster's UUID.
	ID string `json:"cluster"`
	// Node is the name of the node that answers.
	Node string `json:"node"`
	// Waits is what the node that answers waits for, when it is not up yet. ID and Shards may be empty then.
	Waits string `json:"waits,omitempty"`
	// Nodes are all members by name, then those that are leaving, then those that are invited; Shards all shards by number.
	Nodes  []Node  `json:"nodes"`
	Shards []Shard `json:"shards"`
}

// What a Node can be.
const (
	// StateMember: it votes in as many shards as it is to.
	StateMember = "member"
	// StateJoining: it is a member, and does not vote in as many shards yet as it is to: it comes, or takes over what another one
	// had that went.
	StateJoining = "joining"
	// StateLeaving: it is no member any more, and some shards still have it.
	StateLeaving = "leaving"
	// StateDraining: it is a member that leads nothing, or is to.
	StateDraining = "draining"
	// StateInvited: a node of that name may join.
	StateInvited = "invited"
)

// Node is a member of the cluster.
type Node struct {
	Name string `json:"name"`
	// State is one of those above.
	State string `json:"state"`
	// Replica is its number among the replicas of every shard; 0 = it has none yet.
	Replica uint64 `json:"replica"`
	// Raft and Actor are where the others reach it, HOST:PORT.
	Raft  string `json:"raft"`
	Actor string `json:"actor"`
	// Up says that it is linked to the node that answers, or is that one; Since is when that began, or ended.
	Up    bool      `json:"up"`
	Since time.Time `json:"since"`
	// Leads is the number of shards that it leads, Votes of those in which it votes, Holds of those of which it has a replica,
	// voting or not; Assigned is the number of those in which it is to vote.
	Leads    int `json:"leads"`
	Votes    int `json:"votes"`
	Holds    int `json:"holds"`
	Assigned int `json:"assigned"`
}

// Shard is a shard, who leads it and who has it.
type Shard struct {
	Shard uint32 `json:"shard"`
	// Leader is the name of the node that leads it, "" when the node that answers knows of none; Term is the Raft term.
	Leader string `json:"leader"`
	Term   uint64 `json:"term"`
	// Replicas are the names of the nodes that vote in it, Joining of those that have it without a vote, as far as the node that
	// answers knows. Assigned are those that are to vote in it. All are in alphabetical order.
	Replicas []string `json:"replicas"`
	Joining  []string `json:"joining,omitempty"`
	Assigned []string `json:"assigned"`
}

func showCluster(cluster func() Cluster) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, cluster()) }
}
