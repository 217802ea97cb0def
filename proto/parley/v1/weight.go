package parleyv1

// Weights stand for what a message takes in memory and on the wire beside its payload, in bytes. They are estimates, for
// bounds: measuring exactly costs more than sending.
const (
	commandWeight = 128
	itemWeight    = 128
)

// Weight estimates the size of x in bytes.
func (x *Command) Weight() int {
	switch body := x.GetBody().(type) {
	case *Command_Say:
		say := body.Say
		return commandWeight + say.GetContent().weight() + len(say.GetRemark()) + len(say.GetPush())
	case *Command_Tell:
		n := commandWeight
		for _, item := range body.Tell.GetItems() {
			n += item.Weight()
		}
		return n
	}
	return commandWeight
}

// Weight estimates the size of x in bytes.
func (x *Told) Weight() int {
	said := x.GetDelivery().GetSaid()
	return itemWeight + said.GetContent().weight() + len(said.GetRemark()) + len(said.GetPush())
}

func (x *Content) weight() int { return len(x.GetBody()) }
