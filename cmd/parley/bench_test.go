package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/machine"
	"github.com/parley-im/parley/bench/start"
	"github.com/parley-im/parley/internal/servertest"
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
		{"bench fanout --window 1 --rate 1", "window and rate: exactly one"},
		{"bench fanout --window 0", "window and rate: exactly one"},
		{"bench fanout --rate fast", "-rate"},
		{"bench fanout --rate -1", "rate -1: up to"},
		{"bench fanout --members 1", "members 1: at least 2"},
		{"bench fanout --senders 101", "senders 101: from 1"},
		{"bench fanout --size 48", "size 48: from 49"},
		{"bench fanout --revision 2 --rooms 0", "revision 2: 3 or 4; rooms 0"},
		{"bench fanout --duration 0s", "duration 0s"},
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

// The load is closed with a window of 16 unless something else is asked for; an app may be given as serve has it.
func TestParseFanout_ChoosesTheLoad(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args   string
		window int
		rate   float64
	}{
		{"", 16, 0},
		{"--window 3", 3, 0},
		{"--rate 2.5", 0, 2.5},
		{"--target http://127.0.0.1:1 --app id:key:master", 16, 0},
	} {
		e, _, _ := fakeEnv(nil)
		c, err := parseFanout(strings.Fields(tt.args), e)
		if err != nil || c.load.Window != tt.window || c.load.Rate != tt.rate {
			t.Errorf("%q: %+v, %v; want window %d, rate %v", tt.args, c, err, tt.window, tt.rate)
		}
		if c.target != "" && (c.load.App != "id" || c.load.Key != "key") {
			t.Errorf("%q: app %q, key %q", tt.args, c.load.App, c.load.Key)
		}
	}
}

func TestBench_Help(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"help bench": "parley bench fanout", "bench -h": "parley bench fanout", "bench fanout --help": "--window NUMBER",
	} {
		e, stdout, stderr := fakeEnv(nil)
		if code := run(t.Context(), strings.Fields(args), e); code != exitDone || !strings.Contains(stdout.String(), want) || stderr.Len() > 0 {
			t.Errorf("%s: code %d, %q; want %q", args, code, stdout, want)
		}
	}
}

func exampleReport() fanout.Report {
	server := fanout.Measurement{
		LoginsPerSecond: 2310.4, Seconds: 10, Broadcasts: 2316, BroadcastsPerSecond: 231.6, Deliveries: 2_314_150, DeliveriesPerSecond: 231_415,
		Latency:   fanout.Latency{P50: 950, P90: 3_100, P99: 12_340, P999: 345_600, Max: 1_234_567},
		ServerCPU: &fanout.CPU{Seconds: 13.9, PerMillion: 6.02}, ClientCPU: fanout.CPU{Seconds: 11, PerMillion: 4.75},
	}
	base := server
	base.DeliveriesPerSecond, base.ServerCPU = 462_830, &fanout.CPU{PerMillion: 12.04}
	ratios := fanout.Compare(server, base)
	return fanout.Report{
		Machine:    machine.Machine{CPU: "AMD EPYC", Cores: 2, Kernel: "6.18", OS: "linux", Go: "go1.26.8"},
		Parley:     fanout.Build{Version: "1.2.3", Commit: "0123456789ab"},
		Parameters: fanout.Parameters{Revision: 4, Rooms: 1, Members: 1000, Senders: 1, Window: 16, Size: 128, DurationSeconds: 10},
		Server:     server, Baseline: &base, Ratios: &ratios,
	}
}

// What people read, with and without a baseline.
func TestWriteFanoutTable(t *testing.T) {
	t.Parallel()
	r := exampleReport()
	var got bytes.Buffer
	writeFanoutTable(&got, r)
	const want = `
1 room of 1,000 members, 1 sender, window 16, 128 bytes, Engine.IO 4, 10 s

                            parley    write loop     ratio
deliveries/s               231,415       462,830      0.50
broadcasts/s                 231.6         231.6
latency p50                 950 µs        950 µs      1.00
        p90                3.10 ms       3.10 ms
        p99                12.3 ms       12.3 ms      1.00
        p99.9               346 ms        346 ms
        max                 1.23 s        1.23 s
logins/s                     2,310         2,310
CPU, seconds per million deliveries
  server                      6.02          12.0      0.50
  load generator              4.75          4.75
deliveries that were
  lost                           0             0
  doubled                        0             0
  out of order                   0             0

AMD EPYC, 2 cores, linux 6.18, go1.26.8, parley 1.2.3 0123456789ab
`
	if got.String() != want {
		t.Errorf("got %s\nwant %s", got.String(), want)
	}

	r.Baseline, r.Ratios, r.Server.ServerCPU, r.Server.Lost, r.Server.CutOff = nil, nil, nil, 1234, 2
	r.Parameters = fanout.Parameters{Target: "http://x", Revision: 3, Rooms: 50, Members: 2, Senders: 2, Rate: 1500, Size: 64, DurationSeconds: 0.5}
	r.Parley, r.Machine.CPU = fanout.Build{}, ""
	r.Server.SayDelay = &fanout.Latency{P99: 70}
	got.Reset()
	writeFanoutTable(&got, r)
	for _, line := range []string{
		"50 rooms of 2 members, 2 senders each, 1,500 broadcasts/s, 64 bytes, Engine.IO 3, 0.5 s\n", "                            server\n",
		"said late by, p99            70 µs\n", "  server              not measured\n", "  lost                       1,234\n",
		"members cut off                  2\n", "\n2 cores, linux 6.18, go1.26.8\n",
	} {
		if !strings.Contains(got.String(), line) {
			t.Errorf("no line %q in %s", line, got.String())
		}
	}
}

