package coretest

import (
	"reflect"
	"slices"
	"strings"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
)

// sameFound reports whether two decisions let searches and histories find the same.
func sameFound(a, b core.Decision) bool {
	return reflect.DeepEqual(a.Record, b.Record) && a.Floor == b.Floor
}

// failer is what a *testing.T and a *rapid.T have in common.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

// checkFound checks that what is to be found comes with events, and that the log can take it: fields by name, each once.
func checkFound(t failer, d core.Decision) {
	t.Helper()
	r := d.Record
	if (r != nil || d.Floor > 0) && len(d.Events) == 0 {
		t.Errorf("record %+v and floor %d without events", r, d.Floor)
	}
	if r == nil {
		return
	}
	if r.Gone && !reflect.DeepEqual(*r, im.Record{Gone: true}) || !r.Gone && r.TS == 0 {
		t.Errorf("record %+v is gone and something, or has no stamp", r)
	}
	if len(r.Fields) > im.MaxAttributes || len(r.Body) > im.MaxRecordBody {
		t.Errorf("a record of %d fields and %d bytes", len(r.Fields), len(r.Body))
	}
	names := make([]string, len(r.Fields))
	for i, f := range r.Fields {
		names[i] = f.Name
		if f.Name == "" || len(f.Name) > im.MaxAttributeName || strings.IndexByte(f.Name, 0) >= 0 {
			t.Errorf("a field %q", f.Name)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(names)) != len(r.Fields) {
		t.Errorf("fields %v are not by name, each once", r.Fields)
	}
}
