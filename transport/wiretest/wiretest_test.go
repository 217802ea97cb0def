package wiretest_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/parley-im/parley/transport/wiretest"
)

// Every case has a name of its own and a section that the protocol has: a case that names another was left behind when the
// protocol was changed. Checked by breaking it: with a case of section 3.11, and with two of one name, it fails.
func TestCases_AreOfTheProtocol(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#{2,3} (\d+(?:\.\d+)?)\.? `).FindAllSubmatch(text, -1) {
		known[string(m[1])] = true
	}
	for table, cases := range tables() {
		if len(cases) == 0 {
			t.Errorf("%s is empty", table)
		}
		names := map[string]bool{}
		for _, c := range cases {
			if c.Name == "" || names[c.Name] {
				t.Errorf("%s: no name, or the name of another: %+v", table, c)
			}
			if names[c.Name] = true; !known[c.Section] {
				t.Errorf("%s, %s: the protocol has no section %q", table, c.Name, c.Section)
			}
		}
	}
}

func tables() map[string][]wiretest.Case {
	all := map[string][]wiretest.Case{}
	for _, c := range wiretest.Packets {
		all["Packets"] = append(all["Packets"], c.Case)
	}
	for _, c := range wiretest.Logins {
		all["Logins"] = append(all["Logins"], c.Case)
	}
	for _, c := range wiretest.Logouts {
		all["Logouts"] = append(all["Logouts"], c.Case)
	}
	for _, c := range wiretest.Says {
		all["Says"] = append(all["Says"], c.Case)
	}
	for _, c := range wiretest.Events {
		all["Events"] = append(all["Events"], c.Case)
	}
	for _, c := range wiretest.Answers {
		all["Answers"] = append(all["Answers"], c.Case)
	}
	return all
}
