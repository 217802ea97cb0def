package model

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// question asks the server something, on any goroutine, and returns what judges the answer on the world's.
type question func(ctx context.Context, r client.REST) (judge func() []string)

// askers is how many questions are under way at once.
const askers = 4

// ask puts all questions and returns the faults, in the order of the questions.
func (w *world) ask(questions ...question) (faults []string) {
	ctx, cancel := context.WithTimeout(w.t.Context(), servertest.Patience)
	defer cancel()
	judges := make([]func() []string, len(questions))
	free := make(chan struct{}, askers)
	var asking sync.WaitGroup
	for i, q := range questions {
		free <- struct{}{}
		asking.Go(func() {
			judges[i] = q(ctx, w.rest)
			<-free
		})
	}
	asking.Wait()
	for _, judge := range judges {
		faults = append(faults, judge()...)
	}
	return faults
}

// settle asks until there are no faults, for what is true a moment later only, and returns those that remain when
// patience ends.
func (w *world) settle(patience time.Duration, faults func() []string) []string {
	late := time.NewTimer(patience)
	defer late.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		found := faults()
		if len(found) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-late.C:
			return found
		}
	}
}

// reply is what came of a GET.
type reply struct {
	path   string
	status int
	body   []byte
	err    error
}

// get asks for path and decodes a success into v.
func get(ctx context.Context, r client.REST, path string, v any) reply {
	a := reply{path: path}
	a.status, a.body, a.err = r.Do(ctx, http.MethodGet, path)
	if a.err == nil && a.status == http.StatusOK {
		a.err = json.Unmarshal(a.body, v)
	}
	return a
}

// judge returns the faults of a success, when the thing exists, or that the answer is none.
func (a reply) judge(exists bool, faults func() []string) []string {
	status, code := http.StatusOK, 0
	if !exists {
		status, code = http.StatusNotFound, unknown
	}
	if got := client.ErrorCode(a.body); a.err != nil || a.status != status || got != code {
		return []string{fmt.Sprintf("GET %s: expected %d, code %d, got %d %s %v", a.path, status, code, a.status, a.body, a.err)}
	}
	if !exists {
		return nil
	}
	return faults()
}
