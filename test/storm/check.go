package storm

import (
	"context"
	"fmt"
	"slices"

	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// routes are where REST gives the conversations.
func (s *Storm) routes() map[string]string {
	return map[string]string{
		friends:   "/ctx/" + jerry + "/friends/" + tom + "/chats",
		group:     "/groups/" + s.opts.Group + "/chats",
		strangers: "/ctx/" + zoe + "/strangers/" + tom + "/chats",
		visit:     "/passengers/" + visitor + "/chats/" + tom,
	}
}

// Check compares, after Repeat, what was sent, answered and heard with the histories that each of the nodes has, paged by time and by
// number. It returns all faults; its error is that a history could not be read.
func (s *Storm) Check(ctx context.Context, nodes ...client.REST) (faults []error, err error) {
	faults = append(faults, s.mu.faults...)
	for talk, route := range s.routes() {
		history, differ, err := histories(ctx, route, nodes)
		if err != nil {
			return nil, err
		}
		found := append(differ, ledger.CheckOnce(s.tape.to(talk), history)...)
		for _, l := range s.all() {
			if heard := l.heardIn(talk); len(heard) > 0 {
				found = append(found, ledger.CheckHeardOnce(heard, history)...)
			}
		}
		for _, f := range found {
			faults = append(faults, fmt.Errorf("%s: %w", talk, f))
		}
	}
	return append(faults, s.thin()...), nil
}

// histories reads one history of all nodes, by time and by number, and says which differ from the first.
func histories(ctx context.Context, route string, nodes []client.REST) (first []ledger.Stored, differ []ledger.Fault, err error) {
	for i, n := range nodes {
		for by, read := range map[string]func(context.Context, string) ([]client.Record, error){"time": n.ChatsByTime, "number": n.ChatsByNumber} {
			records, err := read(ctx, route)
			if err != nil {
				return nil, nil, err
			}
			got := storedOf(records)
			if first == nil {
				first = got
			}
			if !slices.Equal(got, first) {
				differ = append(differ, ledger.Fault{Kind: ledger.Foreign, Text: fmt.Sprintf("node %d by %s has %d records, others %d", i+1, by, len(got), len(first))})
			}
		}
	}
	return first, differ, nil
}

func storedOf(records []client.Record) (list []ledger.Stored) {
	for _, m := range records {
		r := ledger.Record{N: m.N, TS: m.TS, Speaker: m.Speaker, Body: m.Text()}
		list = append(list, ledger.Stored{Record: r, ID: m.ID})
	}
	return list
}

// thin finds what would make a run prove little: messages that were not sent so often, and nothing heard.
func (s *Storm) thin() (faults []error) {
	for _, k := range s.senders {
		for _, m := range k.said {
			if sent, answers := m.counts(); sent <= Repeats || answers < 2 {
				faults = append(faults, fmt.Errorf("%v in %s was sent %d times, with %d successes", m.key, k.talk, sent, answers))
			}
		}
	}
	for _, talk := range []string{friends, group, strangers, visit} {
		if !slices.ContainsFunc(s.all(), func(l *line) bool { return len(l.heardIn(talk)) > 0 }) {
			faults = append(faults, fmt.Errorf("nothing was heard in %s", talk))
		}
	}
	return faults
}
