package bench

import (
	"testing"

	"go.uber.org/goleak"
)

// Benchmarks of one run share its process: a goroutine that one leaves behind would be paid for by the next.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// protoactor's dead letter throttle ends by itself with its next tick, whatever the system does.
		goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"),
	)
}
