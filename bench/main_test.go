package bench

import (
	"testing"

	"go.uber.org/goleak"
)

// Benchmarks of one run share its process: a goroutine that one leaves behind would be paid for by the next.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// protoactor's throttles sleep to the end of their period; nothing can wake them.
		goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/cluster.(*Gossiper).StartGossiping.NewThrottle.func3.1"),
		goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"),
	)
}
