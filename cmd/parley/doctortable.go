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
		fmt.Fprintf(w, "%s: %s\n", replicas[i].Node, replicas[i].From)
	}
	fmt.Fprintln(w)
	type row struct {
		shard uint32
		*group
	}
	var rows []row
	for _, c := range found {
		for _, g := range c.Groups {
			rows = append(rows, row{c.Shard, g})
		}
	}
	err := table(w, "SHARD\tAPPLIED\tDIGEST\tSIZE\tENTRIES\tNODES", rows, func(r row) string {
		digest := r.Digest[:min(len(r.Digest), shortDigest)]
		if digest == "" {
			digest = "-"
		}
		return fmt.Sprintf("%d\t%d\t%s\t%s\t%d\t%s", r.shard, r.Applied, digest, size(r.held.Bytes), r.held.Entries, r.describe())
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s\n", summary(replicas, found))
	return err
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

// summary says what was found of all shards together.
func summary(replicas []replica, found []comparison) string {
	count := map[finding]int{}
	for _, c := range found {
		count[c.Verdict]++
	}
	all := "the same on all of them"
	if len(replicas) == 1 {
		all = "read"
	}
	parts := []string{fmt.Sprintf("%s on %s: %d %s", plural(len(found), "shard"), plural(len(replicas), "node"), count[same], all)}
	for _, v := range []struct {
		finding
		text string
	}{
		{damaged, "cannot be read"},
		{different, "differ"},
		{behind, "behind on some, which have not applied as much yet"},
		{moving, "never caught at one index: ask again when less is written"},
	} {
		if list := shardsWith(found, v.finding); len(list) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s (%s)", len(list), v.text, shardList(list)))
		}
	}
	return strings.Join(parts, "; ")
}

// size writes a number of bytes in three digits or so.
func size(n uint64) string {
	for _, u := range units {
		if n >= u.bytes {
			return fmt.Sprintf("%.3g %s", float64(n)/float64(u.bytes), u.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
