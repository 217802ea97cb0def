package machine

import (
	"runtime"
	"testing"
)

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
