package parleyv1

// Weights stand for what a message takes in memory and on the wire beside its payload, in bytes. They are estimates, for
// bounds: measuring exactly costs more than sending.
const (
	commandWeight = 128
	itemWeight    = 128
	nameWeight    = 16
)

// Weight estimates the size of x in bytes.
func (x *Command) Weight() int {
	switch body := x.GetBody().(type) {
	case *Command_Say:
		say := body.Say
		return commandWeight + say.GetContent().weight() + len(say.GetRemark()) + len(say.GetPush())
	case *Command_System:
		s := body.System
		return commandWeight + s.GetContent().weight() + len(s.GetRemark()) + len(s.GetPush())
	case *Command_Login:
		return commandWeight + attributesWeight(body.Login.GetAttributes())
	case *Command_SetAttributes:
		return commandWeight + attributesWeight(body.SetAttributes.GetSet()) + namesWeight(body.SetAttributes.GetUnset())
	case *Command_Tell:
		n := commandWeight
		for _, item := range body.Tell.GetItems() {
			n += item.Weight()
		}
		return n
	case *Command_CreateGathering:
		return commandWeight + namesWeight(body.CreateGathering.GetMembers()) + attributesWeight(body.CreateGathering.GetAttributes())
	case *Command_ChangeGathering:
		return commandWeight + namesWeight(body.ChangeGathering.GetMembers()) + attributesWeight(body.ChangeGathering.GetAttributes())
	case *Command_AddMembers:
		return commandWeight + namesWeight(body.AddMembers.GetMembers())
	case *Command_RemoveMembers:
		return commandWeight + namesWeight(body.RemoveMembers.GetMembers())
	}
	return commandWeight
}

// Weight estimates the size of x in bytes.
func (x *Told) Weight() int {
	said := x.GetDelivery().GetSaid()
	return itemWeight + said.GetContent().weight() + len(said.GetRemark()) + len(said.GetPush())
}

func namesWeight(names []string) (n int) {
	for _, name := range names {
		n += nameWeight + len(name)
	}
	return n
}

func attributesWeight(attributes []*Attribute) (n int) {
	for _, a := range attributes {
		n += itemWeight + len(a.GetName()) + len(a.GetValue())
	}
	return n
}

func (x *Content) weight() int { return len(x.GetBody()) }
