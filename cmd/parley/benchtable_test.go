package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/machine"
)

func exampleMeasurement() fanout.Measurement {
	return fanout.Measurement{
		LoginsPerSecond: 2310.4, Memory: &fanout.Memory{Empty: 50 << 20, Full: 70 << 20, PerConnection: 20 << 10},
		Stage: fanout.Stage{
			Seconds: 10, Broadcasts: 2316, BroadcastsPerSecond: 231.6, Deliveries: 2_314_150, DeliveriesPerSecond: 231_415,
			Latency:   fanout.Latency{P50: 950, P90: 3_100, P99: 12_340, P999: 345_600, Max: 1_234_567},
			ServerCPU: &fanout.CPU{Seconds: 13.9, PerMillion: 6.02}, ClientCPU: fanout.CPU{Seconds: 11, PerMillion: 4.75},
			OtherCores: new(0.02), StolenCores: new(0.001),
		},
	}
}

func exampleReport() (*fanout.Report, *fanout.Result) {
	base := exampleMeasurement()
	base.DeliveriesPerSecond, base.ServerCPU = 462_830, &fanout.CPU{Seconds: 27.8, PerMillion: 12.04}
	scenario := fanout.Typical()
	scenario.Members, scenario.Window, scenario.Name = 1000, 16, "1x1000"
	r := &fanout.Report{
		Machine: machine.Machine{CPU: "AMD EPYC", Cores: 2, Kernel: "6.18", OS: "linux", Go: "go1.26.8"},
		Parley:  fanout.Build{Version: "1.2.3", Commit: "0123456789ab"}, Pinned: &machine.Pinned{Server: []int{0}, Client: []int{1}},
		Results: []fanout.Result{{Scenario: scenario, Protocol: "Engine.IO 4", Servers: []fanout.Series{
			{Server: "parley", Runs: []fanout.Measurement{exampleMeasurement()}}, {Server: "limit-co", Runs: []fanout.Measurement{base}},
		}}},
	}
	r.Results[0].Summarize()
	return r, &r.Results[0]
}

// What people read of one run beside a baseline.
func TestWriteFanoutTable_OneRun(t *testing.T) {
	t.Parallel()
	r, result := exampleReport()
	var got bytes.Buffer
	writeFanoutTable(&got, r, result)
	writeFanoutFoot(&got, r)
	const want = `
1x1000: 1 room of 1,000 members, 1 sender, window 16, 128 bytes, Engine.IO 4, 10 s

                              parley      limit-co   ratio
deliveries/s                 231,415       462,830    0.50
broadcasts/s                   231.6         231.6
latency p50                   950 µs        950 µs    1.00
        p90                  3.10 ms       3.10 ms
        p99                  12.3 ms       12.3 ms    1.00
        p99.9                 346 ms        346 ms
        max                   1.23 s        1.23 s
logins/s                       2,310         2,310
memory a connection           20 KiB        20 KiB    1.00
CPU seconds per million deliveries
  server                        6.02          12.0    0.50
  load generator                4.75          4.75
cores busy
  server                        1.39          2.78
  load generator                1.10          1.10
  anything else                 0.02          0.02
deliveries that were
  lost                             0             0
  doubled                          0             0
  out of order                     0             0

AMD EPYC, 2 cores, linux 6.18, go1.26.8, parley 1.2.3 0123456789ab; server on core 0, load on core 1
`
	if got.String() != want {
		t.Errorf("got %s\nwant %s", got.String(), want)
	}
}

