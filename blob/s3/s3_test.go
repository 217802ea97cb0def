package s3

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/blob"
	"github.com/parley-im/parley/blob/blobtest"
	"github.com/parley-im/parley/blob/s3/s3test"
)

func open(t *testing.T, address string) *Store {
	t.Helper()
	s, err := Open(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// A bucket is a store like any, and so is each part of it.
func TestStore_IsAStore(t *testing.T) {
	t.Parallel()
	g := s3test.Start(t)
	var number atomic.Int32
	blobtest.Run(t, func(t *testing.T) blob.Store {
		t.Helper()
		return open(t, g.Address("part"+string('a'+number.Add(1))))
	})
	whole := open(t, g.Address(""))
	if err := whole.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if now, err := whole.Now(t.Context()); err != nil || time.Since(now).Abs() > time.Minute {
		t.Errorf("it is %v there, %v", now, err)
	}
	if swept, err := whole.Sweep(t.Context(), time.Now().AddDate(10, 0, 0)); err != nil || swept.Files != 0 {
		t.Errorf("a store that has nothing swept %+v of others, %v", swept, err)
	}
}

// draft returns one with that content, and the store's name for it.
func draft(t *testing.T, content string) (*blob.Draft, blob.Name) {
	t.Helper()
	spool, err := blob.OpenSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d, err := spool.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Discard() }) //nolint:errcheck // a test's
	if _, err := d.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	return d, blob.NewName("txt")
}

// A store that cannot be reached is unavailable, which passes; one that refuses says so, which does not.
//
// Checked by breaking it: it fails when failed looks at nothing.
func TestStore_Fails(t *testing.T) {
	t.Parallel()
	g := s3test.Start(t)
	s, missing := open(t, g.Address("x")), open(t, strings.Replace(g.Address("x"), "s3://"+s3test.Bucket, "s3://another", 1))
	d, name := draft(t, "a file")
	if err := s.Put(t.Context(), d, name, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := missing.Check(t.Context()); err == nil || errors.Is(err, blob.ErrUnavailable) {
		t.Errorf("a bucket that is not there: %v", err)
	}
	if err := missing.Put(t.Context(), d, name, time.Now()); err == nil || errors.Is(err, blob.ErrUnavailable) {
		t.Errorf("a bucket that is not there: %v", err)
	}
	g.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Put(ctx, d, name, time.Now()); !errors.Is(err, blob.ErrUnavailable) {
		t.Errorf("put: %v, want that it is unavailable", err)
	}
	if _, err := s.Open(ctx, name); !errors.Is(err, blob.ErrUnavailable) {
		t.Errorf("open: %v, want that it is unavailable", err)
	}
	if _, err := s.Sweep(ctx, time.Now()); !errors.Is(err, blob.ErrUnavailable) {
		t.Errorf("sweep: %v, want that it is unavailable", err)
	}
	g.Launch()
	f, err := s.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	if text, err := io.ReadAll(f); string(text) != "a file" || err != nil {
		t.Errorf("%q, %v, want what was put before", text, err)
	}
}

func TestOpen_Refuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "files", "http://files", "s3://", "s3:///files", "s3://key:secret@files", "s3://files?endpoint=elsewhere", "s3://files?endpoint=ftp://elsewhere",
		"s3://files?endpoint=http://elsewhere/path", "s3://files?endpoint=http://", "s3://files?color=red", "s3://UPPER_CASE", "s3://a", "s3://%zz",
	} {
		if s, err := Open(address); err == nil {
			t.Errorf("%q: %+v, want an error", address, s)
		}
	}
	for address, prefix := range map[string]string{
		"s3://files": "", "s3://files/": "", "s3://files/a/b/": "a/b/", "s3://files/a?endpoint=https://elsewhere:9000&region=eu-west-1": "a/",
	} {
		if s, err := Open(address); err != nil || s.bucket != "files" || s.prefix != prefix {
			t.Errorf("%q: %+v, %v, want files and %q", address, s, err, prefix)
		}
	}
}
