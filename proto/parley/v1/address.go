package parleyv1

import "github.com/parley-im/parley/im"

// Addr returns x as an im.Address, the zero one for nil. It may be invalid: check it before use.
func (x *Address) Addr() im.Address {
	if x == nil || x.Kind > 255 {
		return im.Address{}
	}
	return im.Address{App: im.AppID(x.App), Kind: im.Kind(x.Kind), ID: x.Id}
}

// NewAddress returns a as it travels.
func NewAddress(a im.Address) *Address {
	return &Address{App: string(a.App), Kind: uint32(a.Kind), Id: a.ID}
}

// NewError returns the reply that carries err to the caller.
func NewError(err error) *Reply {
	reply := &Reply{Error: uint32(im.KindOf(err)) + 1}
	if e, ok := err.(*im.Error); ok { //nolint:errorlint // only the outermost text is meant for the user
		reply.Text = e.Text
	}
	return reply
}

// Err returns the error that x carries, nil when it carries none. A kind that this program does not know, from a newer
// node, is im.Internal.
func (x *Reply) Err(op string) error {
	if x.GetError() == 0 {
		return nil
	}
	kind := im.Internal
	if x.Error <= 256 && im.ErrorKind(x.Error-1).Known() {
		kind = im.ErrorKind(x.Error - 1)
	}
	return im.E(op, kind, x.Text)
}
