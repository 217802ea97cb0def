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
	if err := json.Unmarshal([]byte(n.Client().Expect(http.MethodGet, path, http.StatusOK)), &described); err != nil {
		t.Fatal(err)
	}
	sameList(t, "described", described.Members, all)

	n.Client().Expect(http.MethodDelete, path, http.StatusNoContent)
	servertest.Eventually(t, "it is gone", func() bool {
		a := n.Client().Do(http.MethodGet, path+"/members", "")
		if a.Status == http.StatusOK { // a node that is busy telling 18,000 may say for a while that it cannot tell
			t.Fatalf("what was deleted is there: %.80s", a.Body)
		}
		return a.Status == http.StatusNotFound
	})
	for _, u := range []string{all[0], all[len(all)-1]} {
		var rooms string
		servertest.Eventually(t, "nobody is in it", func() bool {
			rooms = n.Client().Expect(http.MethodGet, "/ctx/"+u+"/rooms", http.StatusOK)
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

// readPages goes through all pages of members; ends are the numbers with which they end. A page that a busy node does not
// answer in time is asked for again.
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
		servertest.Eventually(t, "a page is read", func() bool {
			a := n.Client().Do(http.MethodGet, target, "")
			if a.Status == http.StatusServiceUnavailable {
				return false
			}
			if err := json.Unmarshal([]byte(a.Body), &page); err != nil || a.Status != http.StatusOK {
				t.Fatalf("%d %.200s", a.Status, a.Body)
			}
			return true
		})
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
