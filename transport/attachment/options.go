package attachment

import (
	"log/slog"
	"time"

	"github.com/parley-im/parley/blob"
	"github.com/parley-im/parley/blob/thumbnail"
	"github.com/parley-im/parley/transport/rest"
)

// Options configure New. All but those with a default are required.
type Options struct {
	Store  blob.Store
	Spool  *blob.Spool
	Thumbs *thumbnail.Maker
	Keys   rest.Keys
	// PublicURL is what addresses begin with, without a slash at the end; empty = where the upload went.
	PublicURL string
	// Now is the node's clock. Default: time.Now.
	Now func() time.Time
	// IsFull reports whether there is no room for files. Default: there is.
	IsFull func() bool
	// Logger hears of failures of the server itself. Default: slog.Default.
	Logger *slog.Logger
	// OnUpload hears of each upload: what it came to (see im.KindOf), and of how many bytes the file is that was stored; OnDownload
	// of each download, and OnThumbnail of how long a picture took, with what it waited. Default: nobody does.
	OnUpload    func(err error, bytes int64)
	OnDownload  func(err error)
	OnThumbnail func(time.Duration)

	// MaxBytes bounds a file. Default 20 MB.
	MaxBytes int64
	// MaxUploads bounds how many come at a time. Overflow: 5014. Default 256.
	MaxUploads int
	// Window is how long MinBytes of an upload may take to come, and how long one that was refused may go on. Overflow: it is cut, with 5012 unless
	// it has been told something else. Default 10 s, 32 KiB.
	Window   time.Duration
	MinBytes int
	// ThumbnailTimeout bounds how long a picture waits for its turn and takes then. Overflow: 5007. Default 20 s.
	ThumbnailTimeout time.Duration
	// DownloadTimeout bounds how long a file takes to go. Overflow: it is cut. Default 10 minutes.
	DownloadTimeout time.Duration
}

// EnsureDefaults sets what is unset.
func (o *Options) EnsureDefaults() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.IsFull == nil {
		o.IsFull = func() bool { return false }
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.OnUpload == nil {
		o.OnUpload = func(error, int64) {}
	}
	if o.OnDownload == nil {
		o.OnDownload = func(error) {}
	}
	if o.OnThumbnail == nil {
		o.OnThumbnail = func(time.Duration) {}
	}
	setDefault(&o.MaxBytes, 20_000_000)
	setDefault(&o.MaxUploads, 256)
	setDefault(&o.Window, 10*time.Second)
	setDefault(&o.MinBytes, 32<<10)
	setDefault(&o.ThumbnailTimeout, 20*time.Second)
	setDefault(&o.DownloadTimeout, 10*time.Minute)
}

func setDefault[T ~int | ~int64](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}
