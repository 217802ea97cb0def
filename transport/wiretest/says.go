package wiretest

import "strings"

// Say is what a client says to others: Text is the argument of a `say` event.
type Say struct {
	Case
	// Malformed says that it is no message: it is refused with 5001, if it asks for an answer.
	Malformed bool
	// Broken says that it is no JSON either: then the whole event is ignored (section 3.8).
	Broken bool
	// To is the target and Type its sort (section 1).
	To   string
	Type int
	// Media is the sort of the content, and Body its JSON, as it came.
	Media int32
	Body  string
	// Remark is free text, and ID the message's own id; "" = none.
	Remark, ID string
	// Ack is the number that asks for an `ack` event, as it came, and Push the object of push settings; "" = none.
	Ack, Push string
}

// toJ begins a message that says 1 to j.
const toJ = `{"to":{"id":"j"},"content":{"body":1}`

// Says are messages as clients send them, and what is none.
var Says = append(goodSays, badSays...)

var goodSays = []Say{
	{
		Case: Case{"v3 string", "11", `"{\"to\":{\"id\":\"jerry\",\"type\":0},\"content\":{\"media\":0,\"body\":\"hi\"},\"ts\":1}"`},
		To:   "jerry", Body: `"hi"`,
	},
	{
		Case: Case{"v4 object", "5.1", `{"to":{"id":"jerry"},"content":{"body":"hi"},"remark":"r","ack":0,"push":{"enable":false}}`},
		To:   "jerry", Body: `"hi"`, Remark: "r", Ack: "0", Push: `{"enable":false}`,
	},
	{
		Case: Case{"body of any JSON", "5.1", `{"to":{"id":"j","type":1},"content":{"media":1,"body":[ "http://a" , {"x":1.50} ]}}`},
		To:   "j", Type: 1, Media: 1, Body: `[ "http://a" , {"x":1.50} ]`,
	},
	{Case: Case{"empty body", "5.1", `{"to":{"id":"j"},"content":{"body":""}}`}, To: "j", Body: `""`},
	{Case: Case{"false body", "5.1", `{"to":{"id":"j"},"content":{"body":false}}`}, To: "j", Body: `false`},
	{Case: Case{"body in CJK and emoji", "5.1", `{"to":{"id":"j"},"content":{"body":"汤姆😀\u6c64"}}`}, To: "j", Body: `"汤姆😀\u6c64"`},
	{Case: Case{"ack as it came", "5.1", toJ + `,"ack":-1.5e3}`}, To: "j", Body: `1`, Ack: "-1.5e3"},
	{Case: Case{"ack that is no number", "5.1", toJ + `,"ack":"7"}`}, To: "j", Body: `1`},
	{
		Case: Case{"nulls are absent", "5.1", `{"to":{"id":"j","type":null},"content":{"media":null,"body":1},"ack":null,"push":null,"remark":null,"id":null}`},
		To:   "j", Body: `1`,
	},
	{Case: Case{"id", "13", toJ + `,"id":"A_z-9"}`}, To: "j", Body: `1`, ID: "A_z-9"},
	{
		Case: Case{"white space", "5.1", " {\"to\" : {\"id\" : \"j\" } , \"content\" : { \"body\" :\t\"x\" } , \"ack\" : 1 } "},
		To:   "j", Body: `"x"`, Ack: "1",
	},
	{
		Case: Case{"media that nobody knows", "1", `{"to":{"id":"j"},"content":{"media":99,"body":1}}`},
		To:   "j", Media: 99, Body: `1`,
	},
	{Case: Case{"to a friend", "1", `{"to":{"id":"j","type":0},"content":{"body":1}}`}, To: "j", Body: `1`},
	{Case: Case{"to a group", "1", `{"to":{"id":"j","type":1},"content":{"body":1}}`}, To: "j", Type: 1, Body: `1`},
	{Case: Case{"to a room", "1", `{"to":{"id":"j","type":2},"content":{"body":1}}`}, To: "j", Type: 2, Body: `1`},
	{Case: Case{"to a passenger", "1", `{"to":{"id":"j","type":3},"content":{"body":1}}`}, To: "j", Type: 3, Body: `1`},
	{Case: Case{"to a stranger", "1", `{"to":{"id":"j","type":4},"content":{"body":1}}`}, To: "j", Type: 4, Body: `1`},
}

