package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-im/parley/transport/admin"
)

// reasons say in words why a shard does not let go, the worst first.
var reasons = []struct{ why, words string }{
	{"no-leader", "without a leader"},
	{"clock", "this node's clock is not believed"},
	{"few-members", "this node has not heard the clocks of enough members"},
	{"refused", "the log does not take the command, as without a majority"},
	{"elsewhere", "another node leads, and knows why"},
}

// heldLines say what of what is due does not go, and why.
func heldLines(r *admin.Retention) []string {
	shards := plural(len(r.Shards), "shard")
	if r.Stopped {
		return []string{shards + "; nothing goes while the node does not run"}
	}
	var lines []string
	for _, reason := range reasons {
		if list := waiting(r, reason.why); len(list) > 0 {
			which := shardList(list)
			if len(list) == len(r.Shards) {
				which = "all shards"
			}
			lines = append(lines, fmt.Sprintf("  %s: %s%s", which, reason.words, leaders(r, reason.why, list)))
		}
	}
	if len(lines) == 0 {
		lines = []string{shards + ", none of them held up"}
	} else {
		lines = append([]string{shards + ", of which some should have let go, and have not"}, lines...)
	}
	if r.Readers > 0 {
		lines = append(lines, fmt.Sprintf("what %s may need stays, such as who copies a shard, until that is done", plural(r.Readers, "reader")))
	}
	if r.Failed != "" {
		lines = append(lines, "what may go could not be deleted, and is tried again: "+r.Failed)
	}
	return lines
}

// waiting are the shards that do not let go for that reason.
func waiting(r *admin.Retention, why string) (list []uint32) {
	for _, s := range r.Shards {
		if slices.ContainsFunc(s.Marks, func(m admin.RetentionMarks) bool { return m.Waits == why }) {
			list = append(list, s.Shard)
		}
	}
	return list
}

// leaders names who leads shards that are led elsewhere.
func leaders(r *admin.Retention, why string, shards []uint32) string {
	if why != "elsewhere" {
		return ""
	}
	var names []string
	for _, s := range r.Shards {
		if slices.Contains(shards, s.Shard) && !slices.Contains(names, s.Leader) {
			names = append(names, s.Leader)
		}
	}
	slices.Sort(names)
	return ": ask " + strings.Join(names, ", ")
}

// clockLines say what is known of clocks.
func clockLines(r *admin.Retention) []string {
	c := r.Clock
	if c == nil {
		return nil
	}
	line := "clock: this node is alone, and goes by its own"
	switch {
	case c.Members > 1:
		line = fmt.Sprintf("clock: %d of %d members are heard, this one is %s their median", c.Heard, c.Members, ahead(millis(c.Offset)))
	case c.Offset > 0: // it has jumped, or the node did not run for so long
		line += ", of which it does not believe the last " + rough(millis(c.Offset)) + ": things go that much later"
	}
	switch {
	case c.Apart:
		line += ": too far, so nothing goes in shards that this node leads"
	case !c.Believed:
		line += fmt.Sprintf("; it has jumped to %s, which is not believed", stampOf(c.Wall))
	}
	return []string{line}
}

func ahead(d time.Duration) string {
	switch {
	case d > 0:
		return rough(d) + " ahead of"
	case d < 0:
		return rough(-d) + " behind"
	}
	return "at"
}
