package system

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/servertest"
)

const (
	// largeRoom is more than one answer of an actor names, and, with ids of 128 characters, more than leave by one command.
	largeRoom = 18_000
	// guestsOfRoom come and go while the members are read.
	guestsOfRoom = 40
)

// A room of many members is filled by calls of thousands, and read page by page, while others come and go: who stays is met once, in
// the order of joining. Killed and started again the server answers the same pages, by the same numbers; a description names
// all of them. Deleted, it is gone at once, and in the end nobody is in it.
func TestRooms_LargeOnesAreReadPageByPage(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t, "--limit-room-members", "100000")
	var room string
	if err := json.Unmarshal([]byte(n.Client().Do(http.MethodPost, "/rooms", "{}").Body), &room); err != nil {
		t.Fatal(err)
	}
	path := "/rooms/" + room
	all := make([]string, largeRoom)
	for i := range all {
		all[i] = fmt.Sprintf("m%0*d", im.MaxIDLen-1, i)
	}
	for part := range slices.Chunk(all, 3000) {
		body, _ := json.Marshal(map[string]any{"members": part})
		servertest.Eventually(t, "they join", func() bool {
			a := n.Client().Do(http.MethodPost, path+"/members", string(body))
			if a.Status != http.StatusCreated && a.Status != http.StatusServiceUnavailable { // those before are still being told
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			return a.Status == http.StatusCreated
		})
	}
	stop := comeAndGo(n, path)
	met, _ := readPages(t, n, path, 1000)
	if n := stop(); n < guestsOfRoom {
		t.Errorf("%d came while members were read: the test proves little", n)
	}
	met = slices.DeleteFunc(met, func(u string) bool { return strings.HasPrefix(u, "guest-") })
	sameList(t, "read while others came and went", met, all)

	_, before := readPages(t, n, path, 700)
	n.Kill()
	n.Restart()
	_, after := readPages(t, n, path, 700)
	if !slices.Equal(before, after) {
		t.Errorf("pages end with %v, and after a kill with %v", before, after)
	}
	var described struct{ Members []string }
	if err := json.Unmarshal([]byte(insist(t, n, http.MethodGet, path, http.StatusOK)), &described); err != nil {
		t.Fatal(err)
	}
	sameList(t, "described", described.Members, all)

	insist(t, n, http.MethodDelete, path, http.StatusNoContent, http.StatusNotFound) // not found when it was deleted without an answer
	insist(t, n, http.MethodGet, path+"/members", http.StatusNotFound)
	for _, u := range []string{all[0], all[len(all)-1]} {
		var rooms string
		servertest.Eventually(t, "nobody is in it", func() bool {
			rooms = insist(t, n, http.MethodGet, "/ctx/"+u+"/rooms", http.StatusOK)
			return rooms == "[]"
		})
	}
}

// comeAndGo lets guests join and leave until it is stopped, which says how often one joined.
func comeAndGo(n *servertest.Node, path string) (stop func() int) {
	var going sync.WaitGroup
	enough, first := make(chan struct{}), make(chan struct{})
	joined := 0
	going.Go(func() {
		for {
			for g := range guestsOfRoom {
				guest := fmt.Sprint(path, "/members/guest-", g)
				n.Client().Do(http.MethodPost, guest, "")
				if joined++; g%2 == 0 {
					n.Client().Do(http.MethodDelete, guest, "")
				}
			}
			for g := range guestsOfRoom {
				n.Client().Do(http.MethodDelete, fmt.Sprint(path, "/members/guest-", g), "")
			}
			select {
			case <-enough:
				return
			case first <- struct{}{}:
			default:
			}
		}
	})
	return func() int {
		close(enough)
		going.Wait()
		return joined
	}
}

// insist asks until a node answers that is busy, as one that tells 18,000 something may be for a while, and wants one of these answers.
func insist(t *testing.T, n *servertest.Node, method, target string, want ...int) (body string) {
	t.Helper()
	servertest.Eventually(t, method+" is answered", func() bool {
		a := n.Client().Do(method, target, "")
		if a.Status != http.StatusServiceUnavailable && !slices.Contains(want, a.Status) {
			t.Fatalf("%s %s: %d %.200s, want one of %d", method, target, a.Status, a.Body, want)
		}
		body = a.Body
		return a.Status != http.StatusServiceUnavailable
	})
	return body
}

// readPages goes through all pages of members; ends are the numbers with which they end.
func readPages(t *testing.T, n *servertest.Node, path string, limit int) (members []string, ends []uint64) {
	t.Helper()
	page := struct {
		Members []string
		Last    uint64
		More    bool
	}{More: true}
	for page.More {
		target := fmt.Sprintf("%s/members?limit=%d&after=%d", path, limit, page.Last)
		page.Members = nil
		if err := json.Unmarshal([]byte(insist(t, n, http.MethodGet, target, http.StatusOK)), &page); err != nil {
			t.Fatal(err)
		}
		members, ends = append(members, page.Members...), append(ends, page.Last)
	}
	return members, ends
}

// sameList complains at the first place where got is not want.
func sameList(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s: %d members, want %d; they differ from the %dth on", what, len(got), len(want), i)
		}
	}
}
