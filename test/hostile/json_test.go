package hostile

import (
	"strings"
	"testing"
)

// deep is an array in an array in an array...
func deep(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }

// quoted is text as a JSON string; it must need no escapes but those of quotes.
func quoted(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

// message is a message to jerry with that JSON as its body.
func message(body string) string { return `{"to":{"id":"jerry"},"content":{"body":` + body + `}}` }

// What is no JSON, or no event, is dropped, and the session stays (section 3.8).
func TestJSON_WhatIsNoEventIsDropped(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for name, data := range map[string]string{
		"nothing":              "",
		"cut off":              `["say",{"to":`,
		"an object":            `{"say":` + message(`"x"`) + `}`,
		"no name":              `[]`,
		"a comma for a name":   `[,` + message(`"x"`) + `]`,
		"a number for a name":  `[1,` + message(`"x"`) + `]`,
		"null for a name":      `[null,` + message(`"x"`) + `]`,
		"an array for a name":  `[["say"],` + message(`"x"`) + `]`,
		"garbage behind":       `["say",` + message(`"x"`) + `]]`,
		"a second value":       `["say",` + message(`"x"`) + `]["say"]`,
		"single quotes":        `['say',{}]`,
		"a comment":            `["say",/**/` + message(`"x"`) + `]`,
		"a control character":  `["say",` + message("\"\x01\"") + `]`,
		"NaN":                  `["say",` + message(`NaN`) + `]`,
		"a leading zero":       `["say",` + message(`01`) + `]`,
		"a byte order mark":    "\ufeff" + `["say",` + message(`"x"`) + `]`,
		"10,000 deep":          `["say",` + message(deep(10_000)) + `]`,
		"400,000 deep":         `["say",` + message(deep(400_000)) + `]`,
		"400,000 times opened": `["say",` + strings.Repeat(`[`, 400_000),
		"400,000 objects":      `["say",` + strings.Repeat(`{"a":`, 150_000),
	} {
		t.Run(name, func(t *testing.T) {
			c := s.enter(t, "eve")
			c.Send("42/chat,7" + data)
			alive(t, c)
		})
	}
}

// What is an event, and its message none, is refused with 5001 if it asks for an answer (section 5.3).
func TestJSON_WhatIsNoMessageIsRefused(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for name, message := range map[string]string{
		"null":                   `null`,
		"a number":               `1e9`,
		"an array":               `[` + message(`"x"`) + `]`,
		"an empty object":        `{}`,
		"text that is no JSON":   `"{"`,
		"text in text":           `"\"{}\""`,
		"target is text":         `{"to":"jerry","content":{"body":"x"}}`,
		"target is a number":     `{"to":{"id":7},"content":{"body":"x"}}`,
		"target is an array":     `{"to":{"id":["jerry"]},"content":{"body":"x"}}`,
		"type is text":           `{"to":{"id":"jerry","type":"0"},"content":{"body":"x"}}`,
		"type is a fraction":     `{"to":{"id":"jerry","type":0.5},"content":{"body":"x"}}`,
		"type is unknown":        `{"to":{"id":"jerry","type":5},"content":{"body":"x"}}`,
		"type is negative":       `{"to":{"id":"jerry","type":-1},"content":{"body":"x"}}`,
		"type is huge":           `{"to":{"id":"jerry","type":1e400},"content":{"body":"x"}}`,
		"type overflows":         `{"to":{"id":"jerry","type":18446744073709551616},"content":{"body":"x"}}`,
		"content is text":        `{"to":{"id":"jerry"},"content":"x"}`,
		"body is null":           message(`null`),
		"media is text":          `{"to":{"id":"jerry"},"content":{"media":"0","body":"x"}}`,
		"media overflows":        `{"to":{"id":"jerry"},"content":{"media":2147483648,"body":"x"}}`,
		"remark is an object":    `{"to":{"id":"jerry"},"content":{"body":"x"},"remark":{}}`,
		"id is a number":         `{"to":{"id":"jerry"},"content":{"body":"x"},"id":7}`,
		"id is too long":         `{"to":{"id":"jerry"},"content":{"body":"x"},"id":"` + strings.Repeat("x", 65) + `"}`,
		"other case of keys":     `{"To":{"id":"jerry"},"content":{"body":"x"}}`,
		"10,000 deep in text":    quoted(message(deep(10_000))),
		"400,000 deep in text":   quoted(message(deep(400_000))),
		"opened 400,000 in text": quoted(`{"to":` + strings.Repeat(`[`, 400_000)),
	} {
		t.Run(name, func(t *testing.T) {
			c := s.enter(t, "eve")
			c.Send(`42/chat,7["say",` + message + `]`)
			c.Want(`43/chat,7[{"success":false,"error":5001}]`)
			alive(t, c)
		})
	}
}

// Of a key that is given twice the last counts, as in JavaScript, and 128 levels pass. What is sent on is the body as it
// came, odd as it may be.
func TestJSON_OddMessagesPassAsTheyCame(t *testing.T) {
	t.Parallel()
	s := lay(t)
	s.befriend("eve", "adam")
	for name, c := range map[string]struct{ content, want string }{
		"body given twice":       {`"body":"first","body":"last"`, `"last"`},
		"keys in it given twice": {`"body":{"a":1,"a":2}`, `{"a":1,"a":2}`},
		"124 deep, 128 in all":   {`"body":` + deep(124), deep(124)},
		"NUL and half a pair":    {`"body":"\u0000\ud800"`, `"\u0000\ud800"`},
		"more than any float":    {`"body":1e400`, `1e400`},
		"right to left":          {"\"body\":\"\u202e\ufeff\"", "\"\u202e\ufeff\""},
	} {
		t.Run(name, func(t *testing.T) {
			adam, eve := s.enter(t, "adam"), s.enter(t, "eve")
			eve.Send(`42/chat,7["say",{"to":{"id":"nobody","id":"adam"},"content":{` + c.content + `}}]`)
			if got := skipNews(adam); !strings.Contains(got, `"content":{"media":0,"body":`+c.want+`},"ts":`) {
				t.Fatalf("got %s, want the body %s", got, c.want)
			}
		})
	}
}
