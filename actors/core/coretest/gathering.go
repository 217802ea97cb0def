package coretest

import (
	"pgregory.net/rapid"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

// CreateGathering creates a group, or, without an owner, a room.
func CreateGathering(owner string, members ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_CreateGathering{CreateGathering: &pb.CreateGathering{Owner: owner, Members: members}}}
}

// DeleteGathering ends it.
func DeleteGathering() *pb.Command {
	return &pb.Command{Body: &pb.Command_DeleteGathering{DeleteGathering: &pb.DeleteGathering{}}}
}

// Describe asks for members and attributes.
func Describe() *pb.Command { return &pb.Command{Body: &pb.Command_Describe{Describe: &pb.Describe{}}} }

// Members asks for a page of members.
func Members(after uint64, limit uint32) *pb.Command {
	return &pb.Command{Body: &pb.Command_Members{Members: &pb.Members{After: after, Limit: limit}}}
}

// AddMembers lets users in.
func AddMembers(users ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_AddMembers{AddMembers: &pb.AddMembers{Members: users}}}
}

// RemoveMembers lets them out.
func RemoveMembers(users ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_RemoveMembers{RemoveMembers: &pb.RemoveMembers{Members: users}}}
}

// ChangeGathering changes what c names.
func ChangeGathering(c *pb.ChangeGathering) *pb.Command {
	return &pb.Command{Body: &pb.Command_ChangeGathering{ChangeGathering: c}}
}

// SetAttributes sets, or with replace, has no others than the names and values that follow each other.
func SetAttributes(replace bool, namesAndValues ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_SetAttributes{SetAttributes: &pb.SetAttributes{
		Replace: replace, Set: Attributes(namesAndValues...),
	}}}
}

// UnsetAttributes takes attributes away.
func UnsetAttributes(names ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_SetAttributes{SetAttributes: &pb.SetAttributes{Unset: names}}}
}

// Attributes makes them of names and values that follow each other.
func Attributes(namesAndValues ...string) (list []*pb.Attribute) {
	for i := 0; i < len(namesAndValues); i += 2 {
		list = append(list, &pb.Attribute{Name: namesAndValues[i], Value: []byte(namesAndValues[i+1])})
	}
	return list
}

// System lets the app itself say something.
func System() *pb.Command {
	return &pb.Command{Body: &pb.Command_System{System: &pb.System{Content: &pb.Content{Body: []byte(`"news"`)}, Remark: "r"}}}
}

// ClearHistory hides what was said.
func ClearHistory() *pb.Command {
	return &pb.Command{Body: &pb.Command_ClearHistory{ClearHistory: &pb.ClearHistory{}}}
}

// AttributeCommands draws changes of few attributes, so that they meet.
func AttributeCommands(t *rapid.T) *pb.Command {
	name := rapid.SampledFrom([]string{"a", "b", "c", "name"})
	value := rapid.SampledFrom([]string{`1`, `1.50`, `"x"`, `true`, `null`, `[1]`, `{"a": null}`})
	if rapid.Bool().Draw(t, "unset") {
		return UnsetAttributes(rapid.SliceOfN(name, 0, 3).Draw(t, "names")...)
	}
	var pairs []string
	for range rapid.IntRange(0, 3).Draw(t, "attributes") {
		pairs = append(pairs, name.Draw(t, "name"), value.Draw(t, "value"))
	}
	return SetAttributes(rapid.Bool().Draw(t, "replace"), pairs...)
}

// GatheringCommands draws what five users do to a group, or, if it is not owned, to a room: say makes what one of them says.
func GatheringCommands(owned bool, say func(from string) *pb.Command) *rapid.Generator[*pb.Command] {
	users := rapid.SampledFrom([]string{"tom", "jerry", "spike", "butch", "tyke"})
	return rapid.Custom(func(t *rapid.T) *pb.Command {
		user, members := users.Draw(t, "user"), rapid.SliceOfN(users, 0, 4).Draw(t, "members")
		owner := ""
		if owned {
			owner = user
		}
		switch rapid.IntRange(0, 13).Draw(t, "kind") {
		case 0, 1:
			return CreateGathering(owner, members...)
		case 2, 3:
			return AddMembers(members...)
		case 4:
			return RemoveMembers(members...)
		case 5:
			return ChangeGathering(&pb.ChangeGathering{
				Owner: owner, ReplaceMembers: rapid.Bool().Draw(t, "replace"), Members: members,
				Attributes: Attributes("name", `"`+user+`"`),
			})
		case 6:
			if rapid.Bool().Draw(t, "page") {
				return Members(rapid.Uint64Range(0, 9).Draw(t, "after"), rapid.Uint32Range(0, 9).Draw(t, "limit"))
			}
			return Describe()
		case 7:
			return DeleteGathering()
		case 8:
			return System()
		case 9:
			return ClearHistory()
		case 10, 11:
			return AttributeCommands(t)
		default:
			return say(user)
		}
	})
}
