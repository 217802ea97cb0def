// Package formation makes a cluster of nodes that were started for the first time, with the same list of members.
//
// Each node draws an id once, with its data directory, and keeps it. Agree asks every other member for its id until all
// have answered; the cluster's id follows from theirs, so all nodes come to the same one without a vote. A node that has
// agreed writes it down and never asks again.
//
// That is what keeps a node from coming back with an empty directory: it has a new id, so that it computes another
// cluster than the others live in, and is told so. It must not go on, since it may have voted before, and would vote again.
package formation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const op = "formation.agree"

// Terms are what all first members must have been told alike.
type Terms struct {
	// Members are the names of all, in any order.
	Members []string
	// Shards is the number of shards that hold actors.
	Shards uint32
	// Bucket is the length of a retention bucket, StrangersBucket of those with the dialogs of strangers.
	Bucket, StrangersBucket im.Millis
}

// Sum is what two nodes compare their terms by, 32 bytes.
func (t Terms) Sum() []byte {
	text := fmt.Sprintf("parley terms 2\nshards %d\nbuckets %d %d\n%s\n",
		t.Shards, t.Bucket, t.StrangersBucket, strings.Join(slices.Sorted(slices.Values(t.Members)), "\n"))
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// ID is the id of the cluster of nodes with these ids, by name: a UUID in its canonical form (RFC 9562, version 8).
func ID(ids map[string]string) string {
	sum := sha256.New()
	sum.Write([]byte("parley cluster 1\n"))
	for _, name := range slices.Sorted(maps.Keys(ids)) {
		fmt.Fprintf(sum, "%s=%s\n", name, ids[name])
	}
	b := sum.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Options say who agrees with whom. All fields but Waiting are required.
type Options struct {
	// Node is this node's name, NodeHostID the id that its directory has drawn.
	Node, NodeHostID string
	Terms            Terms
	// Ask says hello to another member and returns what that says of itself. It returns when ctx ends.
	Ask    func(ctx context.Context, member string) (*pb.Hello, error)
	Logger *slog.Logger
	// Waiting is told of what is waited for, whenever that changes. It must not block. Nil = nobody asks.
	Waiting func(text string)
}

const (
	// askTimeout bounds one question, askPause is the time between two to the same member.
	askTimeout = 2 * time.Second
	askPause   = 100 * time.Millisecond
	// sayEvery is how often the log says who is waited for.
	sayEvery = 5 * time.Second
)

// Agree waits until all members were heard of, or ctx ends, and returns the cluster's id and the ids of all by name. It
// refuses, in one line, members that were told other terms, or live in another cluster already, and gives up when all others
// refuse this node, which then has another secret than they have; if only some do, it is they who differ.
func Agree(ctx context.Context, o Options) (cluster string, ids map[string]string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Waiting == nil {
		o.Waiting = func(string) {}
	}
	r := round{o: o, heard: map[string]*pb.Hello{}, refusing: map[string]bool{}}
	answers := make(chan answer)
	for _, m := range o.Terms.Members {
		if m != o.Node {
			go r.ask(ctx, m, answers)
		}
	}
	say := time.NewTicker(sayEvery)
	defer say.Stop()
	for len(r.heard) < len(o.Terms.Members)-1 {
		select {
		case a := <-answers:
			r.take(a)
			o.Waiting("waiting for the other members of the cluster: " + r.missing())
		case <-say.C:
			o.Logger.Info("waiting for the other members of the cluster", "missing", r.missing(), "last", fmt.Sprint(r.last))
		case <-ctx.Done():
			return "", nil, &im.Error{Op: op, Kind: im.Unavailable, Text: "still waiting for " + r.missing(), Err: ctx.Err()}
		}
		if r.refused != nil {
			return "", nil, r.refused
		}
	}
	return r.agree()
}

// round is one call of Agree.
type round struct {
	o     Options
	heard map[string]*pb.Hello
	last  error // why a member was not heard, last
	// refusing are those who refused this node when they were asked last.
	refusing map[string]bool
	refused  error
}

type answer struct {
	from  string
	hello *pb.Hello
	err   error
}

// ask asks one member until it answers.
func (r *round) ask(ctx context.Context, member string, answers chan<- answer) {
	for ctx.Err() == nil {
		a := answer{from: member}
		one, cancel := context.WithTimeout(ctx, askTimeout)
		a.hello, a.err = r.o.Ask(one, member)
		cancel()
		select {
		case answers <- a:
		case <-ctx.Done():
			return
		}
		if a.err == nil {
			return
		}
		select {
		case <-time.After(askPause):
		case <-ctx.Done():
		}
	}
}

func (r *round) take(a answer) {
	if a.err != nil {
		r.last, r.refusing[a.from] = a.err, im.KindOf(a.err) == im.NotPermitted
		if r.refusedByAll() {
			r.refused = &im.Error{Op: op, Kind: im.NotPermitted, Text: "every other member refuses this node", Err: a.err}
		}
		return
	}
	if !bytes.Equal(a.hello.GetFormation(), r.o.Terms.Sum()) {
		if a.hello.GetCluster() != "" {
			r.refused = livesElsewhere(r.o.Node, a.from)
			return
		}
		r.refused = im.E(op, im.Conflict, fmt.Sprintf(
			"%s was started with other names in --peers, other --shards, another --retention or --retention-strangers than this node", a.from))
		return
	}
	r.heard[a.from] = a.hello
}

func (r *round) refusedByAll() bool {
	for _, m := range r.o.Terms.Members {
		if m != r.o.Node && !r.refusing[m] {
			return false
		}
	}
	return true
}

func (r *round) missing() string {
	var names []string
	for _, m := range r.o.Terms.Members {
		if m != r.o.Node && r.heard[m] == nil {
			names = append(names, m)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// livesElsewhere refuses to form with a member that has formed without this node's data directory.
func livesElsewhere(node, member string) error {
	return im.E(op, im.Conflict, fmt.Sprintf(
		"%s lives in a cluster already, where %s or another node had another data directory; put that back, or, if it is lost, "+
			"run `parley cluster replace %s` there and start %s with --join in place of --peers", member, node, node, node))
}

// agree compares the cluster that follows from the ids with those that members live in.
func (r *round) agree() (cluster string, ids map[string]string, err error) {
	ids = map[string]string{r.o.Node: r.o.NodeHostID}
	for name, hello := range r.heard {
		ids[name] = hello.GetNodeHostId()
	}
	cluster = ID(ids)
	for _, name := range slices.Sorted(maps.Keys(r.heard)) {
		if c := r.heard[name].GetCluster(); c != "" && c != cluster {
			return "", nil, livesElsewhere(r.o.Node, name)
		}
	}
	return cluster, ids, nil
}
