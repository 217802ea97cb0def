package fanout

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// Protocol is how one kind of server is spoken to; all that a run knows of a server it knows from here. MaxIM is parley's. Members
// and rooms are numbers, from 0 on; which members are in which room is for the run to say.
//
// Greet is called by many goroutines at once, Publish and Cut by several, and so are Join and Leave for rooms that there are; the
// others by one at a time. What Publish and Cut cost,
// the client costs: they are called for every broadcast, and for every frame that arrives.
type Protocol interface {
	// Name is what results call the protocol: "Engine.IO 4".
	Name() string
	// Addr is where members connect by TCP, HOST:PORT.
	Addr() string
	// Greet makes a fresh connection that of a member who may say and hear: it upgrades it, logs in, and waits for the answers.
	// Somebody else has set its deadline. early is what was read behind the last answer; it belongs to the caller.
	Greet(conn net.Conn, member int) (early []byte, err error)
	// Beat is what a client sends on its own to stay alive, and how often; 0 = nothing. It is asked when all are greeted.
	Beat() (frame []byte, every time.Duration)
	// Join makes members, who are greeted, hear what is said in a room; the first call for a room makes it. Leave makes them deaf
	// to it. They return when the server has said so, if it says so at all. write writes frames over a member's connection.
	Join(ctx context.Context, room int, members []int, write Write) error
	Leave(ctx context.Context, room int, members []int, write Write) error
	// Publish appends to dst the frame by which a member says body in its room. asking says that the server is to answer whether it
	// takes that, where it can. body is text that no JSON encoder escapes.
	Publish(dst []byte, room int, body []byte, asking bool) []byte
	// Echoes says that those who say something hear it, too.
	Echoes() bool
	// Cut finds the first frame of b, which a server has sent, without decoding more of it than needed. The error says that the
	// connection is of no more use; a *Closed that the server has said so.
	Cut(b []byte) (Frame, error)
	// Bye is what a client sends before it closes the connection; nil = nothing.
	Bye() []byte
	// Done takes back from the server what Join has made there. Nobody is connected any more.
	Done(ctx context.Context)
}

// Write writes frames over the connection of a member. It blocks while the server does not read.
type Write func(member int, frames []byte) error

// Frame is the beginning of what a server has sent. Its slices are parts of that, or constant.
type Frame struct {
	// Size is how many bytes the frame takes; 0 = it is not all there yet.
	Size int
	// Payload is where bodies may be, one or many; nil = there is none.
	Payload []byte
	// Answer is to be written back; nil = nothing. A heartbeat has one.
	Answer []byte
	// Refused says that Payload is how the server refused a publication that asked.
	Refused bool
}

// Closed is how a server has ended a connection in good order.
type Closed struct {
	// Code is its reason for programs, that of a WebSocket's close frame; Text the one for people, "" = none.
	Code int
	Text string
}

func (c *Closed) code() string { return strconv.Itoa(c.Code) }

// Error implements error.
func (c *Closed) Error() string {
	return fmt.Sprintf("the server closed the connection (%d %s)", c.Code, c.Text)
}
