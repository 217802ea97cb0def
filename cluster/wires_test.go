package cluster

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// wires join the nodes of a test as links do: in order per pair, encoded, bounded. They can be cut, which drops what is under
// way, and held up.
type wires struct {
	mu    sync.Mutex
	moved *sync.Cond // something about a way changed
	nodes map[string]*Node
	ways  map[[2]string]*way
	room  int // frames that wait on a way
	done  bool
	loops sync.WaitGroup
}

// way is one direction between two nodes.
type way struct {
	up, held, busy bool
	queue          [][]byte
	// lag is how long a frame is under way, due when each of queue is there.
	lag time.Duration
	due []time.Time
}

// end is what a node holds of the wires.
type end struct {
	wires *wires
	from  string
}

func (e end) Send(to string, f *pb.Frame) error {
	bytes, err := proto.Marshal(f)
	if err != nil {
		return err
	}
	w := e.wires
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.ways[[2]string{e.from, to}]
	switch {
	case d == nil || !d.up || w.done:
		return im.E("wires.send", im.Unavailable, "")
	case len(d.queue) >= w.room:
		return im.E("wires.send", im.Overloaded, "")
	}
	d.queue = append(d.queue, bytes)
	d.due = append(d.due, time.Now().Add(d.lag))
	w.moved.Broadcast()
	return nil
}

// carry hands over what comes on a way until the end.
func (w *wires) carry(from, to string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.ways[[2]string{from, to}]
	for {
		for !w.done && (d.held || len(d.queue) == 0) {
			w.moved.Wait()
		}
		if w.done {
			return
		}
		f := &pb.Frame{}
		if err := proto.Unmarshal(d.queue[0], f); err != nil {
			panic(err)
		}
		due := d.due[0]
		d.queue, d.due, d.busy = d.queue[1:], d.due[1:], true
		w.mu.Unlock()
		<-time.After(time.Until(due))
		w.nodes[to].Receive(from, f.GetMail())
		w.mu.Lock()
		d.busy = false
		w.moved.Broadcast()
	}
}

func (w *wires) both(a, b string) []*way {
	return []*way{w.ways[[2]string{a, b}], w.ways[[2]string{b, a}]}
}

// cut drops what is under way between two nodes, and tells both.
func (w *wires) cut(a, b string) {
	w.mu.Lock()
	up := w.ways[[2]string{a, b}].up
	for _, d := range w.both(a, b) {
		d.up, d.queue, d.due = false, nil, nil
		for d.busy {
			w.moved.Wait()
		}
	}
	w.mu.Unlock()
	if up {
		w.nodes[a].PeerDown(b)
		w.nodes[b].PeerDown(a)
	}
}

func (w *wires) join(a, b string) {
	w.set(a, b, func(d *way) { d.up = true })
}

// hold keeps what is sent between two nodes from arriving, or lets it go.
func (w *wires) hold(a, b string, held bool) {
	w.set(a, b, func(d *way) { d.held = held })
}

// slow makes what is sent between two nodes arrive late, in order as ever.
func (w *wires) slow(a, b string, lag time.Duration) {
	w.set(a, b, func(d *way) { d.lag = lag })
}

func (w *wires) set(a, b string, change func(*way)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.both(a, b) {
		change(d)
	}
	w.moved.Broadcast()
}

func (w *wires) close() {
	w.mu.Lock()
	w.done = true
	w.moved.Broadcast()
	w.mu.Unlock()
	w.loops.Wait()
}

// several are nodes that are joined by wires; node1 is member 1.
type several struct {
	*wires
	names []string
}

// behaviour is what the actors of a node do with commands.
type behaviour func(ctx actor.Context, node string, cmd *pb.Command)

// startSeveral starts count nodes that know of no leader yet.
func startSeveral(t testing.TB, count int, opts Options, behave behaviour) *several {
	t.Helper()
	w := &wires{nodes: map[string]*Node{}, ways: map[[2]string]*way{}, room: 100_000}
	w.moved = sync.NewCond(&w.mu)
	s := &several{wires: w}
	opts.Members = map[uint64]string{}
	for i := range count {
		name := fmt.Sprint("node", i+1)
		opts.Members[uint64(i+1)] = name
		s.names = append(s.names, name)
	}
	for i, name := range s.names {
		s.start(t, name, uint64(i+1), opts, behave)
	}
	for _, a := range s.names {
		for _, b := range s.names {
			if a != b {
				w.ways[[2]string{a, b}] = &way{up: true}
			}
		}
	}
	for way := range w.ways {
		w.loops.Go(func() { w.carry(way[0], way[1]) })
	}
	t.Cleanup(w.close)
	return s
}

func (s *several) start(t testing.TB, name string, replica uint64, opts Options, behave behaviour) {
	t.Helper()
	opts.Name, opts.Replica, opts.Shards, opts.Links = name, replica, 4, end{s.wires, name}
	n, err := Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	n.Serve(func(im.ShardID, uint64) *actor.Props {
		return actor.PropsFromProducer(func() actor.Actor {
			return &keeper{node: name, behave: behave, children: map[string]*actor.PID{}}
		})
	})
	s.nodes[name] = n
}

// lead tells all nodes that one of them leads a shard.
func (s *several) lead(shard im.ShardID, name string, term uint64) {
	for _, n := range s.names {
		s.nodes[n].LeaderChanged(shard, s.replica(name), term)
	}
}

// leadAll is lead for all shards.
func (s *several) leadAll(name string, term uint64) {
	for shard := range im.ShardID(4) {
		s.lead(shard+1, name, term)
	}
}

func (s *several) replica(name string) uint64 { return uint64(slices.Index(s.names, name) + 1) } //nolint:gosec // small

// keeper is an owner whose activations, once it has resigned, send everything back, as the real one's do.
type keeper struct {
	node     string
	behave   behaviour
	children map[string]*actor.PID
	resigned bool
}

type retired struct{}

func (k *keeper) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *pb.Activate:
		name := ""
		if !k.resigned {
			name = k.child(ctx, m.Address.Id).Id
		}
		ctx.Respond(&pb.Activated{Actor: name})
	case *pb.Nudge:
		k.behave(ctx, k.node, &pb.Command{Id: "nudged by " + m.GetPresence().GetUser()})
	case *pb.Resign:
		k.resigned = true
		for _, c := range k.children {
			ctx.Send(c, &retired{})
		}
	}
}

func (k *keeper) child(ctx actor.Context, id string) *actor.PID {
	if k.children[id] == nil {
		over := false
		props := actor.PropsFromFunc(func(ctx actor.Context) {
			switch m := ctx.Message().(type) {
			case *retired:
				over = true
			case *pb.Command:
				if over {
					ctx.Respond(&pb.Reply{Call: m.Call, Error: uint32(im.Retry) + 1})
					return
				}
				k.behave(ctx, k.node, m)
			}
		})
		pid, err := ctx.SpawnNamed(props, fmt.Sprint(len(k.children)+1))
		if err != nil {
			panic(err)
		}
		k.children[id] = pid
	}
	return k.children[id]
}

// sayWhere answers with the node's name.
func sayWhere(ctx actor.Context, node string, cmd *pb.Command) {
	if cmd.Call != 0 {
		ctx.Respond(&pb.Reply{Call: cmd.Call, Text: node})
	}
}
