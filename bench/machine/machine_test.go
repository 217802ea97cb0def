package machine

import (
	"os"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestModel_FindsTheFirstProcessor(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"processor\t: 0\nmodel name\t: AMD  EPYC 7B13 \nmodel name\t: other\n": "AMD EPYC 7B13",
		"Processor: ARM\n": "",
		"":                 "",
	} {
		if got := model(text); got != want {
			t.Errorf("model(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestDescribe_NamesWhatGoKnows(t *testing.T) {
	t.Parallel()
	got := Describe()
	if got.Cores < 1 || got.GOMAXPROCS < 1 || got.Go != runtime.Version() || got.OS != runtime.GOOS {
		t.Errorf("got %+v", got)
	}
}

// Work that is done shows in the process's time.
func TestCPU_Grows(t *testing.T) {
	t.Parallel()
	before, sum := CPU(), 0
	for CPU() <= before {
		for i := range 1 << 16 {
			sum += i
		}
	}
	runtime.KeepAlive(sum)
}

// The name of a process may hold spaces and parentheses; what is behind the last one counts.
func TestParseStat_SkipsTheName(t *testing.T) {
	t.Parallel()
	text := "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 123 45 0 0 20 0 7 0 999 123456 3 184467 1"
	got, ok := parseStat(text)
	if want := (Usage{CPU: 1680 * time.Millisecond, RSS: 3 * int64(os.Getpagesize())}); !ok || got != want {
		t.Errorf("got %+v, %v; want %+v", got, ok, want)
	}
	for _, bad := range []string{"", "42 (x) S 1"} {
		if _, ok := parseStat(bad); ok {
			t.Errorf("%q is taken for the figures of a process", bad)
		}
	}
}

// What this process uses is known by its number, too; one that is not there has no figures.
func TestUsedBy(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc")
	}
	use, ok := UsedBy(os.Getpid())
	if own := CPU(); !ok || use.RSS == 0 || use.CPU > own+20*time.Millisecond {
		t.Errorf("%+v, %v; it has used %v", use, ok, own)
	}
	if _, ok := UsedBy(1 << 30); ok {
		t.Error("there is no such process")
	}
}

func TestParseBusy(t *testing.T) {
	t.Parallel()
	got := parseBusy("cpu  100 20 30 9999 888 4 5 60 70 80\ncpu0 1 2 3\n")
	if want := (Busy{Used: 1590 * time.Millisecond, Stolen: 600 * time.Millisecond, Known: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if parseBusy("intr 1 2 3").Known {
		t.Error("known of what is no such file")
	}
}

// A thread has its own cores, and gets what it is given.
func TestPinThread(t *testing.T) {
	cores := Cores()
	if len(cores) < 2 {
		t.Skip("there is one core")
	}
	done := make(chan []int)
	go func() {
		runtime.LockOSThread() // and ends with it
		if err := PinThread(cores[1]); err != nil {
			t.Error(err)
		}
		done <- Cores()
	}()
	if got := <-done; len(got) != 1 || got[0] != cores[1] {
		t.Errorf("on %v, want %d alone", got, cores[1])
	}
}
