package main

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/bench/fanout"
)

// frame is one that a server sends.
func frame(payload string) []byte {
	if len(payload) > 125 {
		panic("too long for a test")
	}
	return append([]byte{0x81, byte(len(payload))}, payload...)
}

// What members say and what servers say between the messages, by protocol. Seen to fail with a Cut that looks at beginnings only.
func TestProtocols_SpeakAsTheirServers(t *testing.T) {
	const ask = "\x00\x00\x00\x00" // a mask that hides nothing
	for _, c := range []struct {
		p             fanout.Protocol
		publish       string
		quiet, asking []string
		pong          string
	}{
		{
			&nats{}, ask + "PUB room.7 5\r\nhello\r\n",
			[]string{"MSG room.7 1 5\r\nhello\r\n", "PONG\r\n"},
			[]string{"PING\r\n", "MSG room.7 1 5\r\nhello\r\nPING\r\n"},
			ask + "PONG\r\n",
		},
		{
			&centri{}, ask + `{"id":3,"publish":{"channel":"room7","data":"hello"}}`,
			[]string{`{"id":2,"subscribe":{}}`, `{"push":{"channel":"room7","pub":{"data":"{}"}}}`},
			[]string{"{}", "{\"id\":3,\"publish\":{}}\n{}", "{\"push\":1}\n{}\n{\"push\":2}"},
			ask + "{}",
		},
		{&socketIO{}, ask + `42["say","room7","hello"]`, []string{`42["message","2"]`}, []string{"2"}, ask + "3"},
	} {
		if got := c.p.Publish(nil, 7, []byte("hello"), true); string(got[2:]) != c.publish {
			t.Errorf("%s says %q, want %q", c.p.Name(), got[2:], c.publish)
		}
		for _, said := range append(c.quiet, c.asking...) {
			want := ""
			if slices.Contains(c.asking, said) {
				want = c.pong
			}
			f, err := c.p.Cut(append(frame(said), "more"...))
			if err != nil || string(f.Payload) != said || string(f.Answer[min(len(f.Answer), 2):]) != want {
				t.Errorf("%s hears %q: %+v, %v", c.p.Name(), said, f, err)
			}
		}
	}
}

// A refusal ends a run with the server's words, or is kept for who asks why nobody hears.
func TestProtocols_HearRefusals(t *testing.T) {
	if _, err := (&nats{}).Cut(frame("-ERR 'Slow Consumer'\r\n")); err == nil || !strings.Contains(err.Error(), "Slow Consumer") {
		t.Errorf("NATS: %v", err)
	}
	if f, _ := (&centri{}).Cut(frame(`{"id":3,"error":{"code":103}}`)); !f.Refused {
		t.Error("Centrifuge refuses, and nobody hears it")
	}
	var closed *fanout.Closed
	if _, err := (&socketIO{}).Cut([]byte{0x88, 2, 0x03, 0xf0}); !errors.As(err, &closed) || closed.Code != 1008 {
		t.Errorf("a close frame: %v", err)
	}
}

func result(scenario string, window int, of map[string]fanout.Measurement) fanout.Result {
	r := fanout.Result{Scenario: fanout.Scenario{Name: scenario, Window: window}}
	for _, name := range []string{parleyName, limitCo, limitWrite, natsName, centriName, socketName} {
		s := fanout.Series{Server: name}
		if m, ok := of[name]; ok {
			s.Runs = append(s.Runs, m)
		} else {
			s.Trouble = "too many <members>"
		}
		r.Servers = append(r.Servers, s)
	}
	r.Summarize()
	return r
}

func measured(rate, cpu float64, p99 int64) fanout.Measurement {
	return fanout.Measurement{Stage: fanout.Stage{
		DeliveriesPerSecond: rate, ServerCPU: &fanout.CPU{PerMillion: cpu}, Latency: fanout.Latency{P99: p99, Max: p99},
	}}
}

func example() *report {
	r := &report{peers: []string{natsName, centriName, socketName}}
	r.add(result("1x1000", 16, map[string]fanout.Measurement{
		parleyName: measured(800e3, 1, 9), limitCo: measured(1000e3, 1, 9), natsName: measured(600e3, 1, 9), centriName: measured(400e3, 1, 9),
	}))
	r.add(result("1x1000-open20k", 0, map[string]fanout.Measurement{parleyName: measured(20e3, 11, 1500), limitWrite: measured(20e3, 10, 1000)}))
	r.add(result("1x1000-window1", 1, map[string]fanout.Measurement{parleyName: measured(90e3, 11, 1500), limitWrite: measured(100e3, 10, 1000)}))
	return r
}

// Goals are held to the medians, the best peer is found, and who was not measured is no yardstick.
func TestYardsticks(t *testing.T) {
	text := &strings.Builder{}
	if err := example().markdown(text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| 1x1000 | 0.80 (at least 0.75: met); CPU a delivery 1.00 | 1.33 of nats (at least 1.60: **not met**) | - |",
		"| 1x1000-open20k | - | - | CPU a delivery 1.10 (at most 1.20: met); p99 1.50 (at most 1.30: **not met**) |",
		"| 1x1000-window1 | - | - | 0.90 (at least 0.85: met); CPU a delivery 1.10; p99 1.50 |",
		"The baseline is broken", "- socket.io failed in run 1: too many <members>",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// The plot is an XML document with a bar for each server that was measured, and says which failed.
func TestPlot(t *testing.T) {
	text := &strings.Builder{}
	if err := example().plot(text); err != nil {
		t.Fatal(err)
	}
	for in := xml.NewDecoder(strings.NewReader(text.String())); ; {
		if _, err := in.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
	if bars, failed := strings.Count(text.String(), "<title>"), strings.Count(text.String(), ">failed<"); bars != 6 || failed != 6 {
		t.Errorf("%d bars and %d failures, want 6 and 6", bars, failed)
	}
}
