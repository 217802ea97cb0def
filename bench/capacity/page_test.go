package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// The page says what the newest results make.
func TestPage_IsWhatTheResultsSay(t *testing.T) {
	t.Parallel()
	want, err := render(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, page))
	if err != nil || string(got) != want {
		t.Errorf("%s is not what %s makes (%v): go run ./bench/capacity", page, resultFiles, err)
	}
}

func TestPlayers(t *testing.T) {
	t.Parallel()
	// Each causes five deliveries a second, of 10 us each.
	if got := thousands(players(51, 10, 10)); got != "10,000" {
		t.Errorf("%s players, want 10,000", got)
	}
}

func TestRound(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{0: "0", 7: "7", 1_449_999: "1,400,000", 1_451: "1,500", 96: "96", 100: "100"} {
		if got := thousands(round(f)); got != want {
			t.Errorf("%v: %s, want %s", f, got, want)
		}
	}
}

func TestRead_Refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "a,b\n1\n", "scenario,server,rooms,members,size\nx,parley,1,2,three\n",
	} {
		if r, err := read(strings.NewReader(text)); err == nil {
			t.Errorf("%q: %v, want an error", text, r)
		}
	}
	if r, err := read(strings.NewReader("scenario,server\nx,nats\n")); err != nil || len(r) != 0 {
		t.Errorf("another server: %v, %v", r, err)
	} else if _, err := r.page("x"); err == nil {
		t.Error("a page of nothing")
	}
}
