package wiretest

import "strings"

// Login is what a client says of itself: Text is the login JSON, unescaped.
type Login struct {
	Case
	// NoObject says that it is no JSON object. Then it has no fields.
	NoObject bool
	// The fields, "" = absent or of the wrong type. OAuth and Passenger are JSON objects as they came.
	App, Sign, Client, Username, Phone, Password, OAuth, Passenger, Install string
	NotifyAll                                                               bool
	// Mode is that of section 4 which counts, 1 to 5; 0 = none is given.
	Mode int
	// ID is who is logged in; "" = nobody.
	ID string
	// Error is the code with which the login is refused.
	Error int
}

// proof is what every login of the tables begins with that has nothing to do with app and signature.
const proof = `{"app":"a","sign":"good",`

// Logins are what clients say of themselves, also as it arrives when something went wrong on the way.
var Logins = []Login{
	{Case: Case{"mode 1", "4", proof + `"client":"tom"}`}, App: "a", Sign: "good", Client: "tom", Mode: 1, ID: "tom"},
	{
		Case: Case{"mode 2", "4", proof + `"username":"u","password":"p"}`},
		App:  "a", Sign: "good", Username: "u", Password: "p", Mode: 2, Error: 5003,
	},
	{
		Case: Case{"mode 3", "4", proof + `"phone":"1","password":"123456"}`},
		App:  "a", Sign: "good", Phone: "1", Password: "123456", Mode: 3, Error: 5003,
	},
	{
		Case: Case{"mode 4", "4", proof + `"oauth":{"qq":{"id":"1"}}}`},
		App:  "a", Sign: "good", OAuth: `{"qq":{"id":"1"}}`, Mode: 4, Error: 5003,
	},
	{Case: Case{"mode 5", "4", proof + `"passenger":{"id":"p"}}`}, App: "a", Sign: "good", Passenger: `{"id":"p"}`, Mode: 5, ID: "p"},
	{
		Case: Case{"passenger before all", "4", proof + `"client":"c","passenger":{"id":"x"},"username":"u"}`},
		App:  "a", Sign: "good", Client: "c", Username: "u", Passenger: `{"id":"x"}`, Mode: 5, ID: "x",
	},
	{
		Case: Case{"passenger with an id that is none", "4", proof + `"client":"tom","passenger":{"id":"a b"}}`},
		App:  "a", Sign: "good", Client: "tom", Passenger: `{"id":"a b"}`, Mode: 5, Error: 5001,
	},
	{
		Case: Case{"passenger whose id is no text", "4", proof + `"passenger":{"id":7}}`},
		App:  "a", Sign: "good", Passenger: `{"id":7}`, Mode: 5, Error: 5001,
	},
	{
		Case: Case{"passenger with a wrong signature", "4", `{"app":"a","sign":"bad","passenger":{}}`},
		App:  "a", Sign: "bad", Passenger: `{}`, Mode: 5, Error: 5003,
	},
	{
		Case: Case{"client before username", "4", proof + `"username":"u","client":"c"}`},
		App:  "a", Sign: "good", Client: "c", Username: "u", Mode: 1, ID: "c",
	},
	{Case: Case{"empty text is absent", "4", proof + `"client":"","phone":"1"}`}, App: "a", Sign: "good", Phone: "1", Mode: 3, Error: 5003},
	{Case: Case{"empty id", "4", proof + `"client":""}`}, App: "a", Sign: "good", Error: 5001},
	{Case: Case{"no mode", "4", `{"app":"a","sign":"good"}`}, App: "a", Sign: "good", Error: 5001},
	{Case: Case{"wrong types are absent", "4", `{"client":5,"passenger":"x","oauth":[1],"sign":null}`}, Error: 5001},
	{Case: Case{"id outside the charset", "4", proof + `"client":"a b"}`}, App: "a", Sign: "good", Client: "a b", Mode: 1, Error: 5001},
	{
		Case: Case{"longest id", "4", proof + `"client":"` + strings.Repeat("x", 128) + `"}`},
		App:  "a", Sign: "good", Client: strings.Repeat("x", 128), Mode: 1, ID: strings.Repeat("x", 128),
	},
	{
		Case: Case{"id that is too long", "4", proof + `"client":"` + strings.Repeat("x", 129) + `"}`},
		App:  "a", Sign: "good", Client: strings.Repeat("x", 129), Mode: 1, Error: 5001,
	},
	{
		Case: Case{"installation of v4", "4", proof + `"client":"tom","install":"i0","installation":"i1"}`},
		App:  "a", Sign: "good", Client: "tom", Install: "i0", Mode: 1, ID: "tom",
	},
	{
		Case: Case{"installation by its second name", "4", proof + `"client":"tom","install":"","installation":"i1","installId":"i2"}`},
		App:  "a", Sign: "good", Client: "tom", Install: "i1", Mode: 1, ID: "tom",
	},
	{
		Case: Case{"installation by its third name", "4", proof + `"client":"tom","installId":"i1","installationId":"i2"}`},
		App:  "a", Sign: "good", Client: "tom", Install: "i1", Mode: 1, ID: "tom",
	},
	{
		Case: Case{"installation by its fourth name", "4", proof + `"client":"tom","installationId":"i2","install":7}`},
		App:  "a", Sign: "good", Client: "tom", Install: "i2", Mode: 1, ID: "tom",
	},
	{
		Case: Case{"installation outside the charset", "4", proof + `"client":"tom","installationId":"a b"}`},
		App:  "a", Sign: "good", Client: "tom", Install: "a b", Mode: 1, Error: 5001,
	},
	{
		Case: Case{"installation that is too long", "4", proof + `"client":"tom","install":"` + strings.Repeat("x", 129) + `"}`},
		App:  "a", Sign: "good", Client: "tom", Install: strings.Repeat("x", 129), Mode: 1, Error: 5001,
	},
	{
		Case: Case{"notifyAll", "4", proof + `"client":"tom","notifyAll":true}`},
		App:  "a", Sign: "good", Client: "tom", NotifyAll: true, Mode: 1, ID: "tom",
	},
	{Case: Case{"notifyAll must be true", "4", proof + `"client":"tom","notifyAll":"true"}`}, App: "a", Sign: "good", Client: "tom", Mode: 1, ID: "tom"},
	{
		Case: Case{"white space", "4", " {\n\"app\" : \"a\" , \"sign\":\"good\", \"client\" : \"tom\" , \"passenger\" : null }\r\n"},
		App:  "a", Sign: "good", Client: "tom", Mode: 1, ID: "tom",
	},
	{Case: Case{"escapes", "4", proof + `"client":"\u6c64\u59c6"}`}, App: "a", Sign: "good", Client: "汤姆", Mode: 1, Error: 5001},
	{Case: Case{"other case is another field", "4", proof + `"CLIENT":"tom"}`}, App: "a", Sign: "good", Error: 5001},
	{Case: Case{"unknown app", "4", `{"app":"b","sign":"good","client":"tom"}`}, App: "b", Sign: "good", Client: "tom", Mode: 1, Error: 5003},
	{Case: Case{"app that cannot be", "4", `{"app":"a b","sign":"good","client":"tom"}`}, App: "a b", Sign: "good", Client: "tom", Mode: 1, Error: 5003},
	{Case: Case{"no app", "4", `{"sign":"good","client":"tom"}`}, Sign: "good", Client: "tom", Mode: 1, Error: 5003},
	{Case: Case{"wrong signature", "4", `{"app":"a","sign":"bad","client":"tom"}`}, App: "a", Sign: "bad", Client: "tom", Mode: 1, Error: 5003},
	{Case: Case{"no signature", "4", `{"app":"a","client":"tom"}`}, App: "a", Client: "tom", Mode: 1, Error: 5003},
	{Case: Case{"missing", "4", ""}, NoObject: true, Error: 5001},
	{Case: Case{"white space alone", "4", " "}, NoObject: true, Error: 5001},
	{Case: Case{"null", "4", "null"}, NoObject: true, Error: 5001},
	{Case: Case{"array", "4", `["a"]`}, NoObject: true, Error: 5001},
	{Case: Case{"text", "4", `"x"`}, NoObject: true, Error: 5001},
	{Case: Case{"number", "4", "5"}, NoObject: true, Error: 5001},
	{Case: Case{"cut off in a value", "4", `{"app":"x`}, NoObject: true, Error: 5001},
	{Case: Case{"cut off after a name", "4", `{"app"`}, NoObject: true, Error: 5001},
	{Case: Case{"two objects", "4", `{}{}`}, NoObject: true, Error: 5001},
	{Case: Case{"object and more", "4", `{} x`}, NoObject: true, Error: 5001},
	{Case: Case{"too deep", "13", `{"a":` + strings.Repeat("[", 128) + strings.Repeat("]", 128) + `}`}, NoObject: true, Error: 5001},
}

