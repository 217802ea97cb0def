package actors_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// protoactor's dead letter throttle ends by itself with its next tick, whatever the system does.
		goleak.IgnoreAnyFunction("github.com/asynkron/protoactor-go/actor.NewDeadLetter.NewThrottle.func4.1"),
		// A command to a node that the test killed waits for its time-out.
		goleak.IgnoreAnyFunction("github.com/parley-im/parley/actors_test.(*life).play.func1"),
		goleak.IgnoreAnyFunction("github.com/parley-im/parley/actors_test.(*life).Call.func1"),
	)
}
