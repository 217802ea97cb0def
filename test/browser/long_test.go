package browser

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

const (
	// many is the number of messages of a long conversation, speakers of the sessions that say them: each waits for its own.
	many     = 10_000 / servertest.Slowdown
	speakers = 10
)

// A conversation of 10,000 messages is scrolled from its end to its beginning and back: what is far from what is seen is not in the
// document, nothing is left out or comes twice, and what is seen stays where it is while earlier messages come.
//
// Checked by breaking it: a list that keeps its rows fails it, and one that does not hold on to what is seen.
func TestPage_TenThousandMessagesScroll(t *testing.T) {
	t.Parallel()
	node := servertest.Start(t)
	if err := rest(node).Befriend(t.Context(), "tom", "jerry"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range speakers {
		jerry := speaker(t, node, "jerry")
		wg.Go(func() {
			said := make([]client.Message, many/speakers)
			for j := range said {
				said[j] = client.Text("tom", fmt.Sprintf("%d of %d: %s", j, i, strings.Repeat("words of different length ", j%7)))
			}
			if err := say(jerry, said...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()

	s := begin(t, node, "long")
	s.Do("still")
	s.Do("scroll", many)
	s.ends()
}
