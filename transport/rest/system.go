package rest

import (
	"encoding/json"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/wire"
)

// systemToAll serves POST /system (section 6.6).
func (h *Handler) systemToAll(c call) (answer, error) {
	s, err := c.systemMessage()
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.SystemToAll(c.ctx, c.app, s); err != nil {
		return answer{}, err
	}
	return accepted()
}

// system serves POST /system/{id}, of a user or else a passenger, and with ?group or ?room.
func (h *Handler) system(c call) (answer, error) {
	to, err := c.receiver()
	if err != nil {
		return answer{}, err
	}
	s, err := c.systemMessage()
	if err != nil {
		return answer{}, err
	}
	err = h.opts.Commands.System(c.ctx, to, s)
	if to.Kind == im.KindUser && im.KindOf(err) == im.NotFound {
		err = h.opts.Commands.System(c.ctx, im.Passenger(c.app, im.PassengerID(to.ID)), s)
	}
	if err != nil {
		return answer{}, err
	}
	return accepted()
}

// receiver returns the user, group or room that the path and its flags name.
func (c call) receiver() (im.Address, error) {
	switch group, room := c.has("group"), c.has("room"); {
	case group && room:
		return im.Address{}, im.E("rest.system", im.Conflict, "group and room exclude each other")
	case group:
		c.kind = im.KindGroup
	case room:
		c.kind = im.KindRoom
	default:
		c.kind = im.KindUser
	}
	return c.owner()
}

// systemMessage reads the body. Its ts is not looked at.
func (c call) systemMessage() (s dispatch.SystemMessage, err error) {
	body, err := c.object()
	if err != nil {
		return s, err
	}
	var f struct {
		Content struct {
			Media int32           `json:"media"`
			Body  json.RawMessage `json:"body"`
		} `json:"content"`
		Remark json.RawMessage `json:"remark"`
		Push   json.RawMessage `json:"push"`
	}
	if err := wire.Unmarshal(body, &f); err != nil {
		return s, err
	}
	remark, ok := wire.Text(f.Remark)
	switch {
	case wire.IsNull(f.Content.Body):
		return s, im.E("rest.system", im.Invalid, "content.body is missing")
	case !ok && !wire.IsNull(f.Remark):
		return s, im.E("rest.system", im.Invalid, "remark is not a string")
	case len(f.Push) > 0 && f.Push[0] != '{':
		f.Push = nil // as in a message: settings that are no object are none
	}
	return dispatch.SystemMessage{Media: f.Content.Media, Body: f.Content.Body, Remark: remark, Push: f.Push}, nil
}
