package contract

// row is one request and what must come back. {g} and {r} in a path stand for the group and the room of the test.
type row struct {
	method, path, body string
	status, code       int
	// has is part of the answer's body.
	has string
}

// beginning makes whom the others ask about.
var beginning = []row{
	{method: "POST", path: "/ctx/tom/friends/jerry", status: 200, has: `"from":"tom","to":"jerry"`},
	{method: "POST", path: "/ctx/eve/friends/zoe", status: 200, has: `"ns":"`},
	{method: "POST", path: "/passengers", body: `{"id":"visitor-7","name":"Visitor","page":"/prices"}`, status: 200, has: `"visitor-7"`},
	{method: "POST", path: "/passengers/", body: ``, status: 200},
	{method: "POST", path: "/groups", body: `{"owner":"tom","name":"cats","members":["jerry",["anna",[]],"jerry",""]}`, status: 200},
	{method: "POST", path: "/rooms", body: `{"name":"lobby","members":["tom"],"attributes":{"level":3}}`, status: 200},
	{method: "POST", path: "/rooms", body: ``, status: 200},
}

var users = []row{
	{method: "GET", path: "/ctx/tom", status: 200, has: `"sessions":1,"installs":["phone-1"],"friends":["jerry"]`},
	{method: "POST", path: "/ctx/tom", status: 200, has: `"rooms":["`},
	{method: "GET", path: "/ctx/nobody", status: 404, code: 5004},
	{method: "POST", path: "/ctx/nobody", body: `{}`, status: 404, code: 5004},
	{method: "GET", path: "/ctx/tom/friends", status: 200, has: `["jerry"]`},
	{method: "GET", path: "/ctx/tom/friends?detail", status: 200, has: `[{"id":"jerry","online":false,"recent":{"speaker":"tom","content":{"media":0,"body":"to a friend"}`},
	{method: "GET", path: "/ctx/nobody/friends", status: 404, code: 5004},
	{method: "GET", path: "/ctx/jerry/friends/tom", status: 200, has: `"online":true`},
	{method: "GET", path: "/ctx/tom/friends/eve", status: 404, code: 5004},
	{method: "POST", path: "/ctx/tom/friends/tom", status: 400, code: 5001},
	{method: "GET", path: "/ctx/jerry/friends/tom/chats?limit=1", status: 200, has: `"remark":"hi","n":1,"id":"m-1"}]`},
	{method: "GET", path: "/ctx/jerry/friends/nobody/chats?ts=1479000000001", status: 200, has: `[]`},
	{method: "GET", path: "/ctx/jerry/friends/tom/chats?before=2&ts=4102444800000", status: 200, has: `"n":1,"id":"m-1"}]`},
	{method: "GET", path: "/ctx/jerry/friends/tom/chats?before=1", status: 200, has: `[]`},
	{method: "GET", path: "/ctx/jerry/friends/tom/chats?before=0", status: 400, code: 5001},
	{method: "DELETE", path: "/ctx/eve/friends/zoe", status: 204},
	{method: "DELETE", path: "/ctx/eve/friends/zoe", status: 204},
	{method: "GET", path: "/ctx/tom/strangers", status: 200, has: `["eve"]`},
	{method: "GET", path: "/ctx/tom/strangers?detail&skip=0&limit=5&ids=eve,zoe", status: 200, has: `"body":"to a stranger"`},
	{method: "GET", path: "/ctx/tom/strangers?skip=1", status: 200, has: `[]`},
	{method: "GET", path: "/ctx/nobody/strangers", status: 404, code: 5004},
	{method: "GET", path: "/ctx/eve/strangers/tom", status: 200, has: `"id":"tom","online":true`},
	{method: "GET", path: "/ctx/tom/strangers/jerry", status: 404, code: 5004},
	{method: "GET", path: "/ctx/tom/strangers/eve/chats", status: 200, has: `"speaker":"tom"`},
	{method: "GET", path: "/ctx/tom/strangers/eve/chats?before=1", status: 200, has: `[]`},
	{method: "GET", path: "/ctx/tom/strangers/eve/chats?before=", status: 400, code: 5001},
	{method: "GET", path: "/ctx/tom/groups", status: 200, has: `["{g}"]`},
	{method: "GET", path: "/ctx/tom/groups?detail", status: 200, has: `"recent":{"speaker":"tom","content":{"media":0,"body":"to a group"}`},
	{method: "GET", path: "/ctx/nobody/groups", status: 404, code: 5004},
	{method: "GET", path: "/ctx/tom/rooms", status: 200, has: `["{r}"]`},
	{method: "GET", path: "/ctx/tom/rooms?detail", status: 200, has: `"name":"lobby"`},
	{method: "GET", path: "/ctx/nobody/rooms", status: 404, code: 5004},
	{method: "DELETE", path: "/ctx/tom/installs/phone-1", status: 204},
	{method: "DELETE", path: "/ctx/tom/installs/a.b", status: 400, code: 5001},
}

