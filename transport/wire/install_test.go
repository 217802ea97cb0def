package wire

import (
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/wiretest"
)

// Each logout of the tables of package wiretest names what it means, and what makes no sense is refused.
func TestParseLogout(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Logouts {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseLogout([]byte(tc.Text))
			if tc.Malformed {
				if im.KindOf(err) != im.Invalid || err == nil {
					t.Errorf("ParseLogout(%s) = %q, %v; want an error of kind Invalid", tc.Text, got, err)
				}
				return
			}
			if err != nil || got != im.InstallID(tc.Install) {
				t.Errorf("ParseLogout(%s) = %q, %v; want %q", tc.Text, got, err, tc.Install)
			}
		})
	}
}