// Of several runs a cell has three figures, and rows for what some loads alone have come with them.
func TestWriteFanoutTable_SeveralRunsWithAllThereIs(t *testing.T) {
	t.Parallel()
	r, result := exampleReport()
	result.Servers = result.Servers[:1]
	for i := range 3 {
		m := exampleMeasurement()
		m.DeliveriesPerSecond += float64(i) * 1000
		m.SayDelay, m.ServerCPU, m.Memory, m.Lost, m.CutOff = &fanout.Latency{P99: 70}, nil, nil, 1234, 2
		m.Joins = &fanout.Joins{PerSecond: 20, Latency: fanout.Latency{P99: 5000}}
		m.Slow = &fanout.Slow{Stopped: 10, Disconnects: new(10.0), Ended: map[string]int{"1008": 9, "open": 1}, AllReading: m.Stage}
		result.Servers[0].Runs = append(result.Servers[0].Runs[:i], m)
	}
	result.Summarize()
	result.Scenario = fanout.Scenario{Rooms: 50, Members: 20, Senders: 2, Rate: 1500, Size: 64, JoinsPerSecond: 20, SlowPercent: 5, Seconds: 0.5}
	r.Target, r.Pinned, r.Parley, r.Machine.CPU = "http://x", nil, fanout.Build{}, ""
	var got bytes.Buffer
	writeFanoutTable(&got, r, result)
	writeFanoutFoot(&got, r)
	for _, line := range []string{
		"\n50 rooms of 20 members, 2 senders each, 1,500 broadcasts/s, 64 bytes, 20.0 joins/s, 5 % stop reading, Engine.IO 4, 0.5 s, 3 runs\n",
		"least, middle, most                                parley\n",
		"deliveries/s              231,415     232,415     233,415\n",
		"said late by, p99           70 µs       70 µs       70 µs\n",
		"those who stopped\n  closed, it says              10          10          10\n  closed with 1008              9           9           9\n",
		"with all reading\n  deliveries/s            231,415     232,415     233,415\n",
		"joins/s                      20.0        20.0        20.0\n  latency p99             5.00 ms     5.00 ms     5.00 ms\n",
		"  server                                                -\n",
		"  lost                      1,234       1,234       1,234\n",
		"members cut off                 2           2           2\n",
		"parley: of 30 who stopped reading 1008: 27, open: 3\n",
		"\n2 cores, linux 6.18, go1.26.8\n",
	} {
		if !strings.Contains(got.String(), line) {
			t.Errorf("no line %q in %s", line, got.String())
		}
	}
}

// A limit that is slower than what it limits is called broken; that of a write per frame is none for who joins messages.
func TestWriteFanoutTable_SaysWhenTheLimitIsNone(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]bool{"limit-co": true, "limit-write": false} {
		r, result := exampleReport()
		result.Servers[1].Server = server
		result.Servers[1].Runs[0].DeliveriesPerSecond = 200_000
		result.Summarize()
		var got bytes.Buffer
		writeFanoutTable(&got, r, result)
		if strings.Contains(got.String(), "the baseline is broken") != want {
			t.Errorf("%s: got %s", server, got.String())
		}
	}
}

// A server that could not be measured has dashes and a reason, the others their figures, and the command fails with it.
func TestWriteFanoutTable_TellsWhoWasNotMeasured(t *testing.T) {
	t.Parallel()
	r, result := exampleReport()
	first := &result.Servers[0]
	first.Runs, first.Trouble = nil, "it is full"
	result.Summarize()
	var got bytes.Buffer
	writeFanoutTable(&got, r, result)
	for _, line := range []string{"\ndeliveries/s                       -", "\nparley was not measured: it is full\n"} {
		if !strings.Contains(got.String(), line) {
			t.Errorf("no %q in %s", line, got.String())
		}
	}
	if err := verdict(r); err == nil || !strings.HasSuffix(err.Error(), "parley was not measured: it is full") {
		t.Errorf("got %v", err)
	}
}

// A run in which something did not arrive as it should fails, and says what.
func TestVerdict(t *testing.T) {
	t.Parallel()
	r, result := exampleReport()
	if err := verdict(r); err != nil {
		t.Error(err)
	}
	m := &result.Servers[0].Runs[0]
	m.Lost, m.Doubled, m.OutOfOrder, m.Stray, m.CutOff, m.Trouble = 1000, 2, 3, 4, 5, "tom was cut off"
	want := "1x1000 parley, run 1: 1,000 lost, 2 doubled, 3 out of order, 4 astray or damaged, 5 members cut off, first tom was cut off"
	if err := verdict(r); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	r, result = exampleReport()
	result.Servers[1].Runs[0].Lost = 1
	if err := verdict(r); err == nil || !strings.Contains(err.Error(), "limit-co, run 1: 1 lost") {
		t.Errorf("got %v, want limit-co", err)
	}
}
