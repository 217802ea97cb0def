package crew

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// All work is done, however much of it comes at once, and who is not needed goes. Checked by breaking it: with a dismissal
// that ends who was needed meanwhile, work is lost; without one, goroutines are left, and synctest complains.
func TestCrew_DoesAllWorkAndGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &Crew{}
		for round := range 20 {
			var done sync.WaitGroup
			for range 10 * round * round {
				done.Add(1)
				c.Go(done.Done)
			}
			done.Wait()
			synctest.Wait()
			if resting := c.resting(); resting > maxResting {
				t.Fatalf("%d are resting", resting)
			}
			<-time.After(time.Duration(round) * restTime / 7) // synctest's time
		}
		<-time.After(2 * restTime)
		synctest.Wait()
		if resting := c.resting(); resting != 0 {
			t.Errorf("%d are resting after twice the time", resting)
		}
	})
}

func (c *Crew) resting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.mu.resting)
}

// BenchmarkCrew_Go asks what a burst costs that needs some kilobytes of stack.
func BenchmarkCrew_Go(b *testing.B) {
	for name, schedule := range map[string]func(func()){
		"crew": (&Crew{}).Go, "goroutines": func(work func()) { go work() },
	} {
		b.Run(name, func(b *testing.B) {
			done := make(chan struct{})
			for b.Loop() {
				schedule(func() {
					deep(60)
					done <- struct{}{}
				})
				<-done
			}
		})
	}
}

// deep takes n times some hundred bytes of stack.
func deep(n int) (sum byte) {
	var frame [200]byte
	frame[n%len(frame)] = byte(n)
	if n > 0 {
		frame[0] += deep(n - 1)
	}
	return frame[0] + frame[n%len(frame)]
}