// attributes are the requests that users, groups and rooms have alike; {x} is one of them, {0} one that is not there.
var attributes = []row{
	{method: "POST", path: "{x}/attributes", body: `{"name":"Tom","age":18,"vip":true,"tags":["a",{"b":null}],"":1}`, status: 400, code: 5001},
	{method: "POST", path: "{x}/attributes", body: `{"name":"Tom","age":18,"vip":true,"tags":["a",{"b":null}],"nickname":null}`, status: 201},
	{method: "POST", path: "{x}/attributes", body: ``, status: 201},
	{method: "POST", path: "{x}/attributes", body: `[]`, status: 400, code: 5001},
	{method: "POST", path: "{0}/attributes", body: `{"a":1}`, status: 404, code: 5004},
	{method: "GET", path: "{x}/attributes", status: 200, has: `"age":18`},
	{method: "GET", path: "{0}/attributes", status: 404, code: 5004},
	{method: "GET", path: "{x}/attributes/name", status: 200, has: `"Tom"`},
	{method: "GET", path: "{x}/attributes/tags", status: 200, has: `["a",{"b":null}]`},
	{method: "GET", path: "{x}/attributes/nickname", status: 404, code: 5004},
	{method: "GET", path: "{0}/attributes/name", status: 404, code: 5004},
	{method: "GET", path: "{all}?_skip=0&_limit=20&_sort=-age,id&name=Tom&age=18&vip=true", status: 200, has: `"Tom"`},
	{method: "GET", path: "{all}?name=tom", status: 200, has: `[]`},
	{method: "GET", path: "{all}?_limit=-1&_skip=x", status: 200, has: `[{`},
	{method: "GET", path: "{all}?_sort=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", status: 400, code: 5010},
	{method: "PUT", path: "{x}/attributes", body: `{"age":19}`, status: 201},
	{method: "PUT", path: "{0}/attributes", body: `{"age":19}`, status: 404, code: 5004},
	{method: "GET", path: "{x}", status: 200, has: `"attributes":{"age":19}`},
	{method: "DELETE", path: "{x}/attributes", body: ``, status: 204},
	{method: "DELETE", path: "{0}/attributes", status: 404, code: 5004},
	{method: "GET", path: "{x}/attributes", status: 200, has: `{}`},
}

// gatherings are the requests that groups and rooms have alike.
var gatherings = []row{
	{method: "POST", path: "{all}", body: `{"members":["a b"]}`, status: 400, code: 5001},
	{method: "GET", path: "{x}", status: 200, has: `"members":["tom"`},
	{method: "GET", path: "{0}", status: 404, code: 5004},
	{method: "POST", path: "{x}", status: 200, has: `"attributes":{`},
	{method: "POST", path: "{0}", status: 404, code: 5004},
	{method: "PUT", path: "{x}", body: `{"name":"dogs"}`, status: 201},
	{method: "PUT", path: "{x}", body: `{"name":7}`, status: 400, code: 5001},
	{method: "PUT", path: "{0}", body: `{"name":"dogs"}`, status: 404, code: 5004},
	{method: "GET", path: "{x}", status: 200, has: `"name":"dogs"}`},
	{method: "POST", path: "{x}/members", body: `{"members":["jerry",["zoe"]]}`, status: 201},
	{method: "POST", path: "{x}/members", body: `{"members":7}`, status: 400, code: 5001},
	{method: "POST", path: "{0}/members", body: `{"members":["zoe"]}`, status: 404, code: 5004},
	{method: "GET", path: "{x}/members", status: 200, has: `"zoe"],"last":`},
	{method: "GET", path: "{x}/members?limit=1&after=0", status: 200, has: `{"members":["tom"],"last":1,"more":true}`},
	{method: "GET", path: "{x}/members?limit=x&after=18446744073709551615", status: 200, has: `{"members":[],"last":18446744073709551615,"more":false}`},
	{method: "GET", path: "{x}/members?after=1&after=2", status: 400, code: 5001},
	{method: "GET", path: "{0}/members", status: 404, code: 5004},
	{method: "POST", path: "{x}/members/eve", status: 201, has: `{}`},
	{method: "POST", path: "{0}/members/eve", status: 404, code: 5004},
	{method: "DELETE", path: "{x}/members/eve", status: 204},
	{method: "DELETE", path: "{0}/members/eve", status: 404, code: 5004},
	{method: "DELETE", path: "{x}/members", body: `{"members":["jerry",["zoe"],"nobody"]}`, status: 204},
	{method: "DELETE", path: "{0}/members", body: `{"members":["zoe"]}`, status: 404, code: 5004},
}

