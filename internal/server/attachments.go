package server

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-im/parley/blob"
	"github.com/parley-im/parley/blob/s3"
	"github.com/parley-im/parley/blob/spread"
	"github.com/parley-im/parley/blob/thumbnail"
	"github.com/parley-im/parley/transport/attachment"
)

// files are what users send each other beside messages: taken and given out by api, kept by store.
type files struct {
	api   *attachment.Handler
	store blob.Store
	// copies takes and gives what nodes bring each other; nil = they do not, store is one for all of them.
	copies *spread.Spread
	// now is the clock of a store outside; nil = there is none.
	now func(context.Context) (time.Time, error)
}

// What must be free on the disk for files to be taken, in parts of --min-free-disk: they end sooner than messages do, uploads first.
const (
	roomOfUploads = 2.0
	roomOfCopies  = 1.5
)

func (s *Server) isShortOf(room float64) bool {
	d := s.journal.Disk()
	return d.Low || d.FreeBytes > 0 && float64(d.FreeBytes) < room*float64(s.opts.MinFreeDisk)
}

// sweepEvery is how often files that are too old are looked for. They go a day at a time.
const sweepEvery = 10 * time.Minute

// openFiles opens the store of the files, which is outside, or below the data directory:
//
//	attachments/spool    what is on its way, swept by each start
//	attachments/files    what is there, if it is not outside
func (s *Server) openFiles(ctx context.Context) error {
	dir := filepath.Join(s.opts.Dir, "attachments")
	spool, err := blob.OpenSpool(filepath.Join(dir, "spool"))
	if err != nil {
		return err
	}
	o := attachment.Options{
		Spool: spool, Thumbs: thumbnail.NewMaker(), Keys: s.apps, PublicURL: strings.TrimSuffix(s.opts.PublicURL, "/"),
		Now:      func() time.Time { return s.journal.Now().Time() },
		IsFull:   func() bool { return s.isShortOf(roomOfUploads) },
		Logger:   s.logger,
		OnUpload: s.metrics.Uploaded, OnThumbnail: s.metrics.ThumbnailMade, OnDownload: s.metrics.Downloaded,
	}
	o.EnsureDefaults()
	if s.opts.Blob != "" {
		err = s.useBucket(ctx)
	} else {
		err = s.spreadFiles(ctx, filepath.Join(dir, "files"), o)
	}
	if err != nil {
		return err
	}
	o.Store = s.files.store
	s.files.api = attachment.New(o)
	s.inBackground(ctx, s.sweepFiles)
	return nil
}

// spreadFiles keeps files in a directory of this node, and on another one.
func (s *Server) spreadFiles(ctx context.Context, dir string, o attachment.Options) error {
	local, err := blob.OpenDisk(dir)
	if err != nil {
		return err
	}
	transport := tunnelled(s.dialNode)
	s.onClose(func(context.Context) error { transport.CloseIdleConnections(); return nil })
	s.files.copies = spread.New(spread.Options{
		Local: local, Spool: o.Spool, Others: s.otherMembers, Transport: transport, Logger: s.logger, MaxBytes: o.MaxBytes,
		IsFull: func() bool { return s.isShortOf(roomOfCopies) },
	})
	s.files.store = s.files.copies
	s.inBackground(ctx, s.restoreFiles)
	return nil
}

// useBucket keeps files in a bucket. Messages do not wait for it: one that cannot be used is complained of, and uploads fail until it can.
func (s *Server) useBucket(ctx context.Context) error {
	bucket, err := s3.Open(s.opts.Blob)
	if err != nil {
		return err
	}
	s.onClose(func(context.Context) error { bucket.Close(); return nil })
	s.files.store, s.files.now = bucket, bucket.Now
	s.inBackground(ctx, func(ctx context.Context) {
		if err := bucket.Check(ctx); err != nil && ctx.Err() == nil {
			s.logger.Error("attachments cannot be kept", "blob", s.opts.Blob, "err", err)
		}
	})
	return nil
}

// otherMembers returns the names of the other members.
func (s *Server) otherMembers() (names []string) {
	for _, m := range s.journal.Members() {
		if m.Name != s.opts.Node {
			names = append(names, m.Name)
		}
	}
	return names
}

// sweepFiles removes files that are older than messages may be, by the time by which those go.
func (s *Server) sweepFiles(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if before, ok := s.journal.Outdated(); ok && s.agrees(ctx) {
			s.sweep(ctx, before.Time())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// maxApart is how far the clock of a bucket may be from this node's.
const maxApart = 5 * time.Minute

// agrees reports whether the store outside, if there is one, has the time that this node has. A node takes the clock for right by which its
// directory was made, but what is in a bucket may be older than that.
func (s *Server) agrees(ctx context.Context) bool {
	if s.files.now == nil {
		return true
	}
	there, err := s.files.now(ctx)
	apart := there.Sub(s.journal.Now().Time()).Abs()
	if err == nil && apart > maxApart {
		err = fmt.Errorf("the bucket's clock is %v from this node's", apart)
	}
	if err != nil && ctx.Err() == nil {
		s.logger.Warn("old attachments are not looked for", "err", err)
	}
	return err == nil
}

func (s *Server) sweep(ctx context.Context, before time.Time) {
	swept, err := s.files.store.Sweep(ctx, before)
	if err != nil && ctx.Err() == nil {
		s.logger.Warn("old attachments are not all gone", "err", err)
	}
	if swept.Files > 0 {
		s.metrics.FilesSwept(swept.Files)
		s.logger.Info("old attachments are gone", "files", swept.Files, "bytes", swept.Bytes)
	}
}

// restoreEvery is how often the members are looked at, of whom each file is to be with one.
const (
	restoreEvery  = 10 * time.Second
	restoreAtMost = 5 * time.Minute
)

// restoreFiles brings files to the nodes that are to have them, after a start, and whenever the members are others: one that came again
// with an empty disk has another number. While that fails it takes longer and longer until the next attempt, since each looks at all files.
func (s *Server) restoreFiles(ctx context.Context) {
	pause := restoreEvery
	for restored := ""; ; {
		members := fmt.Sprint(s.journal.Members())
		switch {
		case members == restored:
		case s.restore(ctx):
			restored, pause = members, restoreEvery
		default:
			pause = min(2*pause, restoreAtMost)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// restore reports whether all files are where they are to be.
func (s *Server) restore(ctx context.Context) bool {
	copied, err := s.files.copies.Restore(ctx)
	if err != nil {
		s.logger.Warn("attachments may have too few copies", "err", err)
	}
	if copied > 0 {
		s.logger.Info("attachments were copied to other nodes", "files", copied)
	}
	return err == nil
}

// isCopy reports whether another node asks this one for a file, or brings it one. Clients cannot; see isRead.
func isCopy(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, spread.Path) && isPassedOn(r) }
