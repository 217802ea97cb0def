package wire

import (
	"strings"
	"testing"
)

// The number in `ack` is kept as it came up to 32 characters. A longer one counts as absent, and the message is as good
// as any other.
//
// Checked by breaking it: without the bound the longer number is kept.
func TestParseSay_LongAckCountsAsAbsent(t *testing.T) {
	t.Parallel()
	most := strings.Repeat("7", 32)
	for number, want := range map[string]string{
		most:                              most,
		"-1." + most[3:]:                  "-1." + most[3:],
		most + "7":                        "",
		most + ".0":                       "",
		"1e" + strings.Repeat("0", 1<<20): "",
	} {
		s, err := heardSay(`{"to":{"id":"jerry"},"content":{"body":"hi"},"ack":` + number + `}`)
		asked := want != ""
		if err != nil || s.ToID != "jerry" || string(s.Body) != `"hi"` || string(s.Ack) != want || (s.Ack != nil) != asked {
			t.Errorf("%.40s: to %s, body %s, ack %.40q, %v; want ack %q", number, s.ToID, s.Body, s.Ack, err, want)
		}
	}
}