var badSays = []Say{
	{Case: Case{"nothing", "5.1", ``}, Broken: true},
	{Case: Case{"white space alone", "5.1", ` `}, Broken: true},
	{Case: Case{"cut off", "5.1", `{`}, Broken: true},
	{Case: Case{"object and more", "5.1", `{}}`}, Broken: true},
	{Case: Case{"number of no JSON", "5.1", `{"to":{"id":"j"},"content":{"body":01}}`}, Broken: true},
	{Case: Case{"word of no JSON", "5.1", `{"to":{"id":"j"},"content":{"body":tru}}`}, Broken: true},
	{Case: Case{"raw line feed", "5.1", `{"to":{"id":"j"},"content":{"body":"` + "\n" + `"}}`}, Broken: true},
	{Case: Case{"raw control character, deeper", "5.1", `{"to":{"id":"j"},"content":{"body":{"a":["` + "\x01" + `"]}}}`}, Broken: true},
	{
		Case:   Case{"too deep", "13", `{"to":{"id":"j"},"content":{"body":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}}`},
		Broken: true,
	},
	{Case: Case{"endlessly deep", "13", `{"to":{"id":"j"},"content":{"body":` + strings.Repeat("[", 100000)}, Broken: true},
	{Case: Case{"null", "5.1", `null`}, Malformed: true},
	{Case: Case{"number", "5.1", `5`}, Malformed: true},
	{Case: Case{"array", "5.1", `[]`}, Malformed: true},
	{Case: Case{"empty text", "5.1", `""`}, Malformed: true},
	{Case: Case{"text", "5.1", `"x"`}, Malformed: true},
	{Case: Case{"null as text", "5.1", `"null"`}, Malformed: true},
	{Case: Case{"text of a text", "5.1", `"\"{}\""`}, Malformed: true},
	{Case: Case{"cut off in a text", "5.1", `"{\"to\":{"`}, Malformed: true},
	{Case: Case{"empty object", "5.1", `{}`}, Malformed: true},
	{Case: Case{"no content", "5.1", `{"to":{"id":"j"}}`}, Malformed: true},
	{Case: Case{"no body", "5.1", `{"to":{"id":"j"},"content":{}}`}, Malformed: true},
	{Case: Case{"body is null", "5.1", `{"to":{"id":"j"},"content":{"body":null}}`}, Malformed: true},
	{Case: Case{"body is null between spaces", "5.1", `{"to":{"id":"j"},"content":{"body": null }}`}, Malformed: true},
	{Case: Case{"no target", "5.1", `{"content":{"body":1}}`}, Malformed: true},
	{Case: Case{"target without id", "5.1", `{"to":{},"content":{"body":1}}`}, Malformed: true},
	{Case: Case{"target is text", "5.1", `{"to":"j","content":{"body":1}}`}, Malformed: true},
	{Case: Case{"target is a number", "5.1", `{"to":{"id":5},"content":{"body":1}}`}, Malformed: true},
	{Case: Case{"target outside the charset", "1", `{"to":{"id":"a b"},"content":{"body":1}}`}, Malformed: true},
	{Case: Case{"target that is too long", "1", `{"to":{"id":"` + strings.Repeat("a", 129) + `"},"content":{"body":1}}`}, Malformed: true},
	{Case: Case{"unknown type", "5.1", `{"to":{"id":"j","type":5},"content":{"body":1}}`}, Malformed: true},
	{Case: Case{"negative type", "5.1", `{"to":{"id":"j","type":-1},"content":{"body":1}}`}, Malformed: true},
	{Case: Case{"type is text", "5.1", `{"to":{"id":"j","type":"0"},"content":{"body":1}}`}, Malformed: true},
	{Case: Case{"media that is too large", "5.1", `{"to":{"id":"j"},"content":{"body":1,"media":99999999999}}`}, Malformed: true},
	{Case: Case{"remark is an object", "5.1", toJ + `,"remark":{}}`}, Malformed: true},
	{Case: Case{"empty message id", "13", toJ + `,"id":""}`}, Malformed: true},
	{Case: Case{"message id is a number", "13", toJ + `,"id":7}`}, Malformed: true},
	{Case: Case{"message id outside the charset", "13", toJ + `,"id":"a.b"}`}, Malformed: true},
	{Case: Case{"message id that is too long", "13", toJ + `,"id":"` + strings.Repeat("a", 65) + `"}`}, Malformed: true},
}
