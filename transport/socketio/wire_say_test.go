package socketio_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/wiretest"
)

// Each message of the tables of package wiretest reaches its target with all its parts, and is acknowledged in each way that it asks
// for; what is none is refused if it asks for an answer, and ignored when it is not even JSON.
//
// Checked by breaking it: when an ack of 0 asks for nothing, it fails.
func TestWire_SaysAreAnsweredAsDocumented(t *testing.T) {
	t.Parallel()
	for _, tc := range wiretest.Says {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			f := serve(t)
			said := make(chan dispatch.Say, 1)
			f.say = func(_ context.Context, s dispatch.Say) (dispatch.Said, error) {
				said <- s
				return dispatch.Said{TS: 5, N: 1}, nil
			}
			f.sayLive = func(s dispatch.Say, done func(dispatch.Said, error)) {
				said <- s
				done(dispatch.Said{TS: 5}, nil)
			}
			c := f.loggedIn("tom")
			c.Send(`42/chat,7["say",` + tc.Text + `]`)
			switch {
			case tc.Broken:
			case tc.Malformed:
				c.Want(`43/chat,7[{"success":false,"error":5001}]`)
			default:
				c.Want(answers(tc)...)
				wantSaid(t, <-said, tc)
			}
			if len(said) != 0 {
				t.Errorf("%+v was said", <-said)
			}
			alive(t, c)
		})
	}
}

// answers are what a message is acknowledged with.
func answers(tc wiretest.Say) (all []string) {
	if tc.Ack != "" {
		all = append(all, `42/chat,["ack",{"ack":`+tc.Ack+`,"ts":5}]`)
	}
	n, id := `,"n":1`, ""
	if tc.Type == 2 {
		n = "" // what is said in a room is not kept
	}
	if tc.ID != "" {
		id = `,"id":"` + tc.ID + `"`
	}
	return append(all, `43/chat,7[{"success":true,"ts":5`+n+id+`}]`)
}

func wantSaid(t *testing.T, got dispatch.Say, tc wiretest.Say) {
	t.Helper()
	to := []im.Address{
		im.User("a", im.UserID(tc.To)), im.Group("a", im.GroupID(tc.To)), im.Room("a", im.RoomID(tc.To)),
		im.Passenger("a", im.PassengerID(tc.To)), im.User("a", im.UserID(tc.To)),
	}
	as := []im.Relation{im.FriendRelation, "", "", im.PassengerRelation, im.StrangerRelation}
	want := dispatch.Say{
		From: "tom", To: to[tc.Type], Relation: as[tc.Type], Media: tc.Media, Body: []byte(tc.Body), Remark: tc.Remark,
		Session: got.Session, ClientID: tc.ID,
	}
	if tc.Push != "" {
		want.Push = []byte(tc.Push)
	}
	if !reflect.DeepEqual(got, want) || got.Session == "" {
		t.Errorf("said %+v, want %+v with a session", got, want)
	}
}

// Each acknowledgement of the tables of package wiretest is what a client gets when its message ended so.
func TestWire_AnswersAreAsDocumented(t *testing.T) {
	t.Parallel()
	kinds := map[int]im.ErrorKind{
		5001: im.Invalid, 5002: im.Internal, 5003: im.NotPermitted, 5004: im.NotFound, 5010: im.TooLong, 5013: im.Unavailable, 5014: im.Overloaded,
	}
	for _, tc := range wiretest.Answers {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			f := serve(t)
			f.say = func(context.Context, dispatch.Say) (dispatch.Said, error) {
				if tc.Error != 0 {
					return dispatch.Said{}, fmt.Errorf("wrapped: %w", im.E("x", kinds[tc.Error], ""))
				}
				return dispatch.Said{TS: im.Millis(tc.TS), N: tc.N, Duplicate: tc.Duplicate}, nil
			}
			c := f.loggedIn("tom")
			id := ""
			if tc.ID != "" {
				id = `,"id":"` + tc.ID + `"`
			}
			c.Send(`42/chat,7["say",{"to":{"id":"jerry"},"content":{"body":1}` + id + `}]`)
			c.Want(tc.Text)
			alive(t, c)
		})
	}
}
