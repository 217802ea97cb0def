package cluster

import (
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// recorder is a Sender that keeps the mail for others, up to a bound.
type recorder chan *pb.Mail

func (r recorder) Send(_ string, f *pb.Frame) error {
	select {
	case r <- f.GetMail():
	default:
	}
	return nil
}

// startReceiver starts node1 of three, which leads all shards in term 1; there are no other nodes, only what they would be
// sent. stream gets what protoactor's own event stream gets.
func startReceiver(t testing.TB) (n *Node, sent recorder, stream chan any) {
	t.Helper()
	sent, stream = make(recorder, 100), make(chan any, 100)
	n, err := Start(Options{
		Name: "node1", Replica: 1, Shards: 4, Links: sent,
		Members: map[uint64]string{1: "node1", 2: "node2", 3: "node3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	n.system.EventStream.Subscribe(func(e any) {
		select {
		case stream <- e:
		default:
		}
	})
	n.Serve(func(im.ShardID, uint64) *actor.Props {
		return actor.PropsFromProducer(func() actor.Actor {
			return &keeper{node: "node1", behave: sayWhere, children: map[string]*actor.PID{}}
		})
	})
	n.lead(1)
	return n, sent, stream
}

func command(to, sender string) *pb.Mail {
	return &pb.Mail{To: to, Sender: sender, Body: &pb.Mail_Command{Command: &pb.Command{Call: 7}}}
}

func activate(to, sender string, a im.Address) *pb.Mail {
	return &pb.Mail{To: to, Sender: sender, Body: &pb.Mail_Activate{Activate: &pb.Activate{Address: pb.NewAddress(a)}}}
}

func nudgeFor(to string, a im.Address) *pb.Mail {
	return &pb.Mail{To: to, Body: &pb.Mail_Nudge{Nudge: &pb.Nudge{To: pb.NewAddress(a)}}}
}

func reply(to string, call uint64) *pb.Mail {
	return &pb.Mail{To: to, Body: &pb.Mail_Reply{Reply: &pb.Reply{Call: call, Text: "forged"}}}
}

func noActor(to, gone string, call uint64) *pb.Mail {
	return &pb.Mail{To: to, Body: &pb.Mail_NoActor{NoActor: &pb.NoActor{Actor: gone, Call: call}}}
}

// Mail that does not fit its receiver, or comes from nobody who is known, is dropped and counted; none of it reaches what is
// protoactor's own, and none of it is answered.
//
// Checked by breaking it: without isActivation in takeCommand the event stream gets a command, and without the hash in owns
// an owner activates what belongs to another shard's log.
func TestReceive_DropsWhatDoesNotFit(t *testing.T) {
	n, sent, stream := startReceiver(t)
	tomsOwner := ownerName(tom.Shard(4), 1)
	otherOwner := ownerName(otherShard(tom).Shard(4), 1)
	question := questionStart + "5"
	for name, c := range map[string]struct {
		from string
		mail *pb.Mail
	}{
		"nil":                         {"node2", nil},
		"empty":                       {"node2", &pb.Mail{}},
		"from nobody":                 {"node9", activate(tomsOwner, question, tom)},
		"from itself":                 {"node1", activate(tomsOwner, question, tom)},
		"from no name":                {"", activate(tomsOwner, question, tom)},
		"from protoactor":             {loopback, activate(tomsOwner, question, tom)},
		"command for the stream":      {"node2", command("eventstream", repliesName)},
		"command for dead letters":    {"node2", command("deadletter", repliesName)},
		"command for an owner":        {"node2", command(tomsOwner, repliesName)},
		"command for the replies":     {"node2", command(repliesName, repliesName)},
		"command from another sender": {"node2", command(tomsOwner+"/1", "eventstream")},
		"command without a sender":    {"node2", command(tomsOwner+"/1", "")},
		"no command":                  {"node2", &pb.Mail{To: tomsOwner + "/1", Sender: repliesName, Body: &pb.Mail_Command{}}},
		"look-up in another shard":    {"node2", activate(otherOwner, question, tom)},
		"look-up of no address":       {"node2", activate(tomsOwner, question, im.Address{})},
		"look-up of cluster records":  {"node2", activate(ownerName(0, 1), question, im.Address{App: "app", Kind: im.KindCluster, ID: "x"})},
		"look-up by the replies":      {"node2", activate(tomsOwner, repliesName, tom)},
		"look-up by an actor":         {"node2", activate(tomsOwner, "$1", tom)},
		"look-up without an address":  {"node2", &pb.Mail{To: tomsOwner, Sender: question, Body: &pb.Mail_Activate{}}},
		"nudge in another shard":      {"node2", nudgeFor(otherOwner, tom)},
		"nudge for the stream":        {"node2", nudgeFor("eventstream", tom)},
		"reply for the stream":        {"node2", reply("eventstream", 1)},
		"answer for the stream":       {"node2", &pb.Mail{To: "eventstream", Body: &pb.Mail_Activated{}}},
		"nobody, for the stream":      {"node2", noActor("eventstream", "x", 1)},
	} {
		before := n.dropped.Load()
		n.Receive(c.from, c.mail)
		if n.dropped.Load() != before+1 {
			t.Errorf("%s: it was taken", name)
		}
	}
	// What comes behind all that is answered, and nothing else is.
	n.Receive("node2", activate(tomsOwner, question, tom))
	if got := <-sent; got.To != question || got.GetActivated().GetActor() != tomsOwner+"/1" {
		t.Errorf("answer = %v", got)
	}
	if len(sent) != 0 || len(stream) != 0 {
		t.Errorf("%d messages were sent, the event stream got %d", len(sent), len(stream))
	}
}

// A node that asks for nobody hears so: for an owner of another term, and for an activation that is gone.
func TestReceive_SaysThatNobodyIsThere(t *testing.T) {
	n, sent, _ := startReceiver(t)
	old := ownerName(tom.Shard(4), 99)
	n.Receive("node2", activate(old, questionStart+"5", tom))
	if got := <-sent; got.To != questionStart+"5" || got.GetNoActor().GetActor() != old {
		t.Errorf("answer to a look-up = %v", got)
	}
	n.Receive("node2", command(old+"/3", repliesName))
	if got := <-sent; got.To != repliesName || got.GetNoActor().GetActor() != old+"/3" || got.GetNoActor().GetCall() != 7 {
		t.Errorf("answer to a command = %v", got)
	}
	n.Receive("node2", nudgeFor(old, tom))
	if len(sent) != 0 {
		t.Errorf("a nudge was answered: %v", <-sent)
	}
}

// Only the node that a call or a question went to can answer it, and say that nobody is there.
//
// Checked by breaking it: without the comparison with from in finish, nobody or questions.answered.
func TestReceive_OnlyWhoWasAskedAnswers(t *testing.T) {
	n, sent, _ := startReceiver(t)
	owner := ownerName(tom.Shard(4), 2)
	n.LeaderChanged(tom.Shard(4), 2, 2)
	answer := begin(n, tom, "x")
	asked := <-sent
	activated := func(name string) *pb.Mail {
		return &pb.Mail{To: asked.Sender, Body: &pb.Mail_Activated{Activated: &pb.Activated{Actor: name}}}
	}
	n.Receive("node3", activated(owner+"/66"))
	n.Receive("node3", noActor(asked.Sender, owner, 0))
	n.Receive("node2", activated(owner+"/1"))
	cmd := <-sent
	if cmd.To != owner+"/1" {
		t.Fatalf("the command goes to %s", cmd.To)
	}
	number := cmd.GetCommand().GetCall()
	before := n.dropped.Load()
	n.Receive("node3", reply(repliesName, number))
	n.Receive("node3", noActor(repliesName, cmd.To, number))
	n.Receive("node2", noActor(repliesName, owner+"/2", number))
	if n.dropped.Load() != before+3 || len(answer) != 0 {
		t.Errorf("others were taken for the owner's node: %d", n.dropped.Load()-before)
	}
	n.Receive("node2", reply(repliesName, number))
	if r := <-answer; r.Text != "forged" {
		t.Errorf("reply = %v", r)
	}
	n.Receive("node2", reply(repliesName, number)) // once more: late, but no forgery
	if n.dropped.Load() != before+3 {
		t.Error("a second answer counts as mail that could not be meant")
	}
}

// An owner that names an actor which is not its own is not believed: a command would go to whatever has that name.
func TestReceive_OwnersNameOnlyTheirOwn(t *testing.T) {
	n, sent, _ := startReceiver(t)
	n.LeaderChanged(tom.Shard(4), 2, 2)
	for _, name := range []string{"eventstream", repliesName, ownerName(tom.Shard(4), 1) + "/1", ownerName(tom.Shard(4), 2), ""} {
		answer := begin(n, tom, "x")
		asked := <-sent
		n.Receive("node2", &pb.Mail{To: asked.Sender, Body: &pb.Mail_Activated{Activated: &pb.Activated{Actor: name}}})
		ends(t, answer, im.Retry)
	}
	if len(sent) != 0 {
		t.Errorf("sent %v", <-sent)
	}
}

// Numbers of calls and questions begin anywhere: what comes too late, for a node that was started again, is no answer to
// something else.
//
// Checked by breaking it: with numbers that begin at zero.
func TestNode_NumbersBeginAnywhere(t *testing.T) {
	a, _, _ := startReceiver(t)
	b, _, _ := startReceiver(t)
	if a.calls.last.Load() == b.calls.last.Load() || a.questions.last == b.questions.last {
		t.Errorf("calls begin at %d, questions at %d, twice", a.calls.last.Load(), a.questions.last)
	}
}

// Members and their names must fit together.
func TestStart_RefusesMembersThatDoNotFit(t *testing.T) {
	for name, opts := range map[string]Options{
		"not a member":   {Name: "a", Replica: 1, Shards: 1, Members: map[uint64]string{1: "b", 2: "a"}},
		"no members":     {Name: "a", Replica: 1, Shards: 1},
		"number zero":    {Name: "a", Shards: 1, Members: map[uint64]string{0: "a"}},
		"twice":          {Name: "a", Replica: 1, Shards: 1, Members: map[uint64]string{1: "a", 2: "b", 3: "b"}},
		"no name":        {Name: "a", Replica: 1, Shards: 1, Members: map[uint64]string{1: "a", 2: ""}},
		"reserved name":  {Name: "a", Replica: 1, Shards: 1, Members: map[uint64]string{1: "a", 2: loopback}},
		"without shards": {Name: "a", Replica: 1, Members: map[uint64]string{1: "a"}},
	} {
		if n, err := Start(opts); err == nil {
			n.Stop()
			t.Errorf("%s: it starts", name)
		}
	}
}

// FuzzNode_Receive hands a node whatever may come: it never fails, nothing of protoactor's own hears of it, and afterwards
// the node does its work.
func FuzzNode_Receive(f *testing.F) {
	seed := func(from byte, m *pb.Mail) {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(from, b)
	}
	owner := ownerName(tom.Shard(4), 1)
	seed(2, command(owner+"/1", repliesName))
	seed(2, command("eventstream", repliesName))
	seed(2, activate(owner, questionStart+"1", tom))
	seed(3, nudgeFor(owner, tom))
	seed(2, reply(repliesName, 1))
	seed(3, noActor(repliesName, owner+"/1", 1))
	seed(9, noActor(questionStart+"1", owner, 0))
	n, _, stream := startReceiver(f)
	f.Fuzz(func(t *testing.T, from byte, bytes []byte) {
		m := &pb.Mail{}
		if proto.Unmarshal(bytes, m) != nil {
			return
		}
		n.Receive("node"+string('0'+from%10), m)
		if len(stream) != 0 {
			t.Fatalf("the event stream got %v", <-stream)
		}
		if r := ask(t, n, tom, "x", 30*time.Second); r.Text != "node1" {
			t.Fatalf("reply = %v", r)
		}
	})
}
