package wiretest

// Packet is what a client sends in one WebSocket message: Text is a whole Engine.IO packet.
type Packet struct {
	Case
	// Type is that of the Engine.IO packet, '0' to '6'; 0 = it is none.
	Type byte
	// Socket is the Socket.IO packet that a message, type '4', holds; nil = it holds none.
	Socket *Socket
	// Early and Online are what the server of revision 3 sends to a client that has not connected to /chat, and to one that is
	// logged in there; nil = nothing.
	Early, Online []string
	// Ends says that the session ends. In all other cases it goes on.
	Ends bool
}

// Socket is a Socket.IO packet.
type Socket struct {
	// Type is '0' to '6'.
	Type      byte
	Namespace string
	// ID asks for an acknowledgement, or is that of one, when HasID.
	ID    uint64
	HasID bool
	// Data is JSON, unchecked; "" = none. Of a packet with attachments it is not looked at.
	Data string
}

// message is the type of the Engine.IO packet that holds a Socket.IO packet.
const message = '4'

// connected is what a CONNECT of /chat is answered with when tom logs in.
var connected = []string{"40/chat,", `42/chat,["login",{"success":true,"id":"tom"}]`}

// Packets are what clients send, and what they should not.
var Packets = append(enginePackets, socketPackets...)

var enginePackets = []Packet{
	{Case: Case{"ping", "3.3", "2"}, Type: '2', Early: []string{"3"}, Online: []string{"3"}},
	{Case: Case{"ping with data", "3.3", "2probe"}, Type: '2', Early: []string{"3probe"}, Online: []string{"3probe"}},
	{Case: Case{"pong, which only revision 4 sends", "3.3", "3"}, Type: '3'},
	{Case: Case{"open, which only the server sends", "3.3", "0{}"}, Type: '0'},
	{Case: Case{"close", "3.3", "1"}, Type: '1', Ends: true},
	{Case: Case{"message without anything", "3.3", "4"}, Type: message},
	{Case: Case{"upgrade when there is nothing to upgrade", "3.3", "5"}, Type: '5'},
	{Case: Case{"noop, as Swift sends it", "3.3", "6"}, Type: '6'},
	{Case: Case{"unknown type", "3.3", "7"}},
	{Case: Case{"no type", "3.3", "x"}},
	{Case: Case{"empty", "3.3", ""}},
}

