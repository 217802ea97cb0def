package cluster

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

const (
	// shardsWithActors are all but shard 0, which is the cluster's own.
	shardsWithActors = 16
	// fewestShards and mostShards are the share of one of three nodes.
	fewestShards, mostShards = shardsWithActors / 3, shardsWithActors/3 + 1
	// hosts are users who talk to many.
	hosts = 30
)

// status is what `parley cluster status --json` says on a node.
func status(s *serial, n *servertest.Node) (got servertest.ClusterStatus) {
	s.t.Helper()
	said := run(s.t, n, "cluster", "status", "--json")
	if err := json.Unmarshal([]byte(said.Stdout), &got); err != nil || said.Code != 0 {
		s.t.Fatalf("%+v, %v", said, err)
	}
	return got
}

// leadsOf counts the shards with actors that each node leads.
func leadsOf(got servertest.ClusterStatus) map[string]int {
	leads := map[string]int{}
	for _, shard := range got.Shards[1:] {
		leads[shard.Leader]++
	}
	return leads
}

// idle waits until each node leads its share, and checks that all nodes say so.
func (s *serial) idle() {
	s.t.Helper()
	fair := func(leads map[string]int) bool {
		for _, n := range s.cluster.Nodes {
			if leads[n.Name] < fewestShards || leads[n.Name] > mostShards {
				return false
			}
		}
		return true
	}
	for _, n := range s.cluster.Nodes {
		servertest.Eventually(s.t, n.Name+" says that each node leads its share", func() bool { return fair(leadsOf(n.Cluster())) })
	}
	leads := leadsOf(status(s, s.cluster.Nodes[0]))
	if !fair(leads) {
		s.t.Errorf("of %d shards the nodes lead %v, want %d or %d each", shardsWithActors, leads, fewestShards, mostShards)
	}
	for _, n := range s.cluster.Nodes {
		s.leads = append(s.leads, fmt.Sprintf("%s leads %d", n.Name, leads[n.Name]))
	}
}

// converse makes so many conversations, of hosts with their friends, has a message said in each, and checks that each node runs about a
// third of them.
func (s *serial) converse(conversations int) {
	s.t.Helper()
	guests := conversations / hosts
	s.introduce(guests)
	s.sayToAll(guests)
	total := 0
	for _, n := range s.cluster.Nodes {
		runs := int(n.Metrics()[`parley_actors{kind="dialog"}`])
		total += runs
		s.runs = append(s.runs, fmt.Sprintf("%s runs %d", n.Name, runs))
		if runs < conversations/4 || runs > conversations/2 {
			s.t.Errorf("%s runs %d of %d conversations, want about a third", n.Name, runs, conversations)
		}
	}
	s.t.Logf("%v; %v", s.leads, s.runs)
	if total < conversations {
		s.t.Errorf("the nodes run %d conversations, want %d", total, conversations)
	}
}

func host(i int) string  { return fmt.Sprint("host", i) }
func guest(i int) string { return fmt.Sprint("guest", i) }

// introduce makes every host a friend of every guest.
func (s *serial) introduce(guests int) {
	s.t.Helper()
	var befriending sync.WaitGroup
	for h := range hosts {
		api := rest(s.cluster.Nodes[h%len(s.cluster.Nodes)])
		befriending.Go(func() {
			for g := range guests {
				if err := api.Befriend(s.t.Context(), host(h), guest(g)); err != nil {
					s.t.Error(err)
					return
				}
			}
		})
	}
	befriending.Wait()
}

// sayToAll has every host say something to every guest, and waits for the answers.
func (s *serial) sayToAll(guests int) {
	s.t.Helper()
	answers := make(chan client.Answer, hosts*guests)
	for h := range hosts {
		e := visit(s.t, s.cluster.Nodes[h%len(s.cluster.Nodes)], host(h))
		for g := range guests {
			if err := e.Say(client.TextTo(friend(guest(g)), "hi"), func(a client.Answer) { answers <- a }); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	answered := 0
	servertest.Eventually(s.t, "all are answered", func() bool {
		for len(answers) > 0 {
			if a := <-answers; !a.Success {
				s.t.Errorf("refused with %d", a.Error)
			}
			answered++
		}
		return answered == hosts*guests
	})
}
