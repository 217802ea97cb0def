package wire

import (
	"reflect"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
)

// sayCases are messages as clients send them (section 5.1).
var sayCases = []struct {
	name, in string
	want     Say
}{
	{
		"v3 string", `"{\"to\":{\"id\":\"jerry\",\"type\":0},\"content\":{\"media\":0,\"body\":\"hi\"},\"ts\":1}"`,
		Say{ToID: "jerry", Body: []byte(`"hi"`)},
	},
	{
		"v4 object", `{"to":{"id":"jerry"},"content":{"body":"hi"},"remark":"r","ack":0,"push":{"enable":false}}`,
		Say{ToID: "jerry", Body: []byte(`"hi"`), Remark: "r", Ack: []byte("0"), Push: []byte(`{"enable":false}`)},
	},
	{
		"body of any JSON", `{"to":{"id":"j","type":1},"content":{"media":1,"body":[ "http://a" , {"x":1.50} ]}}`,
		Say{ToID: "j", ToType: ToGroup, Media: 1, Body: []byte(`[ "http://a" , {"x":1.50} ]`)},
	},
	{"empty body", `{"to":{"id":"j"},"content":{"body":""}}`, Say{ToID: "j", Body: []byte(`""`)}},
	{"false body", `{"to":{"id":"j"},"content":{"body":false}}`, Say{ToID: "j", Body: []byte(`false`)}},
	{"body in CJK and emoji", `{"to":{"id":"j"},"content":{"body":"汤姆😀\u6c64"}}`, Say{ToID: "j", Body: []byte(`"汤姆😀\u6c64"`)}},
	{"ack as it came", `{"to":{"id":"j"},"content":{"body":1},"ack":-1.5e3}`, Say{ToID: "j", Body: []byte(`1`), Ack: []byte("-1.5e3")}},
	{"ack that is no number", `{"to":{"id":"j"},"content":{"body":1},"ack":"7"}`, Say{ToID: "j", Body: []byte(`1`)}},
	{
		"nulls are absent", `{"to":{"id":"j","type":null},"content":{"media":null,"body":1},"ack":null,"push":null,"remark":null,"id":null}`,
		Say{ToID: "j", Body: []byte(`1`)},
	},
	{"id", `{"to":{"id":"j"},"content":{"body":1},"id":"A_z-9"}`, Say{ToID: "j", Body: []byte(`1`), ID: "A_z-9"}},
	{
		"white space", " {\"to\" : {\"id\" : \"j\" } , \"content\" : { \"body\" :\t\"x\" } , \"ack\" : 1 } ",
		Say{ToID: "j", Body: []byte(`"x"`), Ack: []byte("1")},
	},
	{"stranger", `{"to":{"id":"j","type":4},"content":{"body":1}}`, Say{ToID: "j", ToType: ToStranger, Body: []byte(`1`)}},
}

func TestParseSay(t *testing.T) {
	t.Parallel()
	for _, tc := range sayCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseSay([]byte(tc.in))
			if err != nil || !reflect.DeepEqual(got, tc.want) {
				t.Fatalf("ParseSay(%s)\n got %+v, %v\nwant %+v", tc.in, got, err, tc.want)
			}
		})
	}
}

// malformedSays must all be refused as illegal parameters.
var malformedSays = []string{
	``, ` `, `null`, `5`, `[]`, `""`, `"x"`, `"null"`, `"\"{}\""`, `{}`, `{`, `{}}`,
	`{"to":{"id":"j"}}`, `{"to":{"id":"j"},"content":{}}`, `{"to":{"id":"j"},"content":{"body":null}}`,
	`{"to":{"id":"j"},"content":{"body": null }}`,
	`{"content":{"body":1}}`, `{"to":{},"content":{"body":1}}`, `{"to":"j","content":{"body":1}}`,
	`{"to":{"id":5},"content":{"body":1}}`, `{"to":{"id":"a b"},"content":{"body":1}}`,
	`{"to":{"id":"j","type":5},"content":{"body":1}}`, `{"to":{"id":"j","type":-1},"content":{"body":1}}`,
	`{"to":{"id":"j","type":"0"},"content":{"body":1}}`, `{"to":{"id":"j"},"content":{"body":1,"media":99999999999}}`,
	`{"to":{"id":"j"},"content":{"body":01}}`, `{"to":{"id":"j"},"content":{"body":"` + "\n" + `"}}`,
	`{"to":{"id":"j"},"content":{"body":{"a":["` + "\x01" + `"]}}}`,
	`{"to":{"id":"j"},"content":{"body":"` + "\xff" + `"}}`, `{"to":{"id":"j"},"content":{"body":tru}}`,
	`{"to":{"id":"j"},"content":{"body":1},"id":""}`, `{"to":{"id":"j"},"content":{"body":1},"id":7}`,
	`{"to":{"id":"j"},"content":{"body":1},"id":"a.b"}`, `{"to":{"id":"j"},"content":{"body":1},"remark":{}}`,
	`{"to":{"id":"j"},"content":{"body":1},"id":"` + strings.Repeat("a", 65) + `"}`,
	`{"to":{"id":"` + strings.Repeat("a", 129) + `"},"content":{"body":1}}`,
	`{"to":{"id":"j"},"content":{"body":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}}`,
	`{"to":{"id":"j"},"content":{"body":` + strings.Repeat("[", 100000),
}

func TestParseSay_RefusesWhatIsMalformed(t *testing.T) {
	t.Parallel()
	for _, in := range malformedSays {
		if got, err := ParseSay([]byte(in)); err == nil || im.KindOf(err) != im.Invalid {
			t.Errorf("ParseSay(%.80q) = %+v, %v; want an error of kind Invalid", in, got, err)
		}
	}
}

func TestParseEvent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, event, arg string }{
		{"say with an object", `["say",{"a":[1,2]}]`, "say", `{"a":[1,2]}`},
		{"say with a string", `["say","{\"a\":\"],\"}"]`, "say", `"{\"a\":\"],\"}"`},
		{"no argument", `["x"]`, "x", ""},
		{"more arguments", ` [ "x" , 1.5 , {"y":2} ] `, "x", "1.5"},
		{"escaped name", `["s\u0061y",null]`, "say", "null"},
		{"nested", `["x",[[],{"a":"}"}],2]`, "x", `[[],{"a":"}"}]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			event, arg, err := ParseEvent([]byte(tc.in))
			if err != nil || event != tc.event || string(arg) != tc.arg {
				t.Errorf("ParseEvent(%s) = %q, %s, %v; want %q, %s", tc.in, event, arg, err, tc.event, tc.arg)
			}
		})
	}
	for _, in := range []string{``, `[]`, `{}`, `[1]`, `["x"`, `["x",]`, `["x"]]`, `[null]`, `"x"`, `[["x"]]`, `["x",01]`} {
		if event, arg, err := ParseEvent([]byte(in)); err == nil {
			t.Errorf("ParseEvent(%s) = %q, %s; want an error", in, event, arg)
		}
	}
}
