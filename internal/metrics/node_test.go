package metrics_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/metrics"
)

func scrape(t *testing.T, n *metrics.Node) string {
	t.Helper()
	w := httptest.NewRecorder()
	n.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d", w.Code)
	}
	return w.Body.String()
}

func TestNode_ServesWhatItCounted(t *testing.T) {
	t.Parallel()
	n := metrics.New("1.2.3")
	n.ConnectionOpened()
	n.ConnectionOpened()
	n.ConnectionClosed()
	n.Delivered("message", 3)
	n.Delivered("yourself", 1)
	n.SlowDisconnect()
	n.SendAcked(3 * time.Millisecond)
	n.LeaderChanged()
	n.Appended(16, time.Millisecond)
	n.Outcome("stored")
	n.Overloaded()
	n.Refused("node_calls")
	n.Refused("untold")
	n.Refused("untold")
	n.DiskRefused()
	n.ReadPassedOn("history", true)
	n.ReadPassedOn("keys", false)
	n.Synced(time.Millisecond)
	n.Uploaded(nil, 300)
	n.Uploaded(im.E("upload", im.TooLarge, ""), 0)
	n.Uploaded(im.E("upload", im.BrokenOff, ""), 0)
	n.Uploaded(errors.New("of whatever kind"), 0)
	n.Downloaded(im.E("get", im.NotFound, ""))
	n.ThumbnailMade(time.Millisecond)
	n.FilesSwept(7)
	n.Watch(metrics.Gauges{
		Shards:                 func() int { return 17 },
		ShardsLed:              func() int { return 16 },
		ShardsWithoutLeader:    func() int { return 1 },
		LogBytes:               func() map[string]int64 { return map[string]int64{"store": 4096, "raft": 1024} },
		DiskFreeBytes:          func() int64 { return 8192 },
		DiskMinFreeBytes:       func() int64 { return 2048 },
		DiskStalledSeconds:     func() float64 { return 1.5 },
		CertificateLeftSeconds: func() float64 { return -3600 },
		QueuedBytes:            func() int64 { return 4096 },
		Actors:                 func() map[string]int { return map[string]int{"user": 2, "dialog": 1} },
	})
	got := scrape(t, n)
	for _, want := range []string{
		`parley_build_info{version="1.2.3"} 1`,
		"parley_connections 1",
		`parley_deliveries_total{kind="message"} 3`,
		`parley_deliveries_total{kind="yourself"} 1`,
		"parley_slow_disconnects_total 1",
		`parley_send_ack_seconds_bucket{le="0.004"} 1`,
		"parley_raft_leader_changes_total 1",
		"parley_raft_append_items_total 16",
		`parley_reads_passed_on_total{answered="true",what="history"} 1`,
		`parley_reads_passed_on_total{answered="false",what="keys"} 1`,
		`parley_raft_appends_total{outcome="stored"} 1`,
		"parley_raft_overloads_total 1",
		`parley_overloads_total{where="node_calls"} 1`,
		`parley_overloads_total{where="untold"} 2`,
		"parley_raft_append_seconds_count 1",
		"parley_raft_shards 17",
		"parley_raft_shards_led 16",
		"parley_raft_shards_without_leader 1",
		`parley_log_bytes{what="store"} 4096`,
		`parley_log_bytes{what="raft"} 1024`,
		`parley_uploads_total{result="ok"} 1`,
		`parley_uploads_total{result="refused"} 1`,
		`parley_uploads_total{result="broken_off"} 1`,
		`parley_uploads_total{result="failed"} 1`,
		"parley_upload_bytes_total 300",
		`parley_downloads_total{result="refused"} 1`,
		"parley_thumbnail_seconds_count 1",
		"parley_attachments_swept_total 7",
		"parley_disk_refusals_total 1",
		"parley_disk_sync_seconds_count 1",
		"parley_disk_free_bytes 8192",
		"parley_disk_min_free_bytes 2048",
		"parley_disk_stalled_seconds 1.5",
		"parley_tls_certificate_left_seconds -3600",
		"parley_connection_queued_bytes 4096",
		`parley_actors{kind="user"} 2`,
		`parley_actors{kind="dialog"} 1`,
		"go_goroutines ",
		"process_start_time_seconds ",
	} {
		if !strings.Contains(got, "\n"+want) {
			t.Errorf("missing %q", want)
		}
	}
}

func TestWatch_LeavesOutWhatIsNil(t *testing.T) {
	t.Parallel()
	n := metrics.New("")
	n.Watch(metrics.Gauges{})
	if got := scrape(t, n); strings.Contains(got, "parley_log_bytes") || strings.Contains(got, "parley_actors") || strings.Contains(got, "parley_retention") || strings.Contains(got, "parley_tls") {
		t.Error("a gauge without a source is served")
	}
}
