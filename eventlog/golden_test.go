package eventlog_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lni/dragonboat/v4/raftpb"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// goldenWrite makes the golden directory anew: go test ./eventlog -run TestGolden -golden-write. That is to be done only when the
// format gets another number, and then beside the directories of before, which stay what they are: they stand for those of users.
var goldenWrite = flag.Bool("golden-write", false, "make the golden data directory anew")

const (
	goldenDir  = "testdata/format3.tar.gz"
	goldenText = "testdata/format3.txt"
	// goldenNow is when everything in it was written, and stays present.
	goldenNow = im.Millis(1_790_000_000_000)
	// goldenHost is the host that it was written on.
	goldenHost = "golden"
)

// A data directory of format 3 that was written once, by a node that was killed while Raft's log had more than the store, is read by
// this program: all that is in it, in every way there is. It is on another host now, which the test mends as an operator would not
// have to: with the name of the host.
func TestGolden_Format3IsReadAsItWasWritten(t *testing.T) {
	if *goldenWrite {
		writeGolden(t)
	}
	want, err := os.ReadFile(goldenText)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	unpack(t, dir)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	rename(t, dir, goldenHost, host)
	for range 2 {
		l := open(t, goldenOptions(dir))
		if got := flipText(t, l); got != string(want) {
			t.Error(diff(got, string(want)))
		}
		closeLog(t, l)
	}
}

func goldenOptions(dir string) eventlog.Options {
	o := flipOptions(dir)
	o.Clock = func() im.Millis { return goldenNow }
	o.ByHand(func() time.Duration { return 0 })
	return o
}

// writeGolden makes the directory and the text.
func writeGolden(t *testing.T) {
	t.Helper()
	dir, text := fillDir(t, goldenOptions, goldenNow, false)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	rename(t, dir, host, goldenHost)
	write(t, goldenText, []byte(text))
	pack(t, dir)
}

// rename gives the directory to another host: the manifest names it, and dragonboat's folder and flag file.
func rename(t *testing.T, dir, from, to string) {
	t.Helper()
	edit(t, dir, map[string]any{"host": to})
	if err := os.Rename(filepath.Join(dir, "raft", from), filepath.Join(dir, "raft", to)); err != nil {
		t.Fatal(err)
	}
	flagFile := filepath.Join(dir, "raft", "dragonboat.ds")
	b, err := os.ReadFile(flagFile)
	if err != nil {
		t.Fatal(err)
	}
	var s raftpb.RaftDataStatus
	if err := s.Unmarshal(b[8:]); err != nil {
		t.Fatal(err)
	}
	s.Hostname = to
	if b, err = s.Marshal(); err != nil {
		t.Fatal(err)
	}
	sum := md5.Sum(b)
	write(t, flagFile, append(sum[8:], b...))
}

// pack writes a directory into the archive.
func pack(t *testing.T, dir string) {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	if err := errors.Join(w.AddFS(os.DirFS(dir)), w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, goldenDir, b.Bytes())
}

// unpack makes a directory of the archive.
func unpack(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Open(goldenDir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		unpackOne(t, filepath.Join(dir, filepath.FromSlash(h.Name)), h, r)
	}
}

func unpackOne(t *testing.T, name string, h *tar.Header, r io.Reader) {
	t.Helper()
	if h.Typeflag == tar.TypeDir {
		return
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, b)
}

// What is no data directory of this format is refused in one line, and left as it is: one that is older or newer, somebody's home,
// another program's store.
func TestOpen_RefusesWhatIsOfAnotherFormat(t *testing.T) {
	older, err := json.Marshal(map[string]any{"format": 2, "ready": true, "node": "node1", "shards": 2})
	if err != nil {
		t.Fatal(err)
	}
	for claim, files := range map[string]map[string]string{
		"an older one":            {"parley.json": string(older), "raft/dragonboat.ds": "x", "store/OPTIONS-000003": "x"},
		"a newer one":             {"parley.json": `{"format": 4, "cells": []}`},
		"a home":                  {".bashrc": "x", "letters/ann.txt": "x"},
		"another program's store": {"CURRENT": "MANIFEST-000001\n", "MANIFEST-000001": "x", "OPTIONS-000002": "x"},
	} {
		dir := t.TempDir()
		for name, text := range files {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, name), []byte(text))
		}
		before := listing(t, dir)
		l, err := eventlog.Open(flipOptions(dir))
		if err == nil {
			t.Fatalf("%s was opened: %v", claim, l.Close())
		}
		if im.KindOf(err) != im.Unsupported && im.KindOf(err) != im.Conflict || !oneLineWith(err, dir) {
			t.Errorf("%s: %v, want one line that names the directory", claim, err)
		}
		sameFiles(t, before, listing(t, dir))
	}
}

// oneLineWith reports whether an error is one line that holds a text.
func oneLineWith(err error, text string) bool {
	return bytes.Contains([]byte(err.Error()), []byte(text)) && !bytes.ContainsRune([]byte(err.Error()), '\n')
}
