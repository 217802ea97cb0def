// Package device is the core of an installation: which user it is bound to.
//
// An installation is one user's at a time. Binding it to another moves it, and both hear of it; so nobody gets what is
// meant for who used the device before.
package device

import (
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Device is the state of an installation.
type Device struct {
	app im.AppID
	// user is "" while it is nobody's.
	user string
}

var (
	_ core.Core     = (*Device)(nil)
	_ core.Repeater = (*Device)(nil)
)

// New returns the device at addr before its first event.
func New(addr im.Address) *Device { return &Device{app: addr.App} }

// Decide implements core.Core.
func (d *Device) Decide(cmd *pb.Command, _ im.Millis) (core.Decision, error) {
	switch body := cmd.GetBody().(type) {
	case *pb.Command_Bind:
		return d.bind(body.Bind.User)
	case *pb.Command_Unbind:
		return d.unbind(body.Unbind.User)
	}
	return core.Decision{}, im.E("device.decide", im.Unsupported, "")
}

func (d *Device) bind(user string) (core.Decision, error) {
	if !im.UserID(user).Valid() {
		return core.Decision{}, im.E("device.bind", im.Invalid, "")
	}
	if d.user == user {
		return core.Decision{}, nil
	}
	return d.move(user), nil
}

func (d *Device) unbind(user string) (core.Decision, error) {
	if !im.UserID(user).Valid() {
		return core.Decision{}, im.E("device.unbind", im.Invalid, "")
	}
	if d.user != user {
		return core.Decision{}, nil
	}
	return d.move(""), nil
}

func (d *Device) move(user string) core.Decision {
	event := &pb.Event{Body: &pb.Event_DeviceBound{DeviceBound: &pb.DeviceBound{User: user, Previous: d.user}}}
	return core.Decision{Events: []core.Event{{Owes: true, Body: event}}, AfterTold: true}
}

// MayRepeat implements core.Repeater: the ids of these commands are drawn, so only a retried one may be a repeat.
func (d *Device) MayRepeat(*pb.Command) bool { return false }

// Repeat implements core.Repeater: what is stored is done, and must not take the device from who got it since.
func (d *Device) Repeat(*pb.Command, im.StoredAt) (reply *pb.Reply, afterTold bool) {
	return &pb.Reply{}, true
}

// Apply implements core.Core.
func (d *Device) Apply(ev core.Event) {
	if bound := ev.Body.GetDeviceBound(); bound != nil {
		d.user = bound.User
	}
}

// Tells implements core.Core: who got the device hears of it, and who had it.
func (d *Device) Tells(ev core.Event) (tells []core.Tell) {
	bound := ev.Body.GetDeviceBound()
	if u := bound.GetUser(); u != "" {
		tells = append(tells, d.tell(u, true, ev.TS))
	}
	if u := bound.GetPrevious(); u != "" {
		tells = append(tells, d.tell(u, false, ev.TS))
	}
	return tells
}

func (d *Device) tell(user string, bound bool, since im.Millis) core.Tell {
	fact := &pb.InstallFact{Bound: bound, Since: int64(since)}
	return core.Tell{To: im.User(d.app, im.UserID(user)), Item: &pb.Told{Body: &pb.Told_Install{Install: fact}}}
}

// Marshal implements core.Core.
func (d *Device) Marshal() []byte { return core.MarshalState(&pb.DeviceState{User: d.user}) }

// Unmarshal implements core.Core.
func (d *Device) Unmarshal(snapshot []byte) error {
	var state pb.DeviceState
	if err := proto.Unmarshal(snapshot, &state); err != nil {
		return err
	}
	d.user = state.User
	return nil
}