var socketPackets = []Packet{
	{Case: Case{"connect root, again", "3.2", "40"}, Type: message, Socket: &Socket{Type: '0', Namespace: "/"}},
	{Case: Case{"connect root with a body", "3.7", `40{"a":1}`}, Type: message, Socket: &Socket{Type: '0', Namespace: "/", Data: `{"a":1}`}},
	{Case: Case{"connect", "3.8", "40/chat"}, Type: message, Socket: &Socket{Type: '0', Namespace: "/chat"}, Early: connected},
	{Case: Case{"connect with a comma", "3.8", "40/chat,"}, Type: message, Socket: &Socket{Type: '0', Namespace: "/chat"}, Early: connected},
	{
		Case: Case{"connect with a raw query", "3.8", `40/chat?auth={"app":"x","sign":"a,b"}`},
		Type: message, Socket: &Socket{Type: '0', Namespace: "/chat"}, Early: connected,
	},
	{
		Case: Case{"connect with an escaped query", "3.8", `40/chat?auth=%7B%7D,`},
		Type: message, Socket: &Socket{Type: '0', Namespace: "/chat"}, Early: connected,
	},
	{
		Case: Case{"connect with a body", "3.7", `40/chat,{"app":"x?"}`},
		Type: message, Socket: &Socket{Type: '0', Namespace: "/chat", Data: `{"app":"x?"}`}, Early: connected,
	},
	{
		Case: Case{"connect to what does not exist", "3.8", "40/other,"}, Type: message, Socket: &Socket{Type: '0', Namespace: "/other"},
		Early: []string{`44/other,"Invalid namespace"`}, Online: []string{`44/other,"Invalid namespace"`},
	},
	{Case: Case{"disconnect", "3.8", "41/chat"}, Type: message, Socket: &Socket{Type: '1', Namespace: "/chat"}},
	{Case: Case{"disconnect with a comma", "3.8", "41/chat,"}, Type: message, Socket: &Socket{Type: '1', Namespace: "/chat"}},
	{Case: Case{"disconnect root", "3.8", "41"}, Type: message, Socket: &Socket{Type: '1', Namespace: "/"}},
	{Case: Case{"event", "3.8", `42/chat,["say",{}]`}, Type: message, Socket: &Socket{Type: '2', Namespace: "/chat", Data: `["say",{}]`}},
	{
		Case: Case{"event with id", "3.8", `42/chat,7["say",{}]`},
		Type: message, Socket: &Socket{Type: '2', Namespace: "/chat", ID: 7, HasID: true, Data: `["say",{}]`},
		Online: []string{`43/chat,7[{"success":false,"error":5001}]`},
	},
	{
		Case: Case{"event with id 0", "3.8", `42/chat,0["say"]`},
		Type: message, Socket: &Socket{Type: '2', Namespace: "/chat", HasID: true, Data: `["say"]`},
		Online: []string{`43/chat,0[{"success":false,"error":5001}]`},
	},
	{
		Case: Case{"event on a queried namespace", "3.8", `42/chat?x=y,1["say"]`},
		Type: message, Socket: &Socket{Type: '2', Namespace: "/chat", ID: 1, HasID: true, Data: `["say"]`},
		Online: []string{`43/chat,1[{"success":false,"error":5001}]`},
	},
	{
		Case: Case{"event that nobody knows", "3.8", `42/chat,1["sing",{}]`},
		Type: message, Socket: &Socket{Type: '2', Namespace: "/chat", ID: 1, HasID: true, Data: `["sing",{}]`},
	},
	{
		Case: Case{"event that is no JSON", "3.8", `42/chat,1["say"`},
		Type: message, Socket: &Socket{Type: '2', Namespace: "/chat", ID: 1, HasID: true, Data: `["say"`},
	},
	{
		Case: Case{"event that is no array", "3.8", `42/chat,1{}`},
		Type: message, Socket: &Socket{Type: '2', Namespace: "/chat", ID: 1, HasID: true, Data: `{}`},
	},
	{
		Case: Case{"event without a name", "3.8", `42/chat,1[]`},
		Type: message, Socket: &Socket{Type: '2', Namespace: "/chat", ID: 1, HasID: true, Data: `[]`},
	},
	{Case: Case{"event on root", "3.8", `4212["say"]`}, Type: message, Socket: &Socket{Type: '2', Namespace: "/", ID: 12, HasID: true, Data: `["say"]`}},
	{
		Case: Case{"event elsewhere", "3.8", `42/other,1["say"]`},
		Type: message, Socket: &Socket{Type: '2', Namespace: "/other", ID: 1, HasID: true, Data: `["say"]`},
	},
	{Case: Case{"event without anything", "3.8", "42"}, Type: message, Socket: &Socket{Type: '2', Namespace: "/"}},
	{
		Case: Case{"largest id", "13", `42/chat,18446744073709551615["say"]`},
		Type: message, Socket: &Socket{Type: '2', Namespace: "/chat", ID: 1<<64 - 1, HasID: true, Data: `["say"]`},
		Online: []string{`43/chat,18446744073709551615[{"success":false,"error":5001}]`},
	},
	{Case: Case{"id that is too large", "13", `42/chat,18446744073709551616["say"]`}, Type: message},
	{Case: Case{"id that is too long", "13", `42/chat,2111111111111111111111111111["say"]`}, Type: message},
	{Case: Case{"ack", "3.8", `43/chat,7[]`}, Type: message, Socket: &Socket{Type: '3', Namespace: "/chat", ID: 7, HasID: true, Data: `[]`}},
	{Case: Case{"error, which only the server sends", "3.8", `44/chat,"no"`}, Type: message, Socket: &Socket{Type: '4', Namespace: "/chat", Data: `"no"`}},
	{Case: Case{"binary event", "3.8", `451-/chat,["x",{"_placeholder":true}]`}, Type: message, Socket: &Socket{Type: '5', Namespace: "/"}},
	{Case: Case{"binary ack", "3.8", `461-/chat,7[{"_placeholder":true}]`}, Type: message, Socket: &Socket{Type: '6', Namespace: "/"}},
	{Case: Case{"binary event without anything", "3.8", "45"}, Type: message, Socket: &Socket{Type: '5', Namespace: "/"}},
	{Case: Case{"message of no type", "3.8", "4x"}, Type: message},
	{Case: Case{"message of an unknown type", "3.8", "47"}, Type: message},
}