// A run in which something did not arrive as it should fails, and says what.
func TestVerdict(t *testing.T) {
	t.Parallel()
	r := exampleReport()
	if err := verdict(r); err != nil {
		t.Error(err)
	}
	r.Server.Lost, r.Server.Doubled, r.Server.OutOfOrder, r.Server.Stray, r.Server.CutOff, r.Server.Trouble = 1000, 2, 3, 4, 5, "tom was cut off"
	want := "1,000 lost, 2 doubled, 3 out of order, 4 astray or damaged, 5 members cut off, first tom was cut off"
	if err := verdict(r); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	r = exampleReport()
	r.Baseline.Lost = 1
	if err := verdict(r); err == nil || !strings.Contains(err.Error(), "write loop: 1 lost") {
		t.Errorf("got %v, want the write loop", err)
	}
}

// A line fits the terminal, since one that wraps could not be redrawn, and does not jump while its figures change.
func TestBenchScreen_LineFits(t *testing.T) {
	t.Parallel()
	for width, s := range map[int]*benchScreen{79: {bar: mostBar}, 55: {}} {
		for _, p := range []fanout.Progress{
			{Phase: "catching up", Rate: 123_456_789},
			{Phase: "logging in", Count: 640, Total: 1000, Rate: 999},
			{Phase: "measuring", Left: 5400 * time.Millisecond, Length: 10 * time.Second, Rate: 1_460_000},
			{Phase: "warming up", Left: 59 * time.Minute, Length: time.Hour, Rate: 123_456_789},
		} {
			if line := s.line("write loop", p); utf8.RuneCountInString(line) > width {
				t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
			}
		}
	}
	s := &benchScreen{bar: 10}
	got := s.line("parley", fanout.Progress{Phase: "measuring", Left: 5 * time.Second, Length: 10 * time.Second, Rate: 231_415})
	if want := "parley      measuring     █████░░░░░  5.0 s left      231,415/s"; got != want {
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

// These run the binary: a node of its own, measured beside the write loop; and a running node.

func TestBench_MeasuresANodeOfItsOwn(t *testing.T) {
	t.Parallel()
	tmp, out := t.TempDir(), filepath.Join(t.TempDir(), "new", "dir")
	got := servertest.Run(t, []string{"TMPDIR=" + tmp, "PARLEY_CONFIG=/no/such/file"}, "bench", "fanout",
		"--members", "5", "--duration", "300ms", "--warmup", "50ms", "--baseline", "--json", "--out", out)
	var r fanout.Report
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil || got.Code != exitDone || got.Stderr != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	if r.Server.Deliveries == 0 || r.Server.ServerCPU == nil || r.Baseline == nil || r.Baseline.Deliveries == 0 || r.Ratios.DeliveriesPerSecond == 0 {
		t.Errorf("got %s", got.Stdout)
	}
	if text, err := os.ReadFile(filepath.Join(out, reportFile)); err != nil || string(text) != got.Stdout {
		t.Errorf("%s: %v, %s", reportFile, err, text)
	}
	wantEmpty(t, tmp)
}

func TestBench_MeasuresATarget(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t, "--limit-room-members", "20")
	args := []string{"bench", "fanout", "--target", n.URL(), "--app", servertest.App + ":" + servertest.ClientKey, "--duration", "200ms", "--warmup", "0s"}
	got := servertest.Run(t, []string{"PARLEY_ADMIN=" + n.AdminURL()}, append(args, "--members", "10", "--rooms", "2", "--rate", "100")...)
	if got.Code != exitDone || !strings.Contains(got.Stdout, "2 rooms of 10 members") || strings.Contains(got.Stdout, "not measured") {
		t.Errorf("%+v", got)
	}
	full := servertest.Run(t, nil, append(args, "--members", "21")...)
	if full.Code != exitFailed || !strings.Contains(full.Stderr, "5008") || !strings.Contains(full.Stderr, "--limit-room-members") || strings.Count(full.Stderr, "\n") != 1 {
		t.Errorf("%+v, want one line about the limit", full)
	}
}

// Ctrl-C ends the measurement, the node that was started for it, and leaves nothing behind.
func TestBench_EndsWhenInterrupted(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	cmd := exec.Command(servertest.Binary(t), "bench", "fanout", "--members", "5", "--duration", "1h")
	cmd.Env = append(os.Environ(), servertest.WatchRaces(t), "TMPDIR="+tmp)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	servertest.Eventually(t, "the node has an admin token", func() bool {
		found, _ := filepath.Glob(filepath.Join(tmp, "parley-bench-*", "data", "admin-token"))
		return len(found) == 1
	})
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed || stderr.String() != "parley: bench fanout: interrupted\n" || stdout.Len() > 0 {
		t.Errorf("code %d, stderr %q, stdout %q", code, stderr.String(), stdout.String())
	}
	wantEmpty(t, tmp)
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
