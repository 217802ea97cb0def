package baddays

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// Free space as the disk says it, with the reserve of 512 MiB.
const (
	plenty  = `{"free":1073741824}`
	nearly  = `{"free":104857600}`
	notYet  = `{"free":629145600}` // above the reserve, and less than a quarter above
	diskLow = "disk: nearly full: 100 MiB are free, 640 MiB must be (--min-free-disk)"
)

// The disk is nearly full. What would grow is refused with 5014, and /readyz says why; reads, logins, rooms' messages and
// whatever ends something go on, also on a node that starts like that. A little more room is not enough, then all goes on
// by itself, and what was refused is stored once.
//
// Checked by breaking it: without room in eventlog.Append everything is taken; without im.Append.Relief leaving is
// refused; without the quarter in disk.wanted the node is ready with notYet.
func TestNearlyFullDisk_RefusesWhatGrowsAndServesTheRest(t *testing.T) {
	n := servertest.Start(t)
	l := begin(t, n)
	r := enter(t, n)
	l.await(300)
	p := &poll{t, n}
	p.want(http.StatusOK, 0, http.MethodPost, "/ctx/spike/friends/tom0")
	command(t, n, nearly)
	p.unready(diskLow)
	p.refused()
	p.served(l)
	p.want(http.StatusNoContent, 0, http.MethodDelete, "/rooms/"+r.to.ID+"/members/butch")
	p.want(http.StatusServiceUnavailable, overloaded, http.MethodPost, "/rooms/"+r.to.ID+"/members/butch")
	r.chat(500 * time.Millisecond)

	n.Kill()
	t.Setenv("PARLEY_FAULTS", nearly)
	n.Launch()
	t.Setenv("PARLEY_FAULTS", "")
	p.unready(diskLow)
	p.refused()
	p.served(l)
	p.want(http.StatusNoContent, 0, http.MethodDelete, "/ctx/spike/friends/tom0")

	command(t, n, notYet)
	p.unready("disk: nearly full: 600 MiB are free, 640 MiB must be")
	p.refused()
	command(t, n, plenty)
	n.AwaitReady()
	l.await(100)
	p.want(http.StatusOK, 0, http.MethodPost, "/ctx/spike/friends/butch")
	p.list("/ctx/spike/friends", `["butch"]`)
	p.list("/ctx/butch/rooms", `[]`)
	if refused := l.finish(); refused[overloaded] == 0 {
		t.Errorf("nobody was refused with %d: %v", overloaded, refused)
	}
}

// poll asks a node.
type poll struct {
	t *testing.T
	n *servertest.Node
}

// want makes a request and compares the answer's status and error code.
func (p *poll) want(status, code int, method, path string) {
	p.t.Helper()
	got, body, err := rest(p.n).Do(p.t.Context(), method, path)
	if err != nil || got != status || client.ErrorCode(body) != code {
		p.t.Errorf("%s %s: %d %s %v, want %d with error code %d", method, path, got, body, err, status, code)
	}
}

// unready waits until /readyz says this line and no other.
func (p *poll) unready(line string) {
	p.t.Helper()
	servertest.Eventually(p.t, "/readyz says "+line, func() bool {
		res, err := http.Get(p.n.URL() + "/readyz") //nolint:noctx // a test's
		if err != nil {
			return false
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		return res.StatusCode == http.StatusServiceUnavailable && strings.HasPrefix(string(text), line) &&
			strings.Count(strings.TrimSpace(string(text)), "\n") == 0
	})
}

// refused asks for what grows.
func (p *poll) refused() {
	p.t.Helper()
	before := p.n.Metrics()["parley_disk_refusals_total"]
	p.want(http.StatusServiceUnavailable, overloaded, http.MethodPost, "/ctx/spike/friends/butch")
	if after := p.n.Metrics()["parley_disk_refusals_total"]; after <= before {
		p.t.Errorf("parley_disk_refusals_total is %v, was %v", after, before)
	}
}

// served asks for what does not grow.
func (p *poll) served(l *talk) {
	p.t.Helper()
	for _, k := range l.talkers[:4] {
		if len(l.history(k)) == 0 {
			p.t.Errorf("%s has no history", k.conversation)
		}
	}
	p.want(http.StatusOK, 0, http.MethodGet, "/ctx/spike/friends")
	conn, err := dial(p.t.Context(), p.n, "spike", nil)
	if err != nil {
		p.t.Fatalf("log in: %v", err)
	}
	conn.Cut()
}

// list wants a list as JSON.
func (p *poll) list(path, want string) {
	p.t.Helper()
	if _, body, err := rest(p.n).Do(p.t.Context(), http.MethodGet, path); err != nil || string(body) != want {
		p.t.Errorf("GET %s: %s %v, want %s", path, body, err, want)
	}
}
