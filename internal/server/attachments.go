package server

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-im/parley/blob"
	"github.com/parley-im/parley/blob/spread"
	"github.com/parley-im/parley/blob/thumbnail"
	"github.com/parley-im/parley/transport/attachment"
)

// files are what users send each other beside messages: taken and given out by api, kept by store on this node and on another one.
type files struct {
	api   *attachment.Handler
	store *spread.Spread
}

// sweepEvery is how often files that are too old are looked for. They go a day at a time.
const sweepEvery = 10 * time.Minute

// openFiles opens the store of the files below the data directory:
//
//	attachments/spool    what is on its way, swept by each start
//	attachments/files    what is there
func (s *Server) openFiles(ctx context.Context) error {
	dir := filepath.Join(s.opts.Dir, "attachments")
	spool, err := blob.OpenSpool(filepath.Join(dir, "spool"))
	if err != nil {
		return err
	}
	local, err := blob.OpenDisk(filepath.Join(dir, "files"))
	if err != nil {
		return err
	}
	transport := tunnelled(s.dialNode)
	s.onClose(func(context.Context) error { transport.CloseIdleConnections(); return nil })
	o := attachment.Options{
		Spool: spool, Thumbs: thumbnail.NewMaker(), Keys: s.apps, PublicURL: strings.TrimSuffix(s.opts.PublicURL, "/"),
		Now:    func() time.Time { return s.journal.Now().Time() },
		IsFull: func() bool { return s.journal.Disk().Low },
		Logger: s.logger,
	}
	o.EnsureDefaults()
	s.files.store = spread.New(spread.Options{
		Local: local, Spool: spool, Others: s.otherMembers, Transport: transport, Logger: s.logger, MaxBytes: o.MaxBytes,
		IsFull: o.IsFull,
	})
	o.Store = s.files.store
	s.files.api = attachment.New(o)
	s.inBackground(ctx, s.sweepFiles)
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

// sweepFiles removes files that are older than messages may be, as long as the nodes agree upon what time it is.
func (s *Server) sweepFiles(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if r := s.journal.Retention(); r.Clock.Believed {
			swept, err := s.files.store.Sweep(ctx, r.Now.Time().Add(-s.opts.Retention))
			if err != nil && !errors.Is(err, context.Canceled) {
				s.logger.Warn("old attachments are not all gone", "err", err)
			}
			if swept.Files > 0 {
				s.logger.Info("old attachments are gone", "files", swept.Files, "bytes", swept.Bytes)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// isCopy reports whether another node asks this one for a file, or brings it one. Clients cannot; see isRead.
func isCopy(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, spread.Path) && isPassedOn(r) }
