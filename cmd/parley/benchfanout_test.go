package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/machine"
	"github.com/parley-im/parley/internal/servertest"
)

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
		if err != nil || len(c.scenarios) != 1 || c.scenarios[0].Window != tt.window || c.scenarios[0].Rate != tt.rate {
			t.Errorf("%q: %+v, %v; want window %d, rate %v", tt.args, c, err, tt.window, tt.rate)
		}
		if plan, err := c.targetPlan(); c.target != "" && (err != nil || plan.app != "id" || plan.key != "key") {
			t.Errorf("%q: %+v, %v", tt.args, plan, err)
		}
	}
}

// These run the binary: a node of its own, measured beside the write loop; and a running node.

func TestBench_MeasuresANodeOfItsOwn(t *testing.T) {
	t.Parallel()
	tmp, out := t.TempDir(), filepath.Join(t.TempDir(), "new", "dir")
	got := servertest.Run(t, []string{"TMPDIR=" + tmp, "PARLEY_CONFIG=/no/such/file"}, "bench", "fanout",
		"--members", "5", "--duration", "1s", "--warmup", "50ms", "--runs", "2", "--baseline=limit-co,limit-write", "--json", "--out", out)
	var r fanout.Report
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil || got.Code != exitDone || got.Stderr != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	if len(r.Results) != 1 || len(r.Results[0].Servers) != 3 {
		t.Fatalf("got %s", got.Stdout)
	}
	for i, s := range r.Results[0].Servers {
		if want := []string{"parley", "limit-co", "limit-write"}[i]; s.Server != want || len(s.Runs) != 2 {
			t.Fatalf("%d runs of %s, want 2 of %s", len(s.Runs), s.Server, want)
		}
		for _, m := range s.Runs {
			if m.Deliveries == 0 || m.ServerCPU == nil || m.Memory == nil || m.ClientCPU.Seconds == 0 || !m.Correct() {
				t.Errorf("%s: %+v", s.Server, m)
			}
		}
		if d := s.Summary["deliveries_per_second"]; d.Min <= 0 || d.Min > d.Median || d.Median > d.Max || (s.Ratios["deliveries_per_second"] > 0) != (i > 0) {
			t.Errorf("%s: %+v, ratios %v", s.Server, d, s.Ratios)
		}
	}
	if cores := machine.Cores(); (r.Pinned != nil) != (len(cores) > 1) {
		t.Errorf("pinned to %+v, of %v", r.Pinned, cores)
	}
	if text, err := os.ReadFile(filepath.Join(out, reportFile)); err != nil || string(text) != got.Stdout {
		t.Errorf("%s: %v, %s", reportFile, err, text)
	}
	lines, err := os.ReadFile(filepath.Join(out, csvFile))
	if n := strings.Count(string(lines), "\n"); err != nil || n != 1+3*2 {
		t.Errorf("%d lines of CSV, %v; want a head and 6", n, err)
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

// A file says the load, and flags go over it; a load of another kind replaces that of the file.
func TestParseFanout_FlagsGoOverFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mine.json")
	if err := os.WriteFile(file, []byte(`{"members":50,"window":3,"slow_percent":2,"seconds":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	mine := fanout.Typical()
	mine.Name, mine.Members, mine.Window, mine.SlowPercent, mine.Seconds = "mine", 50, 3, 2, 1
	flagged := mine
	flagged.Window, flagged.DeliveriesPerSecond, flagged.SlowPercent, flagged.JoinsPerSecond, flagged.Seconds = 0, 2000, 4, 20, 3
	for args, want := range map[string]fanout.Scenario{
		"": mine, "--deliveries 2000/s --slow 4% --joins 20/s --duration 3s": flagged,
	} {
		e, _, _ := fakeEnv(nil)
		c, err := parseFanout(append([]string{"--scenario", file + "," + file}, strings.Fields(args)...), e)
		if err != nil || len(c.scenarios) != 2 || c.scenarios[0] != want || c.scenarios[1] != want {
			t.Errorf("%q: %+v, %v; want %+v twice", args, c, err, want)
		}
	}
}

// The baselines by name, and one where none is named.
func TestParseFanout_Baselines(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"": "parley", "--baseline": "parley limit-co", "--baseline=limit-write,limit-co": "parley limit-write limit-co", "--baseline=false": "parley",
		"--target http://127.0.0.1:1 --app a:b --baseline": "server limit-co",
	} {
		e, _, _ := fakeEnv(nil)
		c, err := parseFanout(strings.Fields(args), e)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range c.servers() {
			names = append(names, s.name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q: %s, want %s", args, got, want)
		}
	}
}

// Of a node of its own: members of revision 3 of Engine.IO who stop reading are closed with 1008 and counted by the node, users come
// and go, and nobody else misses anything. Seen to fail with slow members whose buffer shrank when they stopped.
func TestBench_SomeStopReading(t *testing.T) {
	t.Parallel()
	got := servertest.Run(t, nil, "bench", "fanout", "--members", "20", "--size", "60000", "--slow", "10%", "--joins", "20/s",
		"--revision", "3", "--duration", "2s", "--warmup", "50ms", "--pin=false", "--json")
	var r fanout.Report
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil || got.Code != exitDone || got.Stderr != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	m := r.Results[0].Servers[0].Runs[0]
	// With the race detector a node does not say in time what fills the system's buffers and the 4 MiB that may wait.
	if m.Slow == nil || m.Slow.Disconnects == nil || servertest.Slowdown == 1 && (*m.Slow.Disconnects != 2 || m.Slow.Ended["1008"] != 2) {
		t.Errorf("slow: %+v", m.Slow)
	}
	if m.Joins == nil || m.Joins.Done == 0 || m.Joins.Refused > 0 || m.Joins.Heard == 0 {
		t.Errorf("joins: %+v", m.Joins)
	}
	if r.Results[0].Protocol != "Engine.IO 3" || r.Pinned != nil {
		t.Errorf("%s, pinned %v", r.Results[0].Protocol, r.Pinned)
	}
}

// A load that cannot be measured is named with the reason, and the others are measured.
func TestBench_GoesOnBehindALoadThatCannotBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"huge.json": `{"members":900000}`, "small.json": `{"members":5}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := servertest.Run(t, nil, "bench", "fanout", "--scenario", filepath.Join(dir, "huge.json")+","+filepath.Join(dir, "small.json"),
		"--duration", "200ms", "--warmup", "0s", "--csv")
	if got.Code != exitFailed || !strings.Contains(got.Stderr, "huge: parley:") || !strings.Contains(got.Stderr, "limit-room-members 900000") {
		t.Errorf("code %d, %q; want the load and the limit", got.Code, got.Stderr)
	}
	if strings.Count(got.Stdout, "\n") != 2 || !strings.Contains(got.Stdout, ",small,") {
		t.Errorf("got %q and %q, want the line of the other", got.Stdout, got.Stderr)
	}
}
