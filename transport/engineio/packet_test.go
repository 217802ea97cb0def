package engineio_test

import (
	"testing"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/wiretest"
)

// Each packet of the tables of package wiretest is cut in two after its type, and what is none is refused.
func TestDecode(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Packets {
		typ, data, ok := engineio.Decode([]byte(tc.Text))
		if tc.Type == 0 {
			if ok {
				t.Errorf("%s: %q is %c with %q, want none", tc.Name, tc.Text, typ, data)
			}
			continue
		}
		if !ok || byte(typ) != tc.Type || string(data) != tc.Text[1:] {
			t.Errorf("%s: %q is %c with %q, %v; want %c with the rest", tc.Name, tc.Text, typ, data, ok, tc.Type)
		}
	}
}
