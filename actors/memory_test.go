package actors_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// crowd is users of one owner, and ways to ask which of their activations are in memory.
type crowd struct {
	*life
	owner    *actor.PID
	inMemory []func() bool
}

// come logs users in. The last stays when the others have gone: what appended last the log in memory holds on to.
func (c *crowd) come(users int) {
	c.t.Helper()
	c.hub.setPresent(im.User(app, im.UserID(fmt.Sprint("user", users-1))), true)
	for i := range users {
		ask := &pb.Activate{Address: pb.NewAddress(im.User(app, im.UserID(fmt.Sprint("user", i))))}
		res, err := c.system.Root.RequestFuture(c.owner, ask, patient).Result()
		if err != nil {
			c.t.Fatal(err)
		}
		pid := actor.NewPID(c.system.Address(), res.(*pb.Activated).Actor)
		if res, err = c.system.Root.RequestFuture(pid, login(), patient).Result(); err != nil || res.(*pb.Reply).Error != 0 {
			c.t.Fatal(res, err)
		}
	}
}

// kept returns how many activations are in memory after a collection.
func (c *crowd) kept() (n int) {
	synctest.Wait()
	for range 3 { // a sync.Pool holds what it has for two collections
		runtime.GC()
	}
	for _, is := range c.inMemory {
		if is() {
			n++
		}
	}
	return n
}

// Of a crowd that has come and gone, minutes later no activation is in memory but that of the one user who stayed. That
// goes for a second crowd, too, on the tables that the first has left.
//
// Checked by breaking it: without the clear in letGo, or with o.retired cut from the front instead of dropFront, half the
// crowd is still there; with neither all of it.
func TestOwner_KeepsNothingOfActorsThatEnded(t *testing.T) {
	withoutDelay(t, func(t *testing.T) {
		c := &crowd{life: begin(t, newLog(t), newHub(), 1, nil)}
		seen := c.host.OwnerSeen(1, 2, func(inMemory func() bool) { c.inMemory = append(c.inMemory, inMemory) })
		var err error
		if c.owner, err = c.system.Root.SpawnNamed(seen, "seen"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.system.Root.StopFuture(c.owner).Wait() })
		const users = 500
		for round := range 2 {
			c.come(users)
			if got := c.kept(); got != users {
				t.Fatalf("round %d: %d activations of %d users are in memory", round, got, users)
			}
			<-time.After(3 * time.Minute)
			if got := c.kept(); got != 1 {
				t.Errorf("round %d: %d activations are in memory when all users but one have gone", round, got)
			}
			c.inMemory = c.inMemory[users-1:] // who stayed is not seen again
		}
	})
}
