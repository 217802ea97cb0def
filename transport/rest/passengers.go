package rest

import (
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/wire"
)

// welcome serves POST /passengers (section 6.4): a passenger of that id is made or changed, and its id answered. Without
// one it is drawn.
func (h *Handler) welcome(c call) (answer, error) {
	p, set, err := c.described()
	if err != nil {
		return answer{}, err
	}
	if p, err = h.opts.Commands.Welcome(c.ctx, c.app, p, set); err != nil {
		return answer{}, err
	}
	return ok(p)
}

// described returns the id, "" for none, and the attributes that the body describes a passenger by.
func (c call) described() (p im.PassengerID, set []dispatch.Attribute, err error) {
	body, err := c.object()
	if err != nil {
		return "", nil, err
	}
	described, err := wire.ParsePassenger(body)
	return described.ID, dispatch.AttributesFrom(described.Attributes), err
}

// passenger serves GET and POST /passengers/{p}: its attributes.
func (h *Handler) passenger(c call) (answer, error) {
	id, err := passengerID(c.args[0])
	if err != nil {
		return answer{}, err
	}
	p, err := h.opts.Commands.Passenger(c.ctx, c.app, id)
	if err != nil {
		return answer{}, err
	}
	return ok(objectOf(p.Attributes))
}

// passengerChats serves GET /passengers/{p}/chats/{u} (section 6.5). With an unknown partner the list is empty.
func (h *Handler) passengerChats(c call) (answer, error) {
	p, err := passengerID(c.args[0])
	if err != nil {
		return answer{}, err
	}
	u, err := c.user(1)
	if err != nil {
		return answer{}, err
	}
	return h.chats(c, im.PassengerDialog(c.app, p, u))
}

func passengerID(id string) (im.PassengerID, error) {
	if p := im.PassengerID(id); p.Valid() {
		return p, nil
	}
	return "", im.E("rest.passenger", im.Invalid, "illegal passenger id")
}
