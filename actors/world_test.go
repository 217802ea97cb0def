package actors_test

import (
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/dialog"
	"github.com/parley-im/parley/actors/group"
	"github.com/parley-im/parley/actors/room"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/eventlog/logtest"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	app     = im.AppID("app")
	shards  = 4
	patient = time.Minute // a deadline, never a pause
)

// life is one run of a node over a log that outlives it: owners of all shards in one term, and a way to call them.
type life struct {
	t       *testing.T
	system  *actor.ActorSystem
	owners  map[im.ShardID]*actor.PID
	journal actors.Journal
	hub     *hubDouble
	host    *actors.Host
	ending  sync.Once

	mu sync.Mutex
	// dead drops every call and every answer of the log from then on: the process is gone.
	dead bool
	// onTell is asked before a tell is delivered, and after; true kills the node there.
	onTell func(delivered bool) bool
}

func begin(t *testing.T, log *logtest.Memory, hub *hubDouble, term uint64, change func(*life, *actors.Options)) *life {
	t.Helper()
	hub.noteBefore()
	l := &life{t: t, hub: hub, owners: map[im.ShardID]*actor.PID{}, journal: log}
	l.system = actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
		return slog.New(slog.DiscardHandler)
	}))
	opts := actors.Options{
		Journal: log, Caller: l, Hub: hub, Shards: shards,
		Cores: map[im.Kind]func(im.Address) core.Core{
			im.KindDialog: func(a im.Address) core.Core { return dialog.New(a) },
			im.KindUser:   func(a im.Address) core.Core { return user.New(a) },
			im.KindGroup:  func(a im.Address) core.Core { return group.New(a, 50) },
			im.KindRoom:   func(a im.Address) core.Core { return room.New(a, 1000) },
		},
	}
	if change != nil {
		change(l, &opts)
	}
	l.host = actors.NewHost(opts)
	l.mu.Lock() // the first owners may call before the last is there
	defer l.mu.Unlock()
	for s := range shards {
		shard := im.ShardID(s + 1)
		pid, err := l.system.Root.SpawnNamed(l.host.Owner(shard, term), fmt.Sprintf("shard-%d", shard))
		if err != nil {
			t.Fatal(err)
		}
		l.owners[shard] = pid
	}
	t.Cleanup(l.end)
	return l
}

// newLog returns an empty log that ends with the test.
func newLog(t *testing.T) *logtest.Memory {
	t.Helper()
	log := logtest.NewMemory(logtest.Options{Shards: shards})
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

// end stops the node as a crash would: nothing is handed over.
func (l *life) end() {
	l.ending.Do(func() {
		l.kill()
		for _, pid := range l.owners {
			_ = l.system.Root.StopFuture(pid).Wait()
		}
		l.system.Shutdown()
	})
}

func (l *life) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
}

func (l *life) isDead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// Call implements actors.Caller over the owners of this life.
func (l *life) Call(to im.Address, cmd *pb.Command, timeout time.Duration, done func(*pb.Reply)) {
	go func() {
		_, isTell := cmd.Body.(*pb.Command_Tell)
		if l.isDead() || isTell && l.dies(false) {
			return
		}
		// NB: not in timeout: an answer that meets it is a race of protoactor's futures (its issue 1145), which a node has none of.
		reply := l.deliver(to, cmd, max(timeout, patient))
		if l.isDead() || isTell && l.dies(true) {
			return
		}
		done(reply)
	}()
}

// Nudge implements actors.Caller.
func (l *life) Nudge(n *pb.Nudge) {
	if !l.isDead() {
		l.system.Root.Send(l.owner(n.To.Addr()), n)
	}
}

func (l *life) dies(delivered bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.onTell != nil && l.onTell(delivered) {
		l.dead = true
	}
	return l.dead
}

func (l *life) deliver(to im.Address, cmd *pb.Command, timeout time.Duration) *pb.Reply {
	unavailable := pb.NewError(im.E("test.call", im.Unavailable, ""))
	ask := &pb.Activate{Address: pb.NewAddress(to)}
	res, err := l.system.Root.RequestFuture(l.owner(to), ask, timeout).Result()
	if err != nil || res.(*pb.Activated).Actor == "" {
		return unavailable
	}
	sent := &pb.Command{Id: cmd.Id, Retried: cmd.Retried, Body: cmd.Body}
	pid := actor.NewPID(l.system.Address(), res.(*pb.Activated).Actor)
	res, err = l.system.Root.RequestFuture(pid, sent, timeout).Result()
	if err != nil {
		return unavailable
	}
	return res.(*pb.Reply)
}

// send gives the actor a command without waiting; several of one goroutine arrive in order. The actor must be awake.
func (l *life) send(to im.Address, cmd *pb.Command, done func(*pb.Reply)) {
	l.t.Helper()
	ask := &pb.Activate{Address: pb.NewAddress(to)}
	res, err := l.system.Root.RequestFuture(l.owner(to), ask, patient).Result()
	if err != nil {
		l.t.Fatal(err)
	}
	pid := actor.NewPID(l.system.Address(), res.(*pb.Activated).Actor)
	future := l.system.Root.RequestFuture(pid, cmd, patient)
	go func() {
		res, err := future.Result()
		if err != nil {
			res = pb.NewError(im.E("test.send", im.Unavailable, err.Error()))
		}
		done(res.(*pb.Reply))
	}()
}

func (l *life) owner(of im.Address) *actor.PID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.owners[of.Shard(shards)]
}

// ask calls and waits; it repeats what came back with Retry, as the edge does.
func (l *life) ask(to im.Address, cmd *pb.Command) *pb.Reply {
	l.t.Helper()
	for deadline := time.Now().Add(patient); time.Now().Before(deadline); {
		reply := l.deliver(to, cmd, patient)
		if reply.Error != uint32(im.Retry)+1 {
			return reply
		}
		cmd = &pb.Command{Id: cmd.Id, Retried: true, Body: cmd.Body}
	}
	l.t.Fatal("no answer but retry")
	return nil
}

// must asks and expects no error.
func (l *life) must(to im.Address, cmd *pb.Command) *pb.Reply {
	l.t.Helper()
	reply := l.ask(to, cmd)
	if err := reply.Err("test"); err != nil {
		l.t.Fatalf("%v: %v", cmd, err)
	}
	return reply
}

// await waits until ok holds.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patient)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s: did not happen in %v", what, patient)
		case <-tick.C:
		}
	}
}

// Commands.

func befriend(from, to im.UserID) *pb.Command {
	return &pb.Command{Id: "befriend", Body: &pb.Command_Befriend{Befriend: &pb.Befriend{From: string(from), To: string(to)}}}
}

func say(id string, from, to im.UserID) *pb.Command {
	return &pb.Command{Id: id, Body: &pb.Command_Say{Say: &pb.Say{
		From: string(from), To: string(to), Content: &pb.Content{Body: []byte(`"` + id + `"`)},
	}}}
}

func profile() *pb.Command { return &pb.Command{Body: &pb.Command_Profile{Profile: &pb.Profile{}}} }
