package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/parley-im/parley/transport/admin"
)

// keptRow is a row of the table of `parley doctor retention`: something that is kept, from when to when it is, how much it weighs,
// and when it goes.
type keptRow struct{ what, from, to, bytes, goes string }

// writeRetention writes a table of the windows, one of what is kept, and below them what is to be said of it.
func writeRetention(w io.Writer, r admin.Retention) error {
	does := "keeps"
	if r.Stopped {
		does = "has on its disk, while it does not run,"
	}
	fmt.Fprintf(w, "cluster %s, what %s %s at %s\n\n", r.Cluster, r.Node, does, stampOf(r.At))
	err := table(w, "CLASS\tWINDOW\tREADABLE SINCE\tBUCKETS OF\tGONE AFTER", r.Classes, func(c admin.RetentionClass) string {
		return strings.Join([]string{c.Class, rough(millis(c.Window)), stampOf(c.Horizon), rough(millis(c.Bucket)), rough(millis(c.Kept + c.Bucket))}, "\t")
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(w)
	err = table(w, "KEPT\tFROM\tTO\tSIZE\tGOES", keptRows(&r), func(k keptRow) string {
		return strings.Join([]string{k.what, k.from, k.to, k.bytes, k.goes}, "\t")
	})
	if err != nil {
		return err
	}
	lines := slices.Concat(windowLines(&r), appLines(&r), leftLines(&r), clockLines(&r), heldLines(&r))
	_, err = fmt.Fprintf(w, "\n%s\n", strings.Join(lines, "\n"))
	return err
}

// keptRows are the buckets of all classes, Raft's log, and what never goes by itself.
func keptRows(r *admin.Retention) (rows []keptRow) {
	rest := r.StoreBytes
	add := func(what string, list []admin.RetentionBucket) {
		for _, b := range list {
			rows = append(rows, keptRow{what, stampOf(b.From), stampOf(b.To), onDisk(b.Bytes, r.Stopped), goes(b.Goes, r.At, r.Stopped)})
			rest -= min(rest, b.Bytes)
		}
	}
	for _, c := range r.Classes {
		add(c.Class, c.Buckets)
	}
	for _, c := range r.Classes {
		add("ids of "+c.Class, c.IDs)
	}
	return append(rows, raftRow(r), keptRow{"all else", "-", "-", size(rest), "with what it is about"})
}

// raftRow is the log that shards agree by, of which the store has all that counts.
func raftRow(r *admin.Retention) keptRow {
	row := keptRow{"Raft's log", "-", stampOf(r.At), size(r.RaftBytes), "soon after the next start"}
	if r.RaftSince != nil {
		row.from = stampOf(*r.RaftSince)
	}
	if shortest := shortestBucket(r); !r.Stopped {
		row.goes = "when it is " + rough(3*shortest) + " old, or sooner"
	}
	return row
}

func shortestBucket(r *admin.Retention) (shortest time.Duration) {
	for _, c := range r.Classes {
		if b := millis(c.Bucket); shortest == 0 || b < shortest {
			shortest = b
		}
	}
	return shortest
}

// onDisk is a size; what was just written is on the disk in Raft's log alone.
func onDisk(bytes uint64, stopped bool) string {
	if bytes == 0 && !stopped {
		return "in memory"
	}
	return size(bytes)
}

// goes says when something is deleted.
func goes(at, now time.Time, stopped bool) string {
	left := at.Sub(now).Round(time.Second)
	switch {
	case left <= 0 && stopped:
		return "soon after the next start"
	case left <= 0:
		return "is due"
	case stopped:
		return stampOf(at)
	}
	if left >= 3*day {
		return fmt.Sprintf("%s, in %d days", stampOf(at), left/day)
	}
	return fmt.Sprintf("%s, in %s", stampOf(at), rough(left))
}

const day = 24 * time.Hour

// windowLines explain windows that are not what they seem.
func windowLines(r *admin.Retention) (lines []string) {
	if r.Stopped {
		lines = append(lines, "windows are those of the first start, unless the next one names others")
	}
	for _, c := range r.Classes {
		if c.Kept > c.Window {
			lines = append(lines, fmt.Sprintf("%s are kept for longer than they can be read here: another node has a window of %s", c.Class, rough(millis(c.Kept))))
		}
	}
	return lines
}

// appLines name apps that ask for a window of their own.
func appLines(r *admin.Retention) []string {
	var sooner, vain []string
	for _, a := range r.Apps {
		if w := windowOf(millis(a.Retention), classWindow(r, "messages"), classWindow(r, "strangers")); w.vain {
			vain = append(vain, fmt.Sprintf("%s (%s)", a.App, rough(millis(a.Retention))))
		} else {
			sooner = append(sooner, fmt.Sprintf("%s after %s", a.App, rough(millis(a.Retention))))
		}
	}
	var lines []string
	if len(sooner) > 0 {
		lines = append(lines, "apps that hide sooner: "+strings.Join(sooner, ", ")+"; their space comes back with the buckets")
	}
	if len(vain) > 0 {
		lines = append(lines, "apps that ask for more than this node keeps, in vain: "+strings.Join(vain, ", "))
	}
	return lines
}

func classWindow(r *admin.Retention, class string) time.Duration {
	for _, c := range r.Classes {
		if c.Class == class {
			return millis(c.Window)
		}
	}
	return 0
}

// leftLines say what stays beyond its bucket.
func leftLines(r *admin.Retention) (lines []string) {
	var carried, deleted uint64
	for _, s := range r.Shards {
		carried, deleted = carried+s.Carried, deleted+s.Deleted
	}
	if carried > 0 {
		lines = append(lines, fmt.Sprintf("entries that stay longer than their bucket, without what was said, until there is a snapshot: %s", thousands(int64(carried))))
	}
	if deleted > 0 {
		lines = append(lines, fmt.Sprintf("groups, rooms and others that are deleted, and forgotten once the window has passed: %s", thousands(int64(deleted))))
	}
	return lines
}

// rough writes a duration in one or two units, as it is given to flags: 168h, 1m10s.
func rough(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour) + ifAny(d%time.Hour/time.Minute, "m")
	case d >= time.Minute:
		return fmt.Sprintf("%dm", d/time.Minute) + ifAny(d%time.Minute/time.Second, "s")
	}
	return d.Round(time.Millisecond).String()
}

func ifAny(n time.Duration, unit string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d%s", n, unit)
}

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

func stampOf(t time.Time) string { return t.Local().Format(time.DateTime) }

// appWindow is for how long the messages of an app can be read.
type appWindow struct {
	messages, strangers time.Duration
	// vain says that what the app asks for changes nothing.
	vain bool
}

// windowOf is the window of an app that asks for own, 0 = for nothing, at a node with these.
func windowOf(own, messages, strangers time.Duration) appWindow {
	w := cmp.Or(own, max(messages, strangers))
	return appWindow{min(w, messages), min(w, strangers), own >= max(messages, strangers)}
}
