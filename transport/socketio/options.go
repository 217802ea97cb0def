package socketio

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/hub"
	"github.com/parley-im/parley/transport/ws"
)

// Authenticator knows the apps and their keys. Safe for concurrent use.
type Authenticator interface {
	// VerifySign returns nil when sign is the signature of one of the app's keys (section 2), else an *im.Error of
	// kind NotPermitted.
	VerifySign(app im.AppID, sign string) error
}

// Commands carries out what users and passengers ask for. Safe for concurrent use; errors are *im.Error. Methods with a context return
// soon after it ends.
type Commands interface {
	// Login makes sure that the user exists, and that install is the user's alone; "" = no installation. When it returns,
	// the hub that the user entered knows the user's rooms.
	Login(ctx context.Context, app im.AppID, user im.UserID, install im.InstallID) error
	// Welcome makes sure that the passenger exists and merges set into its attributes, and returns its id. When it returns, what
	// is said to the passenger goes to the hub that it entered.
	Welcome(ctx context.Context, app im.AppID, p im.PassengerID, set []dispatch.Attribute) (im.PassengerID, error)
	// Logout ends that install is the user's. Ending what is not so is done.
	Logout(ctx context.Context, app im.AppID, user im.UserID, install im.InstallID) error
	// Say stores a message to a friend, a stranger, a passenger or a group, or of a passenger. nil means that a majority has it on disk.
	Say(ctx context.Context, s dispatch.Say) (dispatch.Said, error)
	// SayLive passes a message on in a room, in the order of the calls. It never blocks: done is called exactly once,
	// within some seconds, from any goroutine, also before it returns.
	SayLive(s dispatch.Say, done func(dispatch.Said, error))
}

// Hub is what *hub.Hub does for sessions.
type Hub interface {
	Enter(who im.Address, s hub.Session, notifyAll bool)
	Admit(who im.Address, s hub.Session)
	Leave(who im.Address, s hub.Session)
}

// Hooks hears of sessions. Its methods must not block.
type Hooks interface {
	// OnConnect: a client opened a session.
	OnConnect()
	// OnDisconnect: a session ended.
	OnDisconnect(reason engineio.Reason)
	// OnSlow: a client did not read fast enough and is being cut.
	OnSlow()
}

type noHooks struct{}

func (noHooks) OnConnect()                   {}
func (noHooks) OnDisconnect(engineio.Reason) {}
func (noHooks) OnSlow()                      {}

// Options configure a Server. Auth, Commands and Hub are required; the zero value of the others means their default.
type Options struct {
	Auth     Authenticator
	Commands Commands
	Hub      Hub
	// Hooks hears of sessions. Default: nobody does.
	Hooks Hooks
	// Logger gets failures of the server, never what clients say. Default: slog.Default.
	Logger *slog.Logger
	// Clock runs heartbeats and time-outs. Default: engineio.SystemClock.
	Clock engineio.Clock
	// ConnectTimeout is how long a client of revision 4 may take to send its CONNECT (section 3.7). Default 45 s.
	ConnectTimeout time.Duration
	// RefuseDelay is how long the transport stays open after a refused login, so that the client can read why.
	// Default 500 ms.
	RefuseDelay time.Duration
	// MaxInFlight bounds the commands of one session that are not answered. Overflow: its socket is not read.
	// Default 64.
	MaxInFlight int
	// MaxInFlightBytes bounds their size together; one command may go beyond. Overflow as above. Default 1 MiB.
	MaxInFlightBytes int
	// PingInterval, PingTimeout3 and PingTimeout4 are those of engineio.Options.
	PingInterval, PingTimeout3, PingTimeout4 time.Duration
	// MaxPolling and SIDPrefix are those of engineio.Options.
	MaxPolling int
	SIDPrefix  string
	// Return is that of engineio.Options.
	Return func(conn net.Conn, read []byte)
	// WebSocket holds the limits of connections. Its OnSlow is taken: use Hooks.
	WebSocket ws.Options
}

// EnsureDefaults sets what is unset.
func (o *Options) EnsureDefaults() {
	if o.Hooks == nil {
		o.Hooks = noHooks{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = engineio.SystemClock{}
	}
	setDefault(&o.ConnectTimeout, 45*time.Second)
	setDefault(&o.RefuseDelay, 500*time.Millisecond)
	setDefault(&o.MaxInFlight, 64)
	setDefault(&o.MaxInFlightBytes, 1<<20)
	o.WebSocket.OnSlow = o.Hooks.OnSlow
}

func setDefault[T ~int | ~int64](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

func (o *Options) engine(open func(*engineio.Session, engineio.Handshake) engineio.Handler) engineio.Options {
	return engineio.Options{
		Open: open, Clock: o.Clock, MaxPolling: o.MaxPolling, SIDPrefix: o.SIDPrefix, Return: o.Return, WebSocket: o.WebSocket,
		PingInterval: o.PingInterval, PingTimeout3: o.PingTimeout3, PingTimeout4: o.PingTimeout4,
	}
}
