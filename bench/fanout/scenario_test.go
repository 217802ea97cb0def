package fanout

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every load that is written down is one, and its name says what is asked.
func TestReadScenario_OfTheRepository(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../scenarios/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		s, err := ReadScenario(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := s.Validate(); err != nil || s.About == "" || s.Name+".json" != filepath.Base(file) {
			t.Errorf("%s: %v, %+v", file, err, s)
		}
	}
}

// What a file does not say is typical; what nobody knows is refused, since a load that is not the one that was meant misleads.
func TestReadScenario(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"members":7,"window":3}`:    "",
		`{"members":7,"windows":3}`:   `unknown field "windows"`,
		`{"members":"seven"}`:         "cannot unmarshal",
		`{"members":7,"window":3} {}`: "something comes after it",
	} {
		file := filepath.Join(t.TempDir(), "mine.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := ReadScenario(file)
		switch {
		case want != "":
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
				t.Errorf("%s: got %v, want %q", text, err, want)
			}
		case err != nil || s.Members != 7 || s.Window != 3 || s.Size != 128 || s.Name != "mine" || s.Validate() != nil:
			t.Errorf("%s: %+v, %v", text, s, err)
		}
	}
}

// A rate of deliveries is one of broadcasts by the number of those who hear, and a server is told of all who may be in a room at once.
func TestScenario_Follows(t *testing.T) {
	t.Parallel()
	s := Scenario{Rooms: 3, Members: 101, DeliveriesPerSecond: 20_000, JoinsPerSecond: 10, SlowPercent: 1}
	if got := s.BroadcastsPerSecond(); got != 200 {
		t.Errorf("%v broadcasts/s, want 200", got)
	}
	if got := s.MostInRoom(); got != 105 {
		t.Errorf("%d in a room, want 101 and 4 of 10 visitors", got)
	}
	if got := s.stopped(); got != 2 {
		t.Errorf("%d stop, want 2: 1 %% of 101, and no less", got)
	}
}

func series(values ...float64) Series {
	s := Series{}
	for _, v := range values {
		m := Measurement{}
		m.DeliveriesPerSecond = v
		s.Runs = append(s.Runs, m)
	}
	return s
}

// Least, middle and greatest are those of the runs, and ratios those of the middles.
func TestResult_Summarize(t *testing.T) {
	t.Parallel()
	r := Result{Servers: []Series{series(30, 10, 20), series(40, 80)}}
	r.Servers[1].Runs[0].ServerCPU = &CPU{PerMillion: 7}
	r.Summarize()
	if got, want := r.Servers[0].Summary["deliveries_per_second"], (Spread{10, 20, 30}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := r.Servers[1].Summary["deliveries_per_second"], (Spread{40, 60, 80}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := r.Servers[1].Summary["server_cpu_s_per_million"], (Spread{7, 7, 7}); got != want {
		t.Errorf("got %+v, want that of the one run that has it", got)
	}
	if _, ok := r.Servers[0].Summary["server_cpu_s_per_million"]; ok {
		t.Error("a figure that was not measured is summarized")
	}
	if got := r.Servers[1].Ratios["deliveries_per_second"]; got != 0.333 || r.Servers[0].Ratios != nil {
		t.Errorf("ratios %v and %v", r.Servers[0].Ratios, r.Servers[1].Ratios)
	}
	if _, ok := r.Servers[1].Ratios["server_cpu_s_per_million"]; ok {
		t.Error("there is a ratio of what one of both lacks")
	}
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	s := Typical()
	s.Name, s.Rate = "a, b", 2.5
	servers := []Series{series(30.5, 10)}
	servers[0].Server = "parley"
	var got strings.Builder
	if err := WriteCSV(&got, &Report{Results: []Result{{Scenario: s, Protocol: "Engine.IO 4", Servers: servers}}}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(got.String(), "\n")
	if len(lines) != 4 || strings.Count(lines[0], ",")+1 != 11+len(figures) || !strings.HasPrefix(lines[0], "started,scenario,rooms,") {
		t.Errorf("got %s", got.String())
	}
	if want := `0001-01-01T00:00:00Z,"a, b",1,100,1,0,2.5,128,Engine.IO 4,parley,2,10,`; !strings.HasPrefix(lines[2], want) {
		t.Errorf("got %s, want %s", lines[2], want)
	}
}