// others are passengers, system messages, and what only groups have.
var others = []row{
	{method: "POST", path: "/groups", body: `{"name":"nobody's"}`, status: 400, code: 5001},
	{method: "DELETE", path: "/groups/{g}/members/tom", status: 400, code: 5001},
	{method: "GET", path: "/groups/{g}/chats?limit=1", status: 200, has: `"body":"to a group"`},
	{method: "GET", path: "/groups/{g}/chats?before=18446744073709551615", status: 200, has: `"body":"to a group"`},
	{method: "GET", path: "/groups/{g}/chats?before=1", status: 200, has: `[]`},
	{method: "GET", path: "/groups/{g}/chats?before=1&before=1", status: 400, code: 5001},
	{method: "GET", path: "/groups/nobody/chats", status: 404, code: 5004},
	{method: "DELETE", path: "/groups/{g}/chats", status: 204},
	{method: "GET", path: "/groups/{g}/chats", status: 200, has: `[]`},
	{method: "DELETE", path: "/groups/nobody/chats", status: 404, code: 5004},

	{method: "GET", path: "/passengers/visitor-7", status: 200, has: `"page":"/prices"`},
	{method: "POST", path: "/passengers/visitor-7", status: 200, has: `"name":"Visitor"`},
	{method: "GET", path: "/passengers/nobody", status: 404, code: 5004},
	{method: "POST", path: "/passengers/nobody", status: 404, code: 5004},
	{method: "POST", path: "/passengers", body: `{"id":"a.b"}`, status: 400, code: 5001},
	{method: "GET", path: "/passengers/visitor-7/chats/tom", status: 200, has: `"body":"to a passenger"`},
	{method: "GET", path: "/passengers/visitor-7/chats/tom?before=1", status: 200, has: `[]`},
	{method: "GET", path: "/passengers/visitor-7/chats/tom?before=18446744073709551616", status: 400, code: 5001},
	{method: "GET", path: "/passengers/nobody/chats/tom", status: 200, has: `[]`},

	{method: "POST", path: "/system", body: `{"content":{"media":0,"body":"Maintenance at noon"},"ts":1,"remark":"info","push":{"enable":false}}`, status: 202},
	{method: "POST", path: "/system", body: `{}`, status: 400, code: 5001},
	{method: "POST", path: "/system/tom", body: `{"content":{"body":{"any":["json"]}}}`, status: 202},
	{method: "POST", path: "/system/visitor-7", body: `{"content":{"body":1}}`, status: 202},
	{method: "POST", path: "/system/{g}?group", body: `{"content":{"body":1}}`, status: 202},
	{method: "POST", path: "/system/{r}?room", body: `{"content":{"body":1}}`, status: 202},
	{method: "POST", path: "/system/{g}?group&room", body: `{"content":{"body":1}}`, status: 400, code: 5005},
	{method: "POST", path: "/system/nobody", body: `{"content":{"body":1}}`, status: 404, code: 5004},
}

// ending comes last.
var ending = []row{
	{method: "DELETE", path: "{x}", status: 204},
	{method: "DELETE", path: "{x}", status: 404, code: 5004},
	{method: "GET", path: "{all}?_limit=100", status: 200},
}
