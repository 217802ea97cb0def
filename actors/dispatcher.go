package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/internal/crew"
)

// throughput is how many messages an actor takes before others have their turn, as protoactor has it.
const throughput = 300

// dispatcher runs mailboxes in warm goroutines.
type dispatcher struct{ crew crew.Crew }

var _ actor.Dispatcher = (*dispatcher)(nil)

// Schedule implements actor.Dispatcher.
func (d *dispatcher) Schedule(work func()) { d.crew.Go(work) }

// Throughput implements actor.Dispatcher.
func (*dispatcher) Throughput() int { return throughput }
