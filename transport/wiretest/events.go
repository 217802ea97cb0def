package wiretest

import pb "github.com/parley-im/parley/proto/parley/v1"

// Event is what a server sends: Text is a whole Engine.IO packet, that of an event on /chat with one argument.
type Event struct {
	Case
	// Event is the name of the event.
	Event string
	// Delivery is what it tells: that of a message, its mirror, or a system message.
	Delivery *pb.Delivery
	// Who is the user or passenger of a login or of a change of presence; of a refused login it is "", and Error says why.
	Who   string
	Error int
	// Ack and TS are those of an `ack`: the sender's number, as it came, and the message's stamp in milliseconds.
	Ack string
	TS  int64
}

// said is what tom says at the time of section 11.
func said(body, remark, id string) *pb.Said {
	return &pb.Said{
		Speaker: "tom", Content: &pb.Content{Body: []byte(body)}, Remark: remark, ClientId: id,
		Push: []byte(`{"sound":"x"}`), OriginSession: "s1",
	}
}

const stamp = 1479000000001

// plain is tom's hi to somebody.
func plain(to string, source pb.Source) *pb.Delivery {
	return &pb.Delivery{From: "tom", To: to, Ts: stamp, Source: source, Said: said(`"hi"`, "", "")}
}

// full is everything that a message can have; n is its number.
func full(to string, source pb.Source, n uint64) *pb.Delivery {
	d := &pb.Delivery{From: "tom", To: to, Ts: stamp, Source: source, N: n, Said: said("[1, 2]", "a\"b<汤>\n", "m1")}
	d.Said.Content.Media = 2
	return d
}

// system is what the app says; to = "" means everybody.
func system(to string, source pb.Source, remark string) *pb.Delivery {
	s := &pb.Said{Content: &pb.Content{Body: []byte(`"hi"`)}, Remark: remark, Push: []byte(`{}`)}
	return &pb.Delivery{To: to, Ts: stamp, Source: source, System: true, Seq: 9, Said: s}
}

const (
	hi  = `"content":{"media":0,"body":"hi"},"ts":1479000000001`
	all = `"content":{"media":2,"body":[1, 2]},"ts":1479000000001,"remark":"a\"b<汤>\n","n":7,"id":"m1"`
)

