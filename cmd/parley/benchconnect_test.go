package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/bench/connect"
	"github.com/parley-im/parley/bench/machine"
	"github.com/parley-im/parley/internal/servertest"
)

// Both transports are measured unless one is asked for.
func TestParseConnect_ChoosesTheTransports(t *testing.T) {
	t.Parallel()
	for args, want := range map[string][]connect.Transport{
		"":                      connect.Transports(),
		"--transport both":      connect.Transports(),
		"--transport websocket": {connect.WebSocket},
		"--transport polling":   {connect.Polling},
	} {
		e, _, _ := fakeEnv(nil)
		c, err := parseConnect(append([]string{"--members", "5"}, strings.Fields(args)...), e)
		if err != nil || !slices.Equal(c.load.Transports, want) {
			t.Errorf("%q: %+v, %v; want %v", args, c, err, want)
		}
	}
}

// What people read of a run: what the node had in all, what a session costs, and when that was gone.
func TestWriteConnectTable(t *testing.T) {
	t.Parallel()
	r := connect.Report{
		Machine: machine.Machine{CPU: "AMD EPYC", Cores: 2, OS: "linux", Kernel: "6.18", Go: "go1.26.8"}, Version: "1.2.3", Commit: "0123456789ab",
		Load: [2]float64{0.5, 12}, Members: 1024, Revision: 3, Pinned: &machine.Pinned{Server: []int{0}, Client: []int{1}},
		Transports: []connect.Measurement{{
			Transport: connect.Polling,
			Before:    connect.Sample{RSS: 50 << 20, Live: 20 << 20, HeapInUse: 25 << 20, Stacks: 1 << 20, Goroutines: 190, Descriptors: 32},
			Connected: connect.Sample{RSS: 80 << 20, Live: 40 << 20, HeapInUse: 50 << 20, Stacks: 13 << 20, Goroutines: 2238, Descriptors: 1056, Sessions: 1024},
			LoggedIn: connect.Sample{
				RSS: 90 << 20, Live: 45 << 20, HeapInUse: 60 << 20, Stacks: 13 << 20, Goroutines: 2238, Descriptors: 1056, Sessions: 1024, Users: 1024,
			},
			Left: connect.Sample{RSS: 55 << 20, Live: 21 << 20, HeapInUse: 30 << 20, Stacks: 1 << 20, Goroutines: 190, Descriptors: 32},
			Peak: 100 << 20, Connect: connect.Pace{PerSecond: 3500, CPU: 1.25}, LogIn: connect.Pace{PerSecond: 1700.9, CPU: 2.5},
			SessionsGone: 85.2, ConnectionsGone: 205, ActorsGone: 117,
		}},
	}
	var got bytes.Buffer
	writeConnectTable(&got, r)
	const want = `
1,024 sessions by polling, Engine.IO 3

                              before   connected   logged in        left
RSS, MiB                        50.0        80.0        90.0        55.0
live heap, MiB                  20.0        40.0        45.0        21.0
stacks, MiB                      1.0        13.0        13.0         1.0
heap in use, MiB                25.0        50.0        60.0        30.0
goroutines                       190       2,238       2,238         190
descriptors                       32       1,056       1,056          32
sessions                           0       1,024       1,024           0
actors of users                    0           0       1,024           0
KiB a session, RSS                          30.0        40.0
KiB a session, live heap                    20.0        25.0
KiB a session, stacks                       12.0        12.0
a second                                   3,500       1,700
CPU for all, s                              1.25        2.50
a second, from TCP on                                  1,144
most RSS, MiB                                          100.0
silent: sessions gone after 85 s, connections after 205 s, actors after 117 s

AMD EPYC, 2 cores, linux 6.18, go1.26.8, parley 1.2.3 0123456789ab; server on core 0, load on core 1, load 0.50 to 12.0
`
	if got.String() != want {
		t.Errorf("got %s\nwant %s", got.String(), want)
	}
	r.Transports[0].Cut, r.Transports[0].ActorsGone = true, 0
	got.Reset()
	if writeConnectTable(&got, r); !strings.Contains(got.String(), "\ncut: sessions gone after 85 s, connections after 205 s\n") {
		t.Errorf("got %s", got.String())
	}
}

// This runs the binary: what it writes as JSON is what it puts into the directory, and nothing else is left behind.
func TestBenchConnect_WritesItsResult(t *testing.T) {
	t.Parallel()
	tmp, out := t.TempDir(), filepath.Join(t.TempDir(), "new", "dir")
	got := servertest.Run(t, []string{"TMPDIR=" + tmp}, "bench", "connect",
		"--members", "20", "--transport", "websocket", "--rest", "0s", "--wait", "0s", "--still", "100ms", "--json", "--out", out)
	var r connect.Report
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil || got.Code != exitDone || got.Stderr != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	if len(r.Transports) != 1 || r.Transports[0].LoggedIn.Sessions != 20 || !r.Transports[0].Cut || r.Version == "" {
		t.Errorf("got %s", got.Stdout)
	}
	if text, err := os.ReadFile(filepath.Join(out, connectFile)); err != nil || string(text) != got.Stdout {
		t.Errorf("%s: %v, %s", connectFile, err, text)
	}
	wantEmpty(t, tmp)
}
