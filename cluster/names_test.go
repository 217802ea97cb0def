package cluster

import (
	"fmt"
	"math"
	"testing"

	"github.com/parley-im/parley/im"
)

// Names are told apart by what they are: what is made is found again, and nothing else is.
func TestNames_AreToldApart(t *testing.T) {
	for _, c := range []struct {
		name                        string
		owner, activation, question bool
	}{
		{name: ownerName(1, 1), owner: true},
		{name: ownerName(512, math.MaxUint64), owner: true},
		{name: ownerName(3, 7) + "/18446744073709551615", activation: true},
		{name: questionStart + "0", question: true},
		{name: ""},
		{name: repliesName},
		{name: "eventstream"},
		{name: "$1"},
		{name: "shard-1"},
		{name: "shard-1-"},
		{name: "shard--1"},
		{name: "shard-1-1/"},
		{name: "shard-1-1/$1"},
		{name: "shard-1-1/1/1"},
		{name: "shard-+1-1"},
		{name: "shard-01-1"},
		{name: "shard-4294967296-1"},
		{name: "shard-1-18446744073709551616"},
		{name: "/1"},
		{name: "question-"},
		{name: "question-1/1"},
	} {
		if _, owner := parseOwner(c.name); owner != c.owner {
			t.Errorf("%q is an owner: %v", c.name, owner)
		}
		if got := isActivation(c.name); got != c.activation {
			t.Errorf("%q is an activation: %v", c.name, got)
		}
		if got := isQuestion(c.name); got != c.question {
			t.Errorf("%q is a question: %v", c.name, got)
		}
	}
	for shard := range im.ShardID(3) {
		owner := ownerName(shard, 5)
		if got, ok := parseOwner(owner); !ok || got != shard {
			t.Errorf("shard of %s = %d, %v", owner, got, ok)
		}
		if !isActivationOf(owner, owner+"/7") || isActivationOf(owner, fmt.Sprintf("shard-%d-51/7", shard)) {
			t.Errorf("activations of %s are not known", owner)
		}
	}
}
