package dispatch

import (
	"context"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Actors reaches the actor at an address, on whichever node it is.
type Actors interface {
	// Call sends a copy of cmd and calls done exactly once; it never blocks. No answer within timeout is an answer of
	// im.Unavailable; im.Retry asks for the command again.
	Call(to im.Address, cmd *pb.Command, timeout time.Duration, done func(*pb.Reply))
}

// Options configure a Dispatcher.
type Options struct {
	// Actors is where commands go. Required.
	Actors Actors
	// Timeout bounds a method, over all attempts; zero means 5 s.
	Timeout time.Duration
	// AttemptTimeout bounds one attempt, so that a command lost with its owner is sent again to the next one while
	// the caller waits; zero means 2 s, some failovers long.
	AttemptTimeout time.Duration
	// NewID draws the id of a durable command: unique for the life of the cluster, at most im.MaxMessageIDLen bytes,
	// beginning with 'e' so that it cannot meet an id that a client drew. nil means random ones.
	NewID func() string
	// ObserveSay is called with the time from Say to its answer, for those that were stored. May be nil.
	ObserveSay func(time.Duration)
}

// EnsureDefaults fills in the zero fields.
func (o *Options) EnsureDefaults() {
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	if o.AttemptTimeout <= 0 {
		o.AttemptTimeout = 2 * time.Second
	}
	if o.NewID == nil {
		o.NewID = randomIDs()
	}
	if o.ObserveSay == nil {
		o.ObserveSay = func(time.Duration) {}
	}
}

// Dispatcher sends commands to actors. Safe for concurrent use.
type Dispatcher struct{ opts Options }

// New returns a Dispatcher. It panics without Actors.
func New(opts Options) *Dispatcher {
	if opts.Actors == nil {
		panic("dispatch: Options.Actors is nil")
	}
	opts.EnsureDefaults()
	return &Dispatcher{opts: opts}
}

// Login makes sure that the user exists.
func (d *Dispatcher) Login(ctx context.Context, app im.AppID, user im.UserID) error {
	const op = "dispatch.Login"
	if err := checkIDs(op, app, user); err != nil {
		return err
	}
	cmd := &pb.Command{Id: d.opts.NewID(), Body: &pb.Command_Login{Login: &pb.Login{}}}
	_, err := d.do(ctx, op, im.User(app, user), cmd)
	return err
}

// Profile reads a user; im.NotFound when it does not exist.
func (d *Dispatcher) Profile(ctx context.Context, app im.AppID, user im.UserID) (Profile, error) {
	const op = "dispatch.Profile"
	if err := checkIDs(op, app, user); err != nil {
		return Profile{}, err
	}
	r, err := d.do(ctx, op, im.User(app, user), &pb.Command{Body: &pb.Command_Profile{Profile: &pb.Profile{}}})
	if err != nil {
		return Profile{}, err
	}
	return profileOf(r.GetProfile()), nil
}

// Befriend makes from and to friends and creates whichever does not exist. When they are friends already it answers
// the friendship as it is. im.Invalid for one's own friend.
func (d *Dispatcher) Befriend(ctx context.Context, app im.AppID, from, to im.UserID) (Friendship, error) {
	const op = "dispatch.Befriend"
	if err := checkPair(op, app, from, to); err != nil {
		return Friendship{}, err
	}
	cmd := &pb.Command{Id: d.opts.NewID(), Body: &pb.Command_Befriend{Befriend: &pb.Befriend{From: string(from), To: string(to)}}}
	r, err := d.do(ctx, op, im.FriendDialog(app, from, to), cmd)
	if err != nil {
		return Friendship{}, err
	}
	return friendshipOf(r.GetFriendship()), nil
}

// Unfriend ends the friendship of by and other. Ending what never began is done.
func (d *Dispatcher) Unfriend(ctx context.Context, app im.AppID, by, other im.UserID) error {
	const op = "dispatch.Unfriend"
	if err := checkIDs(op, app, by, other); err != nil {
		return err
	}
	if by == other {
		return nil // nobody is their own friend
	}
	cmd := &pb.Command{Id: d.opts.NewID(), Body: &pb.Command_Unfriend{Unfriend: &pb.Unfriend{By: string(by)}}}
	_, err := d.do(ctx, op, im.FriendDialog(app, by, other), cmd)
	return err
}

// Friendship reads the relation of a and b; im.NotFound when they are not friends.
func (d *Dispatcher) Friendship(ctx context.Context, app im.AppID, a, b im.UserID) (Friendship, error) {
	const op = "dispatch.Friendship"
	if err := checkIDs(op, app, a, b); err != nil {
		return Friendship{}, err
	}
	if a == b {
		return Friendship{}, im.E(op, im.NotFound, "")
	}
	cmd := &pb.Command{Body: &pb.Command_Friendship{Friendship: &pb.Friendship{}}}
	r, err := d.do(ctx, op, im.FriendDialog(app, a, b), cmd)
	if err != nil {
		return Friendship{}, err
	}
	return friendshipOf(r.GetFriendship()), nil
}

// Say stores a message for a friend; im.NotPermitted when the two are not friends, im.NotFound when To does not exist.
// It answers once a majority has the message on disk.
func (d *Dispatcher) Say(ctx context.Context, app im.AppID, s Say) (Said, error) {
	const op = "dispatch.Say"
	if err := checkSay(op, app, s); err != nil {
		return Said{}, err
	}
	began := time.Now()
	r, err := d.do(ctx, op, im.FriendDialog(app, s.From, s.To), d.sayCommand(s))
	if err != nil {
		return Said{}, d.whyNotSaid(ctx, app, s.To, err)
	}
	d.opts.ObserveSay(time.Since(began))
	said := r.GetSay()
	return Said{N: said.GetN(), TS: im.Millis(said.GetTs()), Duplicate: said.GetDuplicate()}, nil
}

// whyNotSaid tells a stranger from a user who does not exist: a dialog knows its relation only.
func (d *Dispatcher) whyNotSaid(ctx context.Context, app im.AppID, to im.UserID, err error) error {
	if im.KindOf(err) != im.NotPermitted {
		return err
	}
	if _, unknown := d.Profile(ctx, app, to); im.KindOf(unknown) == im.NotFound && unknown != nil {
		return im.E("dispatch.Say", im.NotFound, "no such user")
	}
	return err
}
