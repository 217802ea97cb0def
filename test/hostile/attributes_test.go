package hostile

import (
	"fmt"
	"strings"
	"testing"
)

// Attributes over their bounds are refused as a whole, whoever they are for and however they come (docs/limits.md L102, L110).
func TestREST_EnormousAttributesAreRefused(t *testing.T) {
	t.Parallel()
	s := lay(t)
	var many strings.Builder
	for i := range 257 {
		fmt.Fprintf(&many, `,"n%d":%d`, i, i)
	}
	var most strings.Builder
	for i := range 130_000 {
		fmt.Fprintf(&most, `,"%x":1`, i)
	}
	group := strings.Trim(s.Client().Do("POST", "/groups", `{"owner":"tom"}`).Body, `"`)
	room := strings.Trim(s.Client().Do("POST", "/rooms", `{"members":["tom"]}`).Body, `"`)
	s.Client().Do("POST", "/passengers", `{"id":"p"}`)
	for name, tt := range map[string]struct {
		more string
		code int
	}{
		"257 names":         {many.String(), 5010},
		"130,000 names":     {most.String(), 5010},
		"a long name":       {`,"` + strings.Repeat("x", 129) + `":1`, 5010},
		"a long value":      {`,"x":"` + strings.Repeat("x", 64<<10) + `"`, 5010},
		"a wide value":      {`,"x":[1` + strings.Repeat(",1", 200_000) + `]`, 5010},
		"an empty name":     {`,"":1`, 5001},
		"a name with a NUL": {`,"a\u0000":1`, 5001},
		"a deep value":      {`,"x":` + deep(10_000), 5001},
	} {
		t.Run(name, func(t *testing.T) {
			body := `{"a":1` + tt.more + `}`
			for _, x := range []string{"/ctx/tom", "/groups/" + group, "/rooms/" + room} {
				s.wantAnswer(t, request("POST", x+"/attributes", body), 400, tt.code)
				s.wantAnswer(t, request("PUT", x+"/attributes", body), 400, tt.code)
			}
			s.wantAnswer(t, request("POST", "/passengers", `{"id":"p",`+body[1:]), 400, tt.code)
			s.wantAnswer(t, request("POST", "/rooms", `{"attributes":`+body+`}`), 400, tt.code)
			s.wantAnswer(t, request("PUT", "/groups/"+group, `{"attributes":`+body+`}`), 400, tt.code)
		})
	}
	for _, x := range []string{"/ctx/tom/attributes", "/groups/" + group + "/attributes", "/rooms/" + room + "/attributes", "/passengers/p"} {
		if got := s.Client().Expect("GET", x, 200); got != "{}" {
			t.Errorf("%s is %.100s", x, got)
		}
	}
}

// A filter is only a value, however it looks, and a page is a page, however it is asked for (section 6.7).
func TestREST_OddSearchesFindWhatTheySay(t *testing.T) {
	t.Parallel()
	s := lay(t)
	s.Client().Do("PUT", "/ctx/tom/attributes", `{"$where":"1 == 1","age":18,"a[$gt]":"","tags":["x"]}`)
	for query, want := range map[string]string{
		"age=18": `[{"id":"tom",`, "age=18.0": `[]`, "age=": `[]`, "age[$gt]=1": `[]`, "age=%2A": `[]`, "age=18&age=19": `[]`, "%61ge=18": `[{"id":"tom",`,
		"$where=1%20==%201": `[{"id":"tom",`, "$where=1": `[]`, "a[$gt]=": `[{"id":"tom",`, "tags=x": `[]`, "tags=[%22x%22]": `[]`,
		"name=' or 1=1 --": `[]`, "=": `[]`, "%00=1": `[]`, "age=18%00": `[]`, "%ff=%fe": `[]`,
		"_skip=1e9": `[]`, "_skip=9223372036854775808": `[]`, "_skip=-1&age=18": `[{"id":"tom",`, "_limit=1e300&age=18": `[{"id":"tom",`,
		strings.Repeat("x", 200) + "=1":           `[]`,
		"x=" + strings.Repeat("x", 200_000):       `[]`,
		strings.Repeat("age=18&", 9_000):          `[{"id":"tom",`,
		strings.Repeat("a=1&b=1&", 4_000) + "c=1": `[]`,
	} {
		t.Run(query[:min(len(query), 30)], func(t *testing.T) {
			s.wantAnswer(t, request("GET", "/ctx?"+strings.ReplaceAll(query, " ", "%20"), ""), 200, 0)
			if got := s.Client().Do("GET", "/ctx?"+strings.ReplaceAll(query, " ", "%20"), "").Body; !strings.HasPrefix(got, want) {
				t.Errorf("found %.100s, want %s", got, want)
			}
		})
	}
	for _, query := range []string{"age=18&%zz", "age=18;a=1", strings.Repeat("age=18&", 10_001), strings.Repeat("&", 100_000)} {
		s.wantAnswer(t, request("GET", "/ctx?"+query, ""), 400, 5001) // without what cannot be read it would find more
	}
	for _, sort := range []string{strings.Repeat("a,", 17), strings.Repeat("-a,", 80_000)} {
		s.wantAnswer(t, request("GET", "/ctx?_sort="+sort, ""), 400, 5010)
	}
}
