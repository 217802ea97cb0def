package keypair

import (
	"context"
	"crypto/tls"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

const (
	// lookEvery is how often the files are read. NB: the system could tell of changes (inotify), but of a link in some directory above, of a
	// mount that is exchanged and of files on other machines it does so each in its own way or not at all; two small files cost next to nothing.
	lookEvery = 5 * time.Second
	// warnWithin is how long before its end the log begins to say so, remindEvery how often.
	warnWithin, remindEvery = 14 * 24 * time.Hour, 24 * time.Hour
)

// Watched is a pair that follows its files.
type Watched struct {
	files Files
	flags string
	log   *slog.Logger
	now   atomic.Pointer[tls.Certificate]

	// What follows is Run's.

	// texts is what now was read from.
	texts texts
	// doubt is what was wrong with the files at the last look, told what the log has since they were in order; "" = nothing.
	doubt, told string
	// reminded is when the log said that the certificate ends, isOver that it said that it has ended.
	reminded time.Time
	isOver   bool
}

// Open reads the files, and returns in one line what is wrong with them and what to do about it. flags is that of Files.Validate. That others may read
// the key, or that the certificate ends soon, is a warning in the log. A nil logger discards.
func Open(files Files, flags string, logger *slog.Logger) (*Watched, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	w := &Watched{files: files, flags: flags, log: logger}
	var err error
	if w.texts, err = files.texts(flags); err != nil {
		return nil, err
	}
	pair, err := files.parse(flags, w.texts)
	if err != nil {
		return nil, err
	}
	w.adopt("certificate for clients was read", &pair)
	return w, nil
}

// GetCertificate is a tls.Config's.
func (w *Watched) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return w.now.Load(), nil
}

// Left is how long the certificate is still valid, negative when it is not any more.
func (w *Watched) Left() time.Duration { return time.Until(w.now.Load().Leaf.NotAfter) }

// Run follows the files until ctx ends.
func (w *Watched) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.look()
			w.remind()
		case <-ctx.Done():
			return
		}
	}
}

// look reads the files and takes what is in them if it is another pair.
func (w *Watched) look() {
	t, err := w.files.texts(w.flags)
	if err == nil && t == w.texts && w.told == "" {
		w.doubt = ""
		return
	}
	pair := tls.Certificate{}
	if err == nil {
		pair, err = w.files.parse(w.flags, t)
	}
	if err != nil {
		w.complain(err.Error())
		return
	}
	w.texts, w.doubt, w.told = t, "", ""
	w.adopt("certificate for clients was read again", &pair)
}

// complain says what is wrong with the files, once, if it was wrong at the last look, too.
func (w *Watched) complain(why string) {
	if why == w.doubt && why != w.told {
		w.told = why
		w.log.Error("the certificate for clients that was read before stays in use", "why", why)
	}
	w.doubt = why
}

// adopt makes pair the one that counts.
func (w *Watched) adopt(what string, pair *tls.Certificate) {
	w.now.Store(pair)
	w.log.Info(what, "file", w.files.Cert, "names", Names(pair.Leaf), "expires", pair.Leaf.NotAfter.UTC())
	if time.Until(pair.Leaf.NotBefore) > 0 {
		w.log.Warn("the certificate for clients is not valid yet: is this machine's clock right?", "file", w.files.Cert, "from", pair.Leaf.NotBefore.UTC())
	}
	if info, err := os.Stat(w.files.Key); err == nil && OpenToOthers(info.Mode()) {
		w.log.Warn("the key of the certificate for clients is open to others: chmod 600 it", "file", w.files.Key, "mode", info.Mode().Perm().String())
	}
	w.reminded, w.isOver = time.Time{}, false
	w.remind()
}

// remind says that the certificate has ended, or will soon.
func (w *Watched) remind() {
	left := w.Left()
	isNews := left <= 0 && !w.isOver
	if left > warnWithin || time.Since(w.reminded) < remindEvery && !isNews {
		return
	}
	w.reminded, w.isOver = time.Now(), left <= 0
	ends := w.now.Load().Leaf.NotAfter.UTC()
	if left <= 0 {
		w.log.Error("the certificate for clients has expired, and clients refuse it: renew it", "file", w.files.Cert, "expired", ends)
		return
	}
	w.log.Warn("the certificate for clients expires soon: renew it", "file", w.files.Cert, "expires", ends, "left", left.Round(time.Minute).String())
}
