package main

import (
	"fmt"
	"io"
	"strings"
)

// verification is what `parley doctor verify --json` writes.
type verification struct {
	Replicas []replica    `json:"replicas"`
	Shards   []comparison `json:"shards"`
}

// shortDigest so many digits of a digest are shown to people: that two differ by chance and not in these will not happen.
const shortDigest = 16

// writeVerification writes where the replicas are from, a row for each group of those that have the same of a shard, and what
// that comes to.
func writeVerification(w io.Writer, replicas []replica, found []comparison) error {
	fmt.Fprintf(w, "cluster %s\n", replicas[0].Cluster)
	for i := range replicas {
		fmt.Fprintf(w, "%s: %s%s\n", replicas[i].Node, replicas[i].From, replicas[i].raftLog())
	}
	fmt.Fprintln(w)
	type row struct {
		*comparison
		*group
	}
	var rows []row
	for i := range found {
		for _, g := range found[i].Groups {
			rows = append(rows, row{&found[i], g})
		}
	}
	err := table(w, "SHARD\tAPPLIED\tDIGEST\tSIZE\tENTRIES\tREPLICAS\tNODES", rows, func(r row) string {
		digest := r.Digest[:min(len(r.Digest), shortDigest)]
		if digest == "" {
			digest = "-"
		}
		return fmt.Sprintf("%d\t%d\t%s\t%s\t%d\t%s\t%s",
			r.Shard, r.Applied, digest, size(r.held.Bytes), r.held.Entries, r.compared(), r.describe())
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s\n", summary(replicas, found))
	return err
}

// raftLog says what was found of a Raft log that was read.
func (r *replica) raftLog() string {
	switch {
	case !r.read:
		return ""
	case len(r.Damaged) == 0:
		return ", its Raft log is whole"
	}
	return ", of its Raft log damaged:\n  " + strings.Join(r.Damaged, "\n  ")
}

// describe names the nodes of a group, and what is to be said of them.
func (g *group) describe() string {
	nodes := strings.Join(g.Nodes, ", ")
	switch g.Verdict {
	case same:
		return nodes
	case damaged:
		return nodes + ": cannot be read"
	case different:
		if len(g.Tables) > 0 {
			return nodes + ": different in " + strings.Join(g.Tables, ", ")
		}
		return nodes + ": different"
	default:
		return nodes + ": " + string(g.Verdict)
	}
}

// compared says how many replicas were compared, of how many there are to be.
func (c *comparison) compared() string {
	if c.Assigned == 0 {
		return fmt.Sprint(c.Replicas)
	}
	return fmt.Sprintf("%d/%d", c.Replicas, c.Assigned)
}

// summary says what was found of all shards together.
func summary(replicas []replica, found []comparison) string {
	parts := []string{fmt.Sprintf("%s on %s: %s", plural(len(found), "shard"), plural(len(replicas), "node"), agreeing(len(replicas), found))}
	for _, v := range []struct {
		shards []uint32
		text   string
	}{
		{shardsWith(found, damaged), "cannot be read"},
		{shardsWith(found, different), "differ"},
		{shardsWith(found, behind), "behind on some, which have not applied as much yet"},
		{shardsWith(found, moving), "never caught at one index: ask again when less is written"},
		{shardsThat(found, func(c *comparison) bool { return c.Verdict == absent }), "on none of these nodes"},
		{
			shardsThat(found, func(c *comparison) bool { return c.Replicas > 0 && c.Replicas < c.Assigned }),
			"compared on fewer replicas than there are to be: look at all nodes, or wait until they have caught up",
		},
	} {
		if len(v.shards) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s (%s)", len(v.shards), v.text, shardList(v.shards)))
		}
	}
	return strings.Join(parts, "; ")
}

// agreeing says how many shards are the same on all that have them, and on how many nodes those are. What one node alone has is
// only read.
func agreeing(nodes int, found []comparison) string {
	read, agree, fewest, most := 0, 0, nodes, 0
	for _, c := range found {
		switch {
		case c.Verdict != same:
		case c.Replicas == 1:
			read++
		default:
			agree, fewest, most = agree+1, min(fewest, c.Replicas), max(most, c.Replicas)
		}
	}
	switch {
	case nodes == 1:
		return fmt.Sprintf("%d read", read)
	case read > 0:
		return fmt.Sprintf("%d the same on %s, %d read on one node alone", agree, those(nodes, fewest, most), read)
	}
	return fmt.Sprintf("%d the same on %s", agree, those(nodes, fewest, most))
}

// those names the nodes that have something, as a number of all nodes.
func those(nodes, fewest, most int) string {
	switch {
	case fewest == nodes:
		return "all of them"
	case fewest == most:
		return fmt.Sprintf("the %d that have them", fewest)
	}
	return fmt.Sprintf("the %d to %d that have them", fewest, most)
}

// size writes a number of bytes in three digits or so.
func size(n uint64) string {
	for _, u := range units {
		if f := float64(n) / float64(u.bytes); f >= 1000 {
			return fmt.Sprintf("%.0f %s", f, u.name) // up to 1023
		} else if f >= 1 {
			return fmt.Sprintf("%.3g %s", f, u.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
