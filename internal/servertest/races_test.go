package servertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// aRace is a report as the detector writes it.
const aRace = `WARNING: DATA RACE
Write at 0x00c000398120 by goroutine 83:
  sync/atomic.AddInt32()
      /go/src/runtime/race_amd64.s:281 +0xb
  example.org/lib.(*T).Put()
      /mod/example.org/lib@v1.0.0/t.go:12 +0x44
  github.com/parley-im/parley/cluster.(*Node).Serve()
      /parley/cluster/node.go:132 +0x90

Previous read at 0x00c000398120 by main goroutine:
  example.org/lib.(*T).Get()
      /mod/example.org/lib@v1.0.0/t.go:20 +0x32
  runtime.deferreturn()
      /go/src/runtime/panic.go:605 +0x5d

Goroutine 83 (running) created at:
  example.org/lib.Start()
      /mod/example.org/lib@v1.0.0/t.go:5 +0x32
`

// What the detector wrote comes out as complaints, one for each report that is not of a known race; nothing else of what it
// says is lost, but for a report that the end of the process cut off.
func TestRaces_AreToldApart(t *testing.T) {
	lib := knownRace{accesses: [2][]string{{"example.org/lib.(*T).Get"}, {"example.org/lib.(*T).Put"}}}
	whole := raceMark + aRace + raceMark
	for _, c := range []struct {
		name, text string
		known      []knownRace
		want       int
	}{
		{"nothing", "", nil, 0},
		{"a race", whole, nil, 1},
		{"two races", whole + whole, nil, 2},
		{"a known race", whole, []knownRace{lib}, 0},
		{"a known race, then another", whole + strings.ReplaceAll(whole, "Put", "Set"), []knownRace{lib}, 1},
		{"a known function with another", whole, []knownRace{{accesses: [2][]string{lib.accesses[0], {"example.org/lib.(*T).Set"}}}}, 1},
		{"the innermost functions count", whole, []knownRace{{accesses: [2][]string{lib.accesses[0], {"github.com/parley-im/parley/cluster.(*Node).Serve"}}}}, 1},
		{"a known race, one stack of which is forgotten", strings.ReplaceAll(whole, "  example.org/lib.(*T).Get()", "  [failed to restore the stack]"), []knownRace{lib}, 0},
		{"both stacks are forgotten", strings.ReplaceAll(whole, "()", ""), []knownRace{lib}, 1},
		{"cut off", whole + raceMark + aRace[:len(aRace)/2], []knownRace{lib}, 0},
		{"the detector dies", "race: limit on 8128 simultaneously alive goroutines is exceeded, dying\n", []knownRace{lib}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := checkRaces(c.text, c.known); len(got) != c.want {
				t.Errorf("%d complaints, want %d:\n%s", len(got), c.want, strings.Join(got, "\n---\n"))
			}
		})
	}
}

func TestRaces_StacksBeginOutsideTheStandardLibrary(t *testing.T) {
	got := accesses(aRace)
	want := [][]string{
		{"example.org/lib.(*T).Put", "github.com/parley-im/parley/cluster.(*Node).Serve"},
		{"example.org/lib.(*T).Get", "runtime.deferreturn"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	ours := strings.ReplaceAll(aRace, "sync/atomic.AddInt32", "main.count")
	if got := accesses(ours)[0][0]; got != "main.count" {
		t.Errorf("the innermost function is %q, want main.count", got)
	}
}

// A race with an access of ours is mended, never listed; and each that is listed says what a reader must know.
func TestKnownRaces_AreOfLibraries(t *testing.T) {
	for _, k := range knownRaces {
		if fault := k.fault(); fault != "" {
			t.Errorf("%+v: %s", k, fault)
		}
	}
	good := knownRace{
		accesses: [2][]string{{"example.org/lib.Get"}, {"example.org/lib.Put"}}, what: "both at once", harm: "none", upstream: "none found",
	}
	if fault := good.fault(); fault != "" {
		t.Errorf("a good one: %s", fault)
	}
	for _, spoil := range []func(*knownRace){
		func(k *knownRace) { k.harm = "" },
		func(k *knownRace) { k.accesses[1] = nil },
		func(k *knownRace) { k.accesses[1] = []string{"github.com/parley-im/parley/cluster.(*lookup).Get"} },
		func(k *knownRace) { k.accesses[0] = []string{"main.main"} },
		func(k *knownRace) { k.accesses[0] = []string{"sync.(*Mutex).Lock"} },
	} {
		bad := good
		if spoil(&bad); bad.fault() == "" {
			t.Errorf("nothing is said against %+v", bad)
		}
	}
}

// fault tells what is wrong with a known race, "" = nothing.
func (k knownRace) fault() string {
	if len(k.accesses[0]) == 0 || len(k.accesses[1]) == 0 || k.what == "" || k.harm == "" || k.upstream == "" {
		return "something is missing"
	}
	for _, f := range slices.Concat(k.accesses[0], k.accesses[1]) {
		if standard(f) || strings.HasPrefix(f, "main.") || strings.Contains(f, "parley-im/parley") {
			return f + " is no function of a library"
		}
	}
	return ""
}
