package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-im/parley/im"
)

// files are the metrics of attachments.
type files struct {
	uploads, downloads *prometheus.CounterVec
	uploaded, swept    prometheus.Counter
	thumbnails         prometheus.Histogram
}

func newFiles(r *prometheus.Registry) files {
	f := files{
		uploads: prometheus.NewCounterVec(counter("parley_uploads_total",
			"Attachments that were uploaded, by result: ok, refused (the client's fault, or too many), broken_off, failed (the server's fault)."), []string{"result"}),
		downloads:  prometheus.NewCounterVec(counter("parley_downloads_total", "Attachments that were asked for, by result: ok, refused (there is none), failed."), []string{"result"}),
		uploaded:   prometheus.NewCounter(counter("parley_upload_bytes_total", "Bytes of attachments that were stored, thumbnails not included.")),
		swept:      prometheus.NewCounter(counter("parley_attachments_swept_total", "Files of attachments that this node removed because they were too old, thumbnails included.")),
		thumbnails: prometheus.NewHistogram(seconds("parley_thumbnail_seconds", "Time that a thumbnail took, with the wait for memory.")),
	}
	r.MustRegister(f.uploads, f.downloads, f.uploaded, f.swept, f.thumbnails)
	return f
}

// fileResult is the label of what an upload or download came to.
func fileResult(err error) string {
	if err == nil {
		return "ok"
	}
	switch im.KindOf(err) {
	case im.BrokenOff:
		return "broken_off"
	case im.Internal, im.NotStored, im.Unprocessed, im.Unavailable:
		return "failed"
	default:
		return "refused"
	}
}

// Uploaded counts an upload: what it came to, and the size of the file that was stored.
func (n *Node) Uploaded(err error, bytes int64) {
	n.files.uploads.WithLabelValues(fileResult(err)).Inc()
	n.files.uploaded.Add(float64(bytes))
}

// Downloaded counts a download.
func (n *Node) Downloaded(err error) { n.files.downloads.WithLabelValues(fileResult(err)).Inc() }

// ThumbnailMade observes how long a thumbnail took, with what it waited.
func (n *Node) ThumbnailMade(d time.Duration) { n.files.thumbnails.Observe(d.Seconds()) }

// FilesSwept counts files that were removed because they were too old.
func (n *Node) FilesSwept(files int) { n.files.swept.Add(float64(files)) }