// Events are what servers send, byte for byte.
var Events = []Event{
	{Case: Case{"login", "11", `42/chat,["login",{"success":true,"id":"tom"}]`}, Event: "login", Who: "tom"},
	{Case: Case{"login refused", "4", `42/chat,["login",{"success":false,"error":5003}]`}, Event: "login", Error: 5003},
	{
		Case:  Case{"message of a friend", "11", `42/chat,["message",{"from":{"id":"tom","type":0},"to":{"id":"jerry","type":0},` + hi + `}]`},
		Event: "message", Delivery: plain("jerry", pb.Source_FRIEND),
	},
	{
		Case:  Case{"message with all", "13", `42/chat,["message",{"from":{"id":"tom","type":0},"to":{"id":"jerry","type":0},` + all + `}]`},
		Event: "message", Delivery: full("jerry", pb.Source_FRIEND, 7),
	},
	{
		Case:  Case{"message in a group", "5.2", `42/chat,["message",{"from":{"id":"tom","type":1,"gid":"g1"},"to":{"id":"g1","type":1},` + all + `}]`},
		Event: "message", Delivery: full("g1", pb.Source_GROUP, 7),
	},
	{
		Case:  Case{"message in a room", "5.2", `42/chat,["message",{"from":{"id":"tom","type":2,"gid":"r1"},"to":{"id":"r1","type":2},` + hi + `}]`},
		Event: "message", Delivery: plain("r1", pb.Source_ROOM),
	},
	{
		Case:  Case{"message of a passenger", "5.3", `42/chat,["message",{"from":{"id":"tom","type":3},"to":{"id":"jerry","type":0},` + hi + `}]`},
		Event: "message", Delivery: plain("jerry", pb.Source_PASSENGER),
	},
	{
		Case:  Case{"message to a passenger", "5.3", `42/chat,["message",{"from":{"id":"tom","type":0},"to":{"id":"jerry","type":3},` + hi + `}]`},
		Event: "message", Delivery: plain("jerry", pb.Source_TO_PASSENGER),
	},
	{
		Case:  Case{"message of a stranger", "5.3", `42/chat,["message",{"from":{"id":"tom","type":4},"to":{"id":"jerry","type":4},` + hi + `}]`},
		Event: "message", Delivery: plain("jerry", pb.Source_STRANGER),
	},
	{
		Case:  Case{"yourself", "5.2", `42/chat,["yourself",{"to":{"id":"jerry","type":0},` + hi + `}]`},
		Event: "yourself", Delivery: plain("jerry", pb.Source_FRIEND),
	},
	{
		Case:  Case{"yourself in a group", "5.2", `42/chat,["yourself",{"to":{"id":"g1","type":1},` + all + `}]`},
		Event: "yourself", Delivery: full("g1", pb.Source_GROUP, 7),
	},
	{
		Case:  Case{"yourself in a room", "5.2", `42/chat,["yourself",{"to":{"id":"r1","type":2},` + hi + `}]`},
		Event: "yourself", Delivery: plain("r1", pb.Source_ROOM),
	},
	{
		Case:  Case{"yourself of a passenger", "5.3", `42/chat,["yourself",{"to":{"id":"jerry","type":0},` + hi + `}]`},
		Event: "yourself", Delivery: plain("jerry", pb.Source_PASSENGER),
	},
	{
		Case:  Case{"yourself to a passenger", "5.3", `42/chat,["yourself",{"to":{"id":"jerry","type":3},` + hi + `}]`},
		Event: "yourself", Delivery: plain("jerry", pb.Source_TO_PASSENGER),
	},
	{
		Case:  Case{"yourself to a stranger", "5.3", `42/chat,["yourself",{"to":{"id":"jerry","type":4},` + hi + `}]`},
		Event: "yourself", Delivery: plain("jerry", pb.Source_STRANGER),
	},
	{Case: Case{"system to all", "6.6", `42/chat,["sys",{` + hi + `}]`}, Event: "sys", Delivery: system("", pb.Source_FRIEND, "")},
	{
		Case:  Case{"system to a user", "6.6", `42/chat,["sys",{` + hi + `,"remark":"r","to":{"id":"jerry","type":0}}]`},
		Event: "sys", Delivery: system("jerry", pb.Source_FRIEND, "r"),
	},
	{
		Case:  Case{"system to a group", "6.6", `42/chat,["sys",{` + hi + `,"to":{"id":"g1","type":1}}]`},
		Event: "sys", Delivery: system("g1", pb.Source_GROUP, ""),
	},
	{
		Case:  Case{"system to a room", "6.6", `42/chat,["sys",{` + hi + `,"to":{"id":"r1","type":2}}]`},
		Event: "sys", Delivery: system("r1", pb.Source_ROOM, ""),
	},
	{
		Case:  Case{"system to a passenger", "6.6", `42/chat,["sys",{` + hi + `,"to":{"id":"jerry","type":3}}]`},
		Event: "sys", Delivery: system("jerry", pb.Source_TO_PASSENGER, ""),
	},
	{Case: Case{"online", "5.2", `42/chat,["online","tom"]`}, Event: "online", Who: "tom"},
	{Case: Case{"offline", "5.2", `42/chat,["offline","tom"]`}, Event: "offline", Who: "tom"},
	{Case: Case{"online, to all", "5.2", `42/chat,["online_x","tom"]`}, Event: "online_x", Who: "tom"},
	{Case: Case{"offline, to all", "5.2", `42/chat,["offline_x","tom"]`}, Event: "offline_x", Who: "tom"},
	{Case: Case{"ack", "5.2", `42/chat,["ack",{"ack":12,"ts":1479000000001}]`}, Event: "ack", Ack: "12", TS: stamp},
	{Case: Case{"ack 0", "5.1", `42/chat,["ack",{"ack":0,"ts":1479000000001}]`}, Event: "ack", Ack: "0", TS: stamp},
}

// Answer is what acknowledges a say whose ack id was 7: Text is a whole Engine.IO packet.
type Answer struct {
	Case
	// TS is the message's stamp in milliseconds and N its number, 0 = it has none; ID is the client's for it.
	TS int64
	N  uint64
	ID string
	// Duplicate says that the message was there already.
	Duplicate bool
	// Error is the code with which it was refused; 0 = it was not.
	Error int
}

// Answers are the acknowledgements that there are.
var Answers = []Answer{
	{Case: Case{"said in a room", "5.3", `43/chat,7[{"success":true,"ts":1479000000001}]`}, TS: stamp},
	{Case: Case{"said", "13", `43/chat,7[{"success":true,"ts":1479000000001,"n":1}]`}, TS: stamp, N: 1},
	{Case: Case{"said with an id", "13", `43/chat,7[{"success":true,"ts":1479000000001,"n":1,"id":"m"}]`}, TS: stamp, N: 1, ID: "m"},
	{
		Case: Case{"said again", "13", `43/chat,7[{"success":true,"ts":1479000000001,"n":1,"id":"m","duplicate":true}]`},
		TS:   stamp, N: 1, ID: "m", Duplicate: true,
	},
	{Case: Case{"malformed", "5.3", `43/chat,7[{"success":false,"error":5001}]`}, Error: 5001},
	{Case: Case{"failure", "6.1", `43/chat,7[{"success":false,"error":5002}]`}, Error: 5002},
	{Case: Case{"not allowed", "5.3", `43/chat,7[{"success":false,"error":5003}]`}, Error: 5003},
	{Case: Case{"unknown target", "5.3", `43/chat,7[{"success":false,"error":5004}]`}, Error: 5004},
	{Case: Case{"too long", "6.1", `43/chat,7[{"success":false,"error":5010}]`}, Error: 5010},
	{Case: Case{"unavailable", "13", `43/chat,7[{"success":false,"error":5013}]`}, Error: 5013},
	{Case: Case{"overloaded", "13", `43/chat,7[{"success":false,"error":5014}]`}, Error: 5014},
}
