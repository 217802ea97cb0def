package eventlog_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	flipSeed  = flag.Uint64("flip-seed", 0, "replay the test of damaged bytes with this seed; 0 draws one")
	flipOnly  = flag.String("flip-only", "", "damage only files whose paths hold this")
	flipCount = flag.Int("flip-count", 100, "number of places that are damaged; PARLEY_SOAK makes it 1000 at least")
)

// TestFlip_RightAnswersOrARefusalThatNamesTheFile flips one bit at random places of a stopped node's directory, one at a time, and
// starts it: everything is there, or the start is refused, or the node ends, in one line that names the file. Half of the directories
// are of a node that was stopped, half of one that was killed. Every kind of file has its share. The seed and the places are printed.
//
// Checked by breaking it: without checkRaftLog a log of Raft's loses what was acknowledged, and a table of it panics; without the checks
// of our own files another address, number or length is believed.
func TestFlip_RightAnswersOrARefusalThatNamesTheFile(t *testing.T) {
	seed, count := *flipSeed, *flipCount
	if seed == 0 {
		seed = rand.Uint64()
	}
	if os.Getenv("PARLEY_SOAK") != "" {
		count = max(count, 1000)
	}
	count /= slowdown * slowdown // each is a start
	for _, clean := range []bool{true, false} {
		t.Run(fmt.Sprintf("stopped=%v", clean), func(t *testing.T) {
			dir, want := flipDir(t, clean)
			write(t, dir+".want", []byte(want))
			rng := rand.New(rand.NewPCG(seed, 0))
			f := &flipper{t: t, dir: dir, tally: make(map[string]int)}
			defer f.stop()
			kinds := flipKinds(t, dir)
			for range count / 2 {
				p := draw(rng, dir, kinds)
				f.try(p)
			}
			for _, line := range slices.Sorted(maps.Keys(f.tally)) {
				t.Logf("-flip-seed=%d: %4d %s", seed, f.tally[line], line)
			}
		})
	}
}

// flipKinds sorts the files of a directory by what they are, by their names without what is a number.
func flipKinds(t *testing.T, dir string) (kinds [][]string) {
	t.Helper()
	byKind := make(map[string][]string)
	for name, b := range listing(t, dir) {
		if len(b) == 0 || !strings.Contains(name[len(dir):], *flipOnly) {
			continue
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		byKind[kindOf(rel)] = append(byKind[kindOf(rel)], rel)
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		slices.Sort(byKind[kind])
		kinds = append(kinds, byKind[kind])
	}
	return kinds
}

func kindOf(rel string) string {
	top, _, _ := strings.Cut(rel, string(filepath.Separator))
	base := filepath.Base(rel)
	if ext := filepath.Ext(base); ext != "" {
		return top + " " + ext
	}
	kind, _, _ := strings.Cut(base, "-")
	return top + " " + kind
}

// draw draws a kind, a file, and a place in it.
func draw(rng *rand.Rand, dir string, kinds [][]string) place {
	files := kinds[rng.IntN(len(kinds))]
	p := place{file: files[rng.IntN(len(files))], bit: uint(rng.IntN(8))}
	info, err := os.Stat(filepath.Join(dir, p.file))
	if err != nil {
		panic(err)
	}
	p.at = rng.Int64N(info.Size())
	return p
}

// flipper has a child that tries places.
type flipper struct {
	t       *testing.T
	dir     string
	tally   map[string]int
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *bufio.Scanner
	stderr  bytes.Buffer
}

// try makes the child try a place, and judges.
func (f *flipper) try(p place) {
	f.t.Helper()
	if f.cmd == nil {
		f.start()
	}
	fmt.Fprintln(f.in, p)                                                  //nolint:errcheck // a child that is gone gives no answer
	timeout := time.AfterFunc(2*patience, func() { f.cmd.Process.Kill() }) //nolint:errcheck // it may be gone already
	verdict := "crashed"
	if f.answers.Scan() {
		var err error
		if verdict, err = strconv.Unquote(f.answers.Text()); err != nil {
			f.t.Fatalf("%s: %q: %v", p, f.answers.Text(), err)
		}
	}
	timeout.Stop()
	result, text, _ := strings.Cut(verdict, " ")
	f.tally[kindOf(p.file)+": "+result]++
	f.t.Logf("%s: %s", p, verdict)
	switch {
	case result == "equal":
	case result != "refused":
		f.stop()
		f.t.Errorf("%s: %s\n%.2000s", p, verdict, f.stderr.Bytes())
	case !strings.Contains(text, p.file) || strings.Contains(text, "\n"):
		f.t.Errorf("%s: %s: want one line that names the file", p, verdict)
	}
	if result != "equal" { // what is left of the log may be in the way
		f.stop()
	}
}

func (f *flipper) start() {
	f.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	f.cmd = exec.Command(exe)
	f.cmd.Env = append(os.Environ(), flipBase+"="+f.dir, "GORACE=atexit_sleep_ms=0")
	f.stderr.Reset()
	f.cmd.Stderr = &f.stderr
	if f.in, err = f.cmd.StdinPipe(); err != nil {
		f.t.Fatal(err)
	}
	out, err := f.cmd.StdoutPipe()
	if err == nil {
		err = f.cmd.Start()
	}
	if err != nil {
		f.t.Fatal(err)
	}
	f.answers = bufio.NewScanner(out)
	f.answers.Buffer(nil, 1<<20)
}

// stop ends the child.
func (f *flipper) stop() {
	if f.cmd == nil {
		return
	}
	f.in.Close() //nolint:errcheck // it ends either way
	for f.answers.Scan() {
	}
	f.cmd.Wait() //nolint:errcheck // what it said was read
	f.cmd = nil
}
