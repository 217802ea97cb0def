package system

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

const (
	// roomHosts make rooms side by side, each with a guest of its own. After roomsPerHost others take their places.
	roomHosts, roomsPerHost = 8, 200
	// roomsGone is after what time without traffic nothing of a room may be left: the window, that of ids, which go a window at a time,
	// and what a bucket and its deletion take.
	roomsGone = 2*shortest + 40*time.Second
)

// roomsToUse is how many rooms are used; the soak has 100,000.
func roomsToUse() int {
	if os.Getenv("PARLEY_SOAK") != "" {
		return 100_000
	}
	return 1600
}

// Rooms that were opened, joined, given attributes, talked in, left and deleted leave nothing behind once the window has passed: in the
// tables of the store there is what the users have who were in them, and no more; no room is awake; and the heap of the server is
// about what it was after the first tenth. Nor does a search find one. Users remember for an hour of their logs that they were in a room
// (package user), which is in their states, and no more than that is.
func TestRooms_LeaveNothingBehind(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t, "--retention", shortest.String())
	rooms := roomsToUse()
	hosts := make([]*host, roomHosts)
	for i := range hosts {
		hosts[i] = &host{t: t, n: n, place: i}
	}
	began := time.Now()
	useRooms(hosts, rooms/10)
	first := heapMiB(n)
	useRooms(hosts, rooms-rooms/10)
	t.Logf("%d rooms in %v; keys %v", rooms, time.Since(began).Round(time.Second), keysOf(t, n))
	for _, h := range hosts {
		h.leave()
	}
	over := time.Now().Add(roomsGone)
	var left map[string]table
	for left = keysOf(t, n); (roomsAwake(n) > 0 || !nothingOfRooms(left, rooms)) && time.Now().Before(over); left = keysOf(t, n) {
		<-time.After(2 * time.Second)
	}
	t.Logf("%v after the last: keys %v; heap %.0f MiB, %.0f after the first tenth", roomsGone-time.Until(over).Round(time.Second), left, heapMiB(n), first)
	if !nothingOfRooms(left, rooms) {
		t.Errorf("of %d rooms that are gone there is left: %v", rooms, left)
	}
	if awake := roomsAwake(n); awake > 0 {
		t.Errorf("%v rooms are awake", awake)
	}
	if found := n.Client().Expect(http.MethodGet, "/rooms?game=chess", http.StatusOK); found != "[]" {
		t.Errorf("rooms are found: %.200s", found)
	}
	// NB: with the race detector Pebble's block cache is in Go's heap.
	if now := heapMiB(n); now > first+heapSlackMiB+float64(rooms*perRoomHeap)/(1<<20) && !servertest.RaceDetector {
		t.Errorf("the heap has %.0f MiB, and had %.0f after the first tenth", now, first)
	}
}

// perRoomHeap is what the store's caches of addresses keep for a room, gone or not, until they are full, in bytes (eventlog/store/shard.go:
// cachedAddresses; a profile of 100,000 rooms has 32 MiB). That they do not grow any further is shown with a million objects by package
// eventlog.
const perRoomHeap = 400

// perMembership is about what a state takes for a room that its user was in within an hour, in bytes.
const perMembership = 64

// nothingOfRooms reports whether the tables hold what the users have at most: a head, a state of some hundred bytes, and a record.
func nothingOfRooms(tables map[string]table, rooms int) bool {
	users := uint64(2 * roomHosts * ((rooms/roomHosts + roomsPerHost - 1) / roomsPerHost))
	for name, most := range map[string]uint64{
		"heads": users, "snapshots": users, "records": users, "entries": 0, "ids": 0, "graves": 0, "owed": 0, "carried": users,
		"partial snapshots": 0, "index": 0,
	} {
		if tables[name].Keys > most {
			return false
		}
	}
	return tables["snapshots"].Bytes <= users*1024+2*uint64(rooms)*perMembership
}

// host makes rooms, one after the other.
type host struct {
	t *testing.T
	n *servertest.Node
	// place says which one it is, used how many rooms there were.
	place, used int
	name, guest string
	ear, other  *ear
}

// enter has other users take the places of those before.
func (h *host) enter() {
	h.leave()
	h.name, h.guest = fmt.Sprintf("host%d-%d", h.place, h.used), fmt.Sprintf("guest%d-%d", h.place, h.used)
	h.ear, h.other = visit(h.t, h.n, as(h.name)), visit(h.t, h.n, as(h.guest))
}

func (h *host) leave() {
	if h.ear != nil {
		h.ear.Cut()
		h.other.Cut()
	}
}

func useRooms(hosts []*host, rooms int) {
	var all sync.WaitGroup
	for _, h := range hosts {
		all.Go(func() {
			for range rooms / len(hosts) {
				h.useRoom()
			}
		})
	}
	all.Wait()
}

// useRoom has a room opened, joined, changed, talked in, left and deleted.
func (h *host) useRoom() {
	if h.used%roomsPerHost == 0 {
		h.enter()
	}
	h.used++
	api := rest(h.n)
	id := ""
	h.do(api, http.MethodPost, "/rooms", map[string]any{"name": "a game", "members": []string{h.name}}, &id)
	h.do(api, http.MethodPost, "/rooms/"+id+"/members", map[string]any{"members": []string{h.guest}}, nil)
	h.do(api, http.MethodPut, "/rooms/"+id+"/attributes", map[string]any{"game": "chess", "level": 3}, nil)
	sayAndWait(h.t, h.ear.Conn, client.TextTo(to(id, client.Room), "your move"))
	h.do(api, http.MethodDelete, "/rooms/"+id+"/members/"+h.guest, nil, nil)
	h.do(api, http.MethodDelete, "/rooms/"+id, nil, nil)
}

func (h *host) do(api client.REST, method, path string, body, answer any) {
	status, text, err := api.Send(h.t.Context(), method, path, body)
	if err == nil && answer != nil {
		err = json.Unmarshal(text, answer)
	}
	if err != nil || status/100 != 2 {
		h.t.Errorf("%s %s: %d %s %v", method, path, status, text, err)
	}
}

// table is how much a table of the store has, over all shards of actors.
type table struct{ Keys, Bytes uint64 }

func keysOf(t *testing.T, n *servertest.Node) map[string]table {
	t.Helper()
	var d struct {
		Shards []struct {
			Shard  uint32
			Tables []struct {
				Table       string
				Keys, Bytes uint64
			}
		}
	}
	if err := json.Unmarshal([]byte(n.AdminPage("/v1/cluster/digests")), &d); err != nil {
		t.Fatal(err)
	}
	tables := map[string]table{}
	for _, s := range d.Shards {
		for _, of := range s.Tables {
			if sum := tables[of.Table]; s.Shard > 0 {
				tables[of.Table] = table{sum.Keys + of.Keys, sum.Bytes + of.Bytes}
			}
		}
	}
	return tables
}

// roomsAwake is how many rooms are in memory: they fall asleep two minutes after they were used.
func roomsAwake(n *servertest.Node) float64 { return n.Metrics()[`parley_actors{kind="room"}`] }

func heapMiB(n *servertest.Node) float64 {
	n.CollectGarbage()
	return n.Metrics()["go_memstats_heap_alloc_bytes"] / (1 << 20)
}
