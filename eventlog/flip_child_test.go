package eventlog_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// place is one bit of one file of a directory.
type place struct {
	file string // below the directory
	at   int64
	bit  uint
}

func (p place) String() string { return fmt.Sprintf("%s %d %d", p.file, p.at, p.bit) }

// flip changes the bit.
func (p place) flip(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, p.file), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	var b [1]byte
	_, err = f.ReadAt(b[:], p.at)
	b[0] ^= 1 << p.bit
	if err == nil {
		_, err = f.WriteAt(b[:], p.at)
	}
	return errors.Join(err, f.Close())
}

// flipBase names, in the environment of a child, the directory that it makes copies of.
const flipBase = "PARLEY_EVENTLOG_FLIP_DIR"

// flipChild opens a copy of the directory base for each place that it is told, with that bit flipped, and says what became of it. It
// is a process of its own because a log whose disk failed stays as it is, and because a panic must not end the test.
func flipChild(base string) {
	want, err := os.ReadFile(base + ".want")
	if err != nil {
		panic(err)
	}
	places := bufio.NewScanner(os.Stdin)
	for places.Scan() {
		var p place
		if _, err := fmt.Sscanf(places.Text(), "%s %d %d", &p.file, &p.at, &p.bit); err != nil {
			panic(err)
		}
		verdict, again := flipTrial(base, p, string(want))
		fmt.Printf("%q\n", verdict)
		if !again {
			break
		}
	}
	os.Exit(0)
}

// flipTrial says what becomes of one place; again is false when the process is of no more use.
func flipTrial(base string, p place, want string) (verdict string, again bool) {
	dir, err := os.MkdirTemp(filepath.Dir(base), "flip")
	if err != nil {
		panic(err)
	}
	defer func() {
		if again { // else the log is still there
			os.RemoveAll(dir) //nolint:errcheck // it is below the temporary directory of the test
		}
	}()
	if err := errors.Join(os.CopyFS(dir, os.DirFS(base)), p.flip(dir)); err != nil {
		panic(err)
	}
	o := flipOptions(dir)
	o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	broken, said := make(chan error, 1), make(chan string, 1)
	o.OnDiskFailure = func(err error) { broken <- err }
	go func() { said <- flipAnswer(o, want) }()
	select {
	case verdict = <-said:
		return verdict, true
	case err := <-broken:
		return "refused " + err.Error(), false
	case <-time.After(patience):
		return "stuck", false
	}
}

// flipAnswer opens a log and compares what is in it.
func flipAnswer(o eventlog.Options, want string) string {
	l, err := eventlog.Open(o)
	if err != nil {
		return "refused " + err.Error()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience/2)
	defer cancel()
	if err := l.Ready(ctx); err != nil {
		return "not ready: " + err.Error()
	}
	got, err := readAll(l)
	if err == nil {
		err = flipAppend(l)
	}
	err = errors.Join(err, l.Close())
	switch {
	case err != nil:
		return "refused " + err.Error()
	case got != want:
		return "differs " + diff(got, want)
	}
	return "equal"
}

// flipAppend appends one entry to each address.
func flipAppend(l *eventlog.Log) error {
	for _, a := range flipAddrs() {
		ld, err := loadNow(l, a)
		if err != nil {
			return err
		}
		h, done := ld.Head, make(chan im.Outcome, 1)
		err = l.Append(im.Append{
			Addr: a, Epoch: im.Epoch{Term: 1 << 40}, Expected: h.Seq, Entries: []im.Entry{{TS: h.TS + 1, Body: []byte("more")}},
			Done: func(o im.Outcome) { done <- o },
		})
		if err != nil {
			return err
		}
		if o := <-done; o != im.Stored {
			return fmt.Errorf("%s: %v", a, o)
		}
	}
	return nil
}

// diff returns the first line in which two texts differ.
func diff(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("%q, want %q", g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}
