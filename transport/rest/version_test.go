package rest_test

import "testing"

// Section 2: whatever version of the API a client asks for, the answer is the same, with the shapes of both.
func TestVersion_IsIgnored(t *testing.T) {
	t.Parallel()
	h := newHandler(gathered(t))
	want := ask(h, "GET", "/groups/g1", "", nil).Body.String()
	for _, version := range []string{"", "1", "2", "99", "x"} {
		got := ask(h, "GET", "/groups/g1", "", map[string]string{"X-Parrot-Version": version})
		if got.Code != 200 || got.Body.String() != want {
			t.Errorf("version %q: %d %s, want %s", version, got.Code, got.Body, want)
		}
	}
	if !matches(want, group1+"}") {
		t.Errorf("got %s, want name and attributes: %s", want, group1)
	}
}
