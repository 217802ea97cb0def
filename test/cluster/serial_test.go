package cluster

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// All nodes are stopped with SIGTERM and started again, one after the other, while everybody talks, and that once or, with
// PARLEY_SOAK, five times: each client that kept its socket has heard all that was acknowledged. When nobody talks any more, each
// node leads five or six of the sixteen shards that hold actors; and so many conversations, 3,000 with PARLEY_SOAK, run on
// all three nodes alike.
//
// Checked by breaking it: when a node takes no leaders (eventlog/balance.go: look) one of them leads nothing.
func TestSerial_RestartsUnderLoadLeaveAllNodesAlike(t *testing.T) {
	c := servertest.StartCluster(t, 3)
	p := newParty(t, c)
	rounds, conversations := 1, 300
	soak := os.Getenv("PARLEY_SOAK") != ""
	if soak {
		rounds, conversations = 5, 3000
	}
	s := &serial{party: p, began: time.Now()}
	p.begin()
	for range rounds {
		for _, n := range c.Nodes {
			s.stops = append(s.stops, s.restart(n))
		}
	}
	p.end()
	s.idle()
	s.converse(conversations)
	if soak {
		writeReport(t, "serial", s.began, s.reportText())
	}
}

// serial is a run of restarts.
type serial struct {
	*party
	began time.Time
	stops []stop
	// leads are how many shards each node leads when all is quiet, runs how many conversations.
	leads, runs []string
}

// stop is what is known of one restart.
type stop struct {
	// usual, stopped and back are the longest that a message took to somebody on another node: before, from the stop on, from the
	// start on. took is the stop, ready the start.
	usual, stopped, back, took, ready time.Duration
	// cut counts connections to other nodes that ended.
	cut int
}

// restart stops a node and starts it again while everybody talks.
func (s *serial) restart(n *servertest.Node) (got stop) {
	s.t.Helper()
	worst(s.talkers) // who was on the node before waited for it
	s.talk(enough)
	others := s.on(s.cluster.Others(n)...)
	before := cut(others)
	got.usual = worst(others)
	began := time.Now()
	if code := n.Terminate(); code != 0 {
		s.t.Errorf("%s ended with code %d", n.Name, code)
	}
	got.took = time.Since(began)
	s.talk(enough)
	got.stopped = worst(others)
	began = time.Now()
	n.Restart()
	got.ready = time.Since(began)
	s.talk(enough)
	got.back, got.cut = worst(others), cut(others)-before
	s.t.Logf("%s was stopped: of who is elsewhere, a message took %v at most, %v before, %v when it came back; %d of %d connections were closed",
		n.Name, ms(got.stopped), ms(got.usual), ms(got.back), got.cut, len(others))
	return got
}

func (s *serial) reportText() string {
	var text strings.Builder
	acks, _ := s.book.Counts()
	fmt.Fprintf(&text, "# Serial restarts: %d of three nodes, under load\n\n", len(s.stops))
	fmt.Fprintf(&text, "`make soak`, on %s, commit %s, took %v; load average over a minute %s at the end. Three processes and all clients share the machine.\n\n",
		machine(), commit(), time.Since(s.began).Round(time.Second), load())
	fmt.Fprintf(&text, "%d users in a group and %d pairs talk, each as fast as it is answered, while one node after the other is stopped with SIGTERM and\n"+
		"started again.\n\n", len(s.talkers), pairs)
	fmt.Fprintf(&text, "Acknowledged: %d. Lost, doubled, swapped, gaps, histories of nodes that differ, messages that somebody who was connected never\n"+
		"heard: 0.\n\n", acks)
	text.WriteString("| restart | node | a message to somebody elsewhere: usual | stopped | started | stop | start to ready | closed elsewhere |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for i, got := range s.stops {
		fmt.Fprintf(&text, "| %d | node%d | %v | %v | %v | %v | %v | %d |\n", i+1, i%len(s.cluster.Nodes)+1,
			ms(got.usual), ms(got.stopped), ms(got.back), ms(got.took), ms(got.ready), got.cut)
	}
	fmt.Fprintf(&text, "\nWhen nobody talked any more, of %d shards that hold actors: %s. Of the conversations that were made then: %s.\n",
		shardsWithActors, strings.Join(s.leads, ", "), strings.Join(s.runs, ", "))
	return text.String()
}