// Logout is the argument of a `logout` event: Text is its JSON; "" = there is none.
type Logout struct {
	Case
	// Malformed says that it makes no sense.
	Malformed bool
	// Install is the installation that it names; "" = that of the login.
	Install string
}

// Logouts are how clients leave, and how they should not.
var Logouts = []Logout{
	{Case: Case{"nothing", "4", ``}},
	{Case: Case{"null", "4", ` null`}},
	{Case: Case{"empty object", "4", `{}`}},
	{Case: Case{"empty id", "4", `{"install":""}`}},
	{Case: Case{"wrong type", "4", `{"install":5}`}},
	{Case: Case{"installation", "4", `{"install":"i-1"}`}, Install: "i-1"},
	{Case: Case{"another name", "4", ` {"installationId":"i_2"} `}, Install: "i_2"},
	{Case: Case{"text of an object", "4", `"{\"install\":\"i1\"}"`}, Install: "i1"},
	{Case: Case{"number", "4", `5`}, Malformed: true},
	{Case: Case{"array", "4", `[]`}, Malformed: true},
	{Case: Case{"text", "4", `"i1"`}, Malformed: true},
	{Case: Case{"empty text", "4", `""`}, Malformed: true},
	{Case: Case{"no JSON", "4", `nope`}, Malformed: true},
	{Case: Case{"cut off", "4", `{`}, Malformed: true},
	{Case: Case{"object and more", "4", `{}x`}, Malformed: true},
	{Case: Case{"id outside the charset", "4", `{"install":"a b"}`}, Malformed: true},
	{Case: Case{"first of two ids is none", "4", `{"install":"a.b","installId":"i"}`}, Malformed: true},
}
