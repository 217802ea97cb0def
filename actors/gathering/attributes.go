package gathering

import (
	"github.com/parley-im/parley/actors/attributes"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func (g *Gathering) setAttributes(cmd *pb.SetAttributes) (core.Decision, error) {
	ev, after, err := g.attributes.Change(cmd)
	if err != nil {
		return core.Decision{}, err
	}
	d := decided(attributes.Events(ev)...)
	if ev != nil {
		d.Record = record(g.created, after)
	}
	return d, nil
}

// record is what searches find. It has no body: who finds it asks for the members anyway.
func record(created im.Millis, s attributes.Set) *im.Record {
	return &im.Record{TS: created, Fields: s.Fields()}
}
