package eventlog

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// What is written with a check reads back; with any one bit of the file changed it is refused, also where it still would be JSON.
//
// Checked by breaking it: without the comparison in cutCheck 3 of 4 bits pass.
func TestChecked_RefusesAnyChange(t *testing.T) {
	dir := t.TempDir()
	want := nodesFile{Format: 2, Nodes: []nodeInfo{{Name: "node1", ID: "1", Replica: 1, Raft: "10.0.0.1:7081"}}}
	if err := writeChecked(dir, "x.json", "x.tmp", want); err != nil {
		t.Fatal(err)
	}
	var got nodesFile
	if err := readChecked(dir, "x.json", &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v, %v, want %+v", got, err, want)
	}
	name := filepath.Join(dir, "x.json")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(text) {
		b := append([]byte{}, text...)
		b[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readChecked(dir, "x.json", &got); err == nil {
			t.Errorf("bit %d: %q is taken", bit, b)
		}
	}
}
