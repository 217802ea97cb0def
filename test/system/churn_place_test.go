package system

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/parley-im/parley/test/client"
)

const (
	// slotsPerKind is how many groups, and how many rooms, there are at once.
	slotsPerKind = 8
	// maxVisits wear a group or room out. Two users come with each visit, so that a group of 50 has room for all.
	maxVisits = 16
)

// errGone says that a place was deleted, which excuses what it did not answer as usual.
var errGone = errors.New("the place is gone")

// place is a group or a room, or where two talk: friends, strangers, or a passenger and a user.
type place struct {
	kind      int
	id, owner string
	// gone is closed before the deletion is asked for; nil = there will be none.
	gone chan struct{}
	// visits is guarded by the slot.
	visits int
}

func (p *place) ofTwo() bool { return p.kind != client.Group && p.kind != client.Room }

func (p *place) path() string {
	if p.kind == client.Group {
		return "/groups/" + p.id
	}
	return "/rooms/" + p.id
}

// excuse returns errGone for a refusal by a place that is being deleted, else err.
func (p *place) excuse(err error) error {
	select {
	case <-p.gone:
		return errGone
	default:
		return err
	}
}

// refused is excuse for what came of a request: only the answer that nothing is there is excused.
func (p *place) refused(err error) error {
	var s *statusError
	if errors.As(err, &s) && s.status == http.StatusNotFound {
		return p.excuse(err)
	}
	return err
}

// slot has one group or room at a time.
type slot struct {
	kind int
	// mu is held while the place is replaced, too: nobody visits what is worn out.
	mu    sync.Mutex
	place *place
}

// take returns the place of s to visit. One that is worn out is deleted, whoever is still there, and w makes another.
func (s *slot) take(w *worker) (*place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.place == nil || s.place.visits == maxVisits {
		next, err := w.make(s.kind)
		if err != nil {
			return nil, err
		}
		if err := w.remove(s.place); err != nil {
			return nil, err
		}
		s.place = next
	}
	s.place.visits++
	return s.place, nil
}

// make makes a group or room of users who are mostly not there.
func (w *worker) make(kind int) (*place, error) {
	p := &place{kind: kind, gone: make(chan struct{})}
	body := map[string]any{"members": []string{w.user(), w.user()}}
	path := "/rooms"
	if kind == client.Group {
		p.owner, path = w.user(), "/groups"
		body["owner"] = p.owner
	}
	if err := w.ask(http.MethodPost, path, body, http.StatusOK, &p.id); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.made[kind]++
	return p, nil
}

func (c *churn) remove(p *place) error {
	if p == nil {
		return nil
	}
	close(p.gone)
	if err := c.ask(http.MethodDelete, p.path(), nil, http.StatusNoContent, nil); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.ended[p.kind] = append(c.mu.ended[p.kind], time.Now())
	return nil
}

// asleepAfter is when an actor that nobody needs is surely gone: after two minutes, when its owner looks, which a busy
// machine may delay.
const asleepAfter = 2*time.Minute + 20*time.Second

// bounds returns how many actors of each kind there may be.
func (c *churn) bounds() map[string]float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	recent := func(kind int) float64 {
		n := c.mu.made[kind] // passengers whose id was drawn, too
		for _, at := range c.mu.ended[kind] {
			if time.Since(at) > asleepAfter {
				n--
			}
		}
		return float64(n)
	}
	const readyz = 1 // the user that /readyz asks for
	return map[string]float64{
		"user": crowd + readyz, "passenger": regulars + recent(client.Passenger),
		"dialog": crowd/2 + crowd/2 + regulars + recent(client.Passenger), // friends, strangers, passengers with their user
		"device": phones, "group": recent(client.Group), "room": recent(client.Room),
	}
}
