package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/machine"
	"github.com/parley-im/parley/bench/start"
)

// Whatever is wrong with the load is named before anything is started.
func TestBench_RefusesWrongSettings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, want string }{
		{"bench", "a verb is missing: cluster, connect, fanout or start"},
		{"bench dance", `unknown verb "dance"`},
		{"bench cluster x", `unexpected argument "x"`},
		{"bench cluster --nodes 1,x", "must be numbers"},
		{"bench cluster --nodes 1,1 --rate 0", "nodes [1 1]: numbers from 1 to 9, each once"},
		{"bench connect x", `unexpected argument "x"`},
		{"bench connect --members 0 --revision 5 --transport pigeon", "members 0: from 1"},
		{"bench connect --transport pigeon", `transport "pigeon": polling or websocket`},
		{"bench start x", `unexpected argument "x"`},
		{"bench start --users 1 --group-size 10000 --size 0", "users 1: from 2"},
		{"bench start --samples 500001", "samples 500001: from 1 to half"},
		{"bench fanout x", `unexpected argument "x"`},
		{"bench fanout --window 1 --rate 1", "window, rate and deliveries: exactly one"},
		{"bench fanout --window 0", "window, rate and deliveries: exactly one"},
		{"bench fanout --rate fast", "-rate"},
		{"bench fanout --rate -1", "rate -1: up to"},
		{"bench fanout --members 1", "members 1: at least 2"},
		{"bench fanout --senders 101", "senders 101: from 1"},
		{"bench fanout --size 49", "size 49: from 50"},
		{"bench fanout --revision 2 --rooms 0", "revision 2: 3 or 4; rooms 0"},
		{"bench fanout --duration 0s", "duration 0 s"},
		{"bench fanout --slow 100%", "slow 100: a percentage that leaves"},
		{"bench fanout --joins -1/s", "joins -1: up to"},
		{"bench fanout --runs 0", "runs 0: at least 1"},
		{"bench fanout --json --csv", "json and csv: one of them"},
		{"bench fanout --baseline=nothing", "limit-co or limit-write"},
		{"bench fanout --scenario /no/such.json", "/no/such.json"},
		{"bench fanout --target http://127.0.0.1:1", "target needs app"},
		{"bench fanout --target http://127.0.0.1:1 --app x", "app: must be ID:CLIENTKEY"},
		{"bench fanout --target 127.0.0.1:1 --app a:b", `target "127.0.0.1:1": must be http://HOST:PORT`},
		{"bench fanout --target http://127.0.0.1:1 --app a:b --admin x", `admin "x"`},
	} {
		e, stdout, stderr := fakeEnv(nil)
		code := run(t.Context(), strings.Fields(tt.args), e)
		if code != exitUsage || !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 {
			t.Errorf("%s: code %d, %q; want 2 and %q", tt.args, code, stderr, tt.want)
		}
	}
}

func TestBench_Help(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"help bench": "parley bench fanout", "bench -h": "parley bench fanout", "bench fanout --help": "--window NUMBER", "bench fanout -h": "--baseline[=NAMES]",
	} {
		e, stdout, stderr := fakeEnv(nil)
		if code := run(t.Context(), strings.Fields(args), e); code != exitDone || !strings.Contains(stdout.String(), want) || stderr.Len() > 0 {
			t.Errorf("%s: code %d, %q; want %q", args, code, stdout, want)
		}
	}
}

// A line fits the terminal, since one that wraps could not be redrawn, and does not jump while its figures change.
func TestBenchScreen_LineFits(t *testing.T) {
	t.Parallel()
	for width, s := range map[int]*benchScreen{84: {bar: mostBar}, 60: {}} {
		for _, p := range []fanout.Progress{
			{Phase: "catching up", Rate: 123_456_789},
			{Phase: "logging in", Count: 640, Total: 1000, Rate: 999},
			{Phase: "measuring", Left: 5400 * time.Millisecond, Length: 10 * time.Second, Rate: 1_460_000},
			{Phase: "warming up", Left: 59 * time.Minute, Length: time.Hour, Rate: 123_456_789},
		} {
			if line := s.line("limit-write 9/9", p); utf8.RuneCountInString(line) > width {
				t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
			}
		}
	}
	s := &benchScreen{bar: 10}
	got := s.line("parley", fanout.Progress{Phase: "measuring", Left: 5 * time.Second, Length: 10 * time.Second, Rate: 231_415})
	if want := "parley           measuring     █████░░░░░  5.0 s left      231,415/s"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want string }{
		{thousands(0), "0"},
		{thousands(999), "999"},
		{thousands(-1000), "-1,000"},
		{thousands(1234567), "1,234,567"},
		{amount(0.456), "0.46"},
		{amount(12.34), "12.3"},
		{amount(1234.5), "1,234"},
		{span(999), "999 µs"},
		{span(1000), "1.00 ms"},
		{span(12_345), "12.3 ms"},
		{span(123_456), "123 ms"},
		{span(1_234_567), "1.23 s"},
		{plural(1, "core"), "1 core"},
		{plural(2000, "core"), "2,000 cores"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %s, %v", fmt.Sprint(left), err)
	}
}

// What people read of a run: least, middle and greatest of each way, and what there is none of as a dash.
func TestWriteStartTable(t *testing.T) {
	t.Parallel()
	r := start.Report{
		Machine: machine.Machine{CPU: "AMD EPYC", Cores: 2, OS: "linux", Kernel: "6.18", Go: "go1.26.8"}, Version: "1.2.3", Commit: "0123456789ab",
		Load: [2]float64{0.5, 12}, Fill: start.Fill{
			Users: 1_000_000, Groups: 101, Messages: 65_536, MessageBytes: 1 << 30, UserSeconds: 300, MessageSeconds: 60, Peak: 3 << 30, Awake: 999_999,
		},
		Starts: []start.Start{
			{Way: start.Empty, Ready: 1, RSSReady: 50 << 20},
			{Way: start.Stopped, Ready: 1.5, Stop: 0.25, RSSReady: 100 << 20, Read: &start.Latency{P50: 400, P99: 2345}},
			{Way: start.Stopped, Ready: 1.25, Stop: 0.5, RSSReady: 90 << 20, Read: &start.Latency{P50: 500, P99: 1234}},
		},
	}
	var got bytes.Buffer
	writeStartTable(&got, r)
	for _, line := range []string{
		"\n1,000,000 users in 101 groups, made in 300 s; 65,536 messages of 1,024 MiB, in 60 s; RSS of the node up to 3,072 MiB, with 999,999 user actors awake\n",
		"least, middle, greatest                      empty                   stopped                    killed\n",
		"stop before                                      -          0.25  0.38  0.50                         -\n",
		"ready                             1.00  1.00  1.00          1.25  1.38  1.50                         -\n",
		"RSS MiB, ready                          50  50  50               90  95  100                         -\n",
		"                 p99                             -             1.2  1.8  2.3                         -\n",
		"\nAMD EPYC, 2 cores, linux 6.18, go1.26.8, parley 1.2.3 0123456789ab, load 0.50 to 12.0\n",
	} {
		if !strings.Contains(got.String(), line) {
			t.Errorf("no line %q in %s", line, got.String())
		}
	}
	r.Fill = start.Fill{Users: 2, Groups: 1}
	got.Reset()
	if writeStartTable(&got, r); !strings.Contains(got.String(), "\n2 users in 1 group, made by an earlier run\n") {
		t.Errorf("got %s", got.String())
	}
}
