package hostile

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

const (
	// guesses is how many wrong keys are tried, guessers how many try at once.
	guesses  = 10_000 / servertest.Slowdown
	guessers = 1000 / servertest.Slowdown
)

// Ten thousand wrong keys, as fast as they can be tried, are all refused with 5003 and told to stay away (section 4);
// meanwhile whoever has the right key gets in at once.
func TestLogin_TenThousandWrongKeysKeepNobodyOut(t *testing.T) {
	s := lay(t)
	var next, refused atomic.Int64
	var all sync.WaitGroup
	for range guessers {
		all.Go(func() {
			for i := next.Add(1); i <= guesses; i = next.Add(1) {
				if err := s.guess(t.Context(), i); err != nil {
					t.Errorf("guess %d: %v", i, err)
					return
				}
				refused.Add(1)
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	logins, slowest := s.comeAndGo(done)
	if refused.Load() != guesses {
		t.Errorf("%d were refused, want %d", refused.Load(), guesses)
	}
	t.Logf("%d good logins meanwhile, in %v at most", logins, slowest)
}

// guess logs in with a wrong key.
func (s *siege) guess(ctx context.Context, i int64) error {
	ctx, cancel := context.WithTimeout(ctx, servertest.Patience)
	defer cancel()
	c, err := client.Dial(ctx, client.Options{
		Addr: s.Listen, App: servertest.App, User: "tom", Sign: client.SignNow(fmt.Sprint("guess", i)), Revision: 3 + int(i%2),
	})
	var no *client.RefusedError
	if !errors.As(err, &no) || no.Code != 5003 || !c.Dismissed() {
		return fmt.Errorf("answered %w, want a refusal with 5003", err)
	}
	return nil
}

// comeAndGo logs in with the right key, again and again, until done.
func (s *siege) comeAndGo(done chan struct{}) (logins int, slowest time.Duration) {
	s.t.Helper()
	for {
		select {
		case <-done:
			return logins, slowest
		default:
		}
		began := time.Now()
		s.dial("guest", client.Options{}).Cut()
		logins, slowest = logins+1, max(slowest, time.Since(began))
	}
}
