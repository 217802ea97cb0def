package model

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// world is a server, the sessions at it, and the model of both. One goroutine takes the steps and owns everything but
// the mail.
type world struct {
	t     *testing.T
	seed  uint64
	rng   *rand.Rand
	node  *servertest.Node
	http  *http.Transport
	rest  client.REST
	model *model
	mail  *mail
	live  []*session
	app   *session // what the app itself says comes from
	// cut are creations that a kill cut off: nobody knows their ids, or whether they were.
	cut []gathering

	step     int
	numbers  int      // drawn so far, for what must have a name of its own
	diary    []string // what was done, the last of it
	counts   map[string]int
	restarts []time.Duration
	began    time.Time
}

// names are the users; nobody is none of them.
var names = []string{
	"butch", "george", "jerry", "joan", "lightning", "nibbles", "quacker", "spike", "toodles", "tom", "topsy", "tuffy",
}

const nobody = "nobody"

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, seed: number(t, "PARLEY_SEED", rand.Uint64()), model: newModel(), mail: newMail(),
		app: newSession(0, manner{user: "the app"}), counts: make(map[string]int), began: time.Now(), http: &http.Transport{MaxIdleConnsPerHost: 2 * askers},
	}
	t.Logf("PARLEY_SEED=%d repeats this run's choices", w.seed)
	w.rng = rand.New(rand.NewPCG(w.seed, 0))
	w.node = servertest.Start(t, "--limit-group-members", strconv.Itoa(groupLimit), "--limit-room-members", strconv.Itoa(roomLimit))
	w.rest = client.REST{
		URL: w.node.URL(), App: servertest.App, Key: servertest.ClientKey, HTTP: &http.Client{Transport: w.http},
	}
	t.Cleanup(w.http.CloseIdleConnections)
	return w
}

// number returns the environment's number of that name, or other.
func number(t *testing.T, name string, other uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return other
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// next draws a number that was not drawn before.
func (w *world) next() int {
	w.numbers++
	return w.numbers
}

// maxFaults is how many faults a failure prints.
const maxFaults = 20

// diaryLines is how much of what was done a failure prints.
const diaryLines = 25

// note writes down what is done.
func (w *world) note(format string, args ...any) {
	if len(w.diary) == diaryLines {
		w.diary = w.diary[1:]
	}
	w.diary = append(w.diary, fmt.Sprintf("%5d ", w.step)+fmt.Sprintf(format, args...))
}

// must ends the test when there are faults.
func (w *world) must(faults []string) {
	if len(faults) == 0 {
		return
	}
	w.t.Helper()
	faults = faults[:min(len(faults), maxFaults)] // the first ones say enough
	w.t.Fatalf("step %d of PARLEY_SEED=%d:\n  %s\nwhat was done, the last of it:\n%s\nthe server's last lines:\n%s",
		w.step, w.seed, strings.Join(faults, "\n  "), strings.Join(w.diary, "\n"), tail(w.node.Stderr()))
}

// mustf ends the test with one fault unless ok.
func (w *world) mustf(ok bool, format string, args ...any) {
	if !ok {
		w.t.Helper()
		w.must([]string{fmt.Sprintf(format, args...)})
	}
}

// tail returns the last lines of text.
func tail(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-diaryLines):], "\n")
}

// count counts something that was done.
func (w *world) count(what string) { w.counts[what]++ }

// report prints what the run came to.
func (w *world) report() {
	var lines []string
	for _, what := range slices.Sorted(maps.Keys(w.counts)) {
		lines = append(lines, fmt.Sprintf("%6d %s", w.counts[what], what))
	}
	w.mail.mu.Lock()
	defer w.mail.mu.Unlock()
	w.t.Logf("%d steps in %v, %d restarts %v, %d messages, heard %d times\n%s", w.step, time.Since(w.began).Round(time.Second),
		len(w.restarts), w.restarts, len(w.mail.letters), w.mail.heard, strings.Join(lines, "\n"))
}

// chance is true p times of a hundred.
func (w *world) chance(p int) bool { return w.rng.IntN(100) < p }

// oneOf draws one of a list that is not empty.
func oneOf[T any](w *world, list []T) T { return list[w.rng.IntN(len(list))] }

// some draws at most n of a list, each once, in any order.
func some[T any](w *world, list []T, n int) []T {
	drawn := slices.Clone(list)
	w.rng.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	return drawn[:min(n, len(drawn))]
}

// user draws a user.
func (w *world) user() string { return oneOf(w, names) }
