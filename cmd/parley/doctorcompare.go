package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parley-im/parley/transport/admin"
)

// finding says how the replicas of a shard compare.
type finding string

const (
	// same: all have the same.
	same finding = "same"
	// absent: none of them has a replica.
	absent finding = "absent"
	// behind: some have applied less than others, and could not be compared with them. Those at one index have the same.
	behind finding = "behind"
	// moving is behind, while more was applied all the time.
	moving finding = "moving"
	// different: some have applied as much, and have not the same.
	different finding = "different"
	// damaged: some could not be read.
	damaged finding = "damaged"
)

// comparison is what was found of a shard.
type comparison struct {
	Shard   uint32  `json:"shard"`
	Verdict finding `json:"verdict"`
	// Replicas is how many were compared, Assigned how many nodes are to have one, 0 when none of those can say.
	Replicas int `json:"replicas"`
	Assigned int `json:"assigned"`
	// Groups are the replicas that have the same, those that have applied the most first, of those the largest group.
	Groups []*group `json:"groups"`
}

// group is some replicas that have the same of a shard.
type group struct {
	Nodes   []string `json:"nodes"`
	Verdict finding  `json:"verdict"`
	Applied uint64   `json:"applied"`
	Digest  string   `json:"digest"`
	// Tables are those in which it differs from the first group at the same index.
	Tables []string `json:"differsIn,omitempty"`
	Error  string   `json:"error,omitempty"`

	held admin.Digest
}

// compare compares the shards of replicas of one cluster. A node that has no replica of a shard is none of those that are compared.
func compare(replicas []replica) []comparison {
	var found []comparison
	for shard := range uint32(replicas[0].Of) {
		c := comparison{Shard: shard, Verdict: same, Groups: []*group{}}
		for r := range replicas {
			if d := replicas[r].held(shard); d != nil {
				c.add(replicas[r].name, d)
			}
		}
		c.judge(replicas[0].moved[shard])
		found = append(found, c)
	}
	return found
}

// add puts a replica into the group of those that have the same.
func (c *comparison) add(name string, d *admin.Digest) {
	c.Replicas, c.Assigned = c.Replicas+1, max(c.Assigned, d.Assigned)
	for _, g := range c.Groups {
		if g.Applied == d.Applied && g.Digest == d.Digest && g.Error == "" && d.Error == "" {
			g.Nodes = append(g.Nodes, name)
			return
		}
	}
	g := &group{Nodes: []string{name}, Verdict: same, Applied: d.Applied, Digest: d.Digest, Error: d.Error, held: *d}
	c.Groups = append(c.Groups, g)
}

// judge orders the groups, and says of each, and of all, how they compare.
func (c *comparison) judge(moved bool) {
	if len(c.Groups) == 0 {
		c.Verdict = absent
		return
	}
	slices.SortStableFunc(c.Groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.Applied, a.Applied), cmp.Compare(len(b.Nodes), len(a.Nodes)))
	})
	late := behind
	if moved {
		late = moving
	}
	newest := c.Groups[0].Applied
	for i, g := range c.Groups {
		switch {
		case g.Error != "":
			g.Verdict = damaged
		case c.contradicts(i):
			g.Verdict = different
		case g.Applied < newest:
			g.Verdict = late
		}
		c.Verdict = worse(c.Verdict, g.Verdict)
	}
}

// contradicts reports whether group i and another have applied as much and differ, and notes in what it differs from the first
// of those.
func (c *comparison) contradicts(i int) bool {
	g := c.Groups[i]
	for j, o := range c.Groups {
		if j == i || o.Error != "" || o.Applied != g.Applied {
			continue
		}
		if j < i {
			g.Tables = differing(&g.held, &o.held)
		}
		return true
	}
	return false
}

// differing names the tables in which two digests differ, in alphabetical order.
func differing(a, b *admin.Digest) (names []string) {
	sums := map[string]string{}
	for _, t := range a.Tables {
		sums[t.Table] = t.Digest
	}
	for _, t := range b.Tables {
		if sums[t.Table] != t.Digest {
			names = append(names, t.Table)
		}
		delete(sums, t.Table)
	}
	names = slices.AppendSeq(names, maps.Keys(sums)) // those that only a has
	slices.Sort(names)
	return names
}

// worse returns the worse of two verdicts.
func worse(a, b finding) finding {
	order := []finding{same, absent, behind, moving, different, damaged}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

// complaint is the error that the command ends with: nil unless something differs, is damaged, or cannot be read.
func complaint(replicas []replica, found []comparison) error {
	var texts []string
	for i := range replicas {
		texts = append(texts, replicas[i].Damaged...)
	}
	if list := shardsWith(found, different); len(list) > 0 {
		texts = append(texts, fmt.Sprintf("replicas differ in %s", shardList(list)))
	}
	for _, c := range found {
		for _, g := range c.Groups {
			if g.Error != "" {
				texts = append(texts, fmt.Sprintf("shard %d of %s cannot be read: %s", c.Shard, g.Nodes[0], g.Error))
			}
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return errors.New(strings.Join(texts, "; "))
}

// shardsWith returns the shards of which a group has a finding.
func shardsWith(found []comparison, v finding) []uint32 {
	return shardsThat(found, func(c *comparison) bool {
		return slices.ContainsFunc(c.Groups, func(g *group) bool { return g.Verdict == v })
	})
}

// shardsThat returns the shards of which something is so.
func shardsThat(found []comparison, isSo func(*comparison) bool) (shards []uint32) {
	for i := range found {
		if isSo(&found[i]) {
			shards = append(shards, found[i].Shard)
		}
	}
	return shards
}

// shardList writes "shard 3" or "shards 3, 7".
func shardList(shards []uint32) string {
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(shards), " ", ", "), "[]")
	if len(shards) == 1 {
		return "shard " + text
	}
	return "shards " + text
}
