package rest

import (
	"context"
	"log/slog"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// Commands reach the actors; see dispatch.Dispatcher.
type Commands interface {
	Profile(ctx context.Context, app im.AppID, user im.UserID) (dispatch.Profile, error)
	Welcome(ctx context.Context, app im.AppID, p im.PassengerID, set []dispatch.Attribute) (im.PassengerID, error)
	Passenger(ctx context.Context, app im.AppID, p im.PassengerID) (dispatch.Passenger, error)
	SetAttributes(ctx context.Context, at im.Address, c dispatch.AttributeChange) error
	Logout(ctx context.Context, app im.AppID, user im.UserID, install im.InstallID) error

	Befriend(ctx context.Context, app im.AppID, from, to im.UserID) (dispatch.Friendship, error)
	Unfriend(ctx context.Context, app im.AppID, by, other im.UserID) error
	Friendship(ctx context.Context, app im.AppID, a, b im.UserID) (dispatch.Friendship, error)

	CreateGroup(ctx context.Context, app im.AppID, n dispatch.NewGathering) (im.GroupID, error)
	CreateRoom(ctx context.Context, app im.AppID, n dispatch.NewGathering) (im.RoomID, error)
	Describe(ctx context.Context, at im.Address) (dispatch.Gathering, error)
	Outline(ctx context.Context, at im.Address) (dispatch.Gathering, error)
	Members(ctx context.Context, at im.Address, after uint64, limit int) (dispatch.MemberPage, error)
	Change(ctx context.Context, at im.Address, c dispatch.Change) error
	AddMembers(ctx context.Context, at im.Address, members []im.UserID) error
	RemoveMembers(ctx context.Context, at im.Address, members []im.UserID) error
	Delete(ctx context.Context, at im.Address) error
	ClearHistory(ctx context.Context, group im.Address) error

	System(ctx context.Context, to im.Address, s dispatch.SystemMessage) error
	SystemToAll(ctx context.Context, app im.AppID, s dispatch.SystemMessage) error
}

// History reads stored messages.
type History interface {
	// History returns at most limit messages of addr below before, newest first.
	History(ctx context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error)
	// StaleHistory is what some node has of that, without asking a majority; the newest may be missing. It takes less than half
	// a second.
	StaleHistory(ctx context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error)
}

// Search finds users, groups and rooms by their attributes.
type Search interface {
	// Search returns what q asks for, in q's order. It sees every change that was answered before it began.
	Search(ctx context.Context, q im.Query) ([]im.Found, error)
}

// Keys checks what callers prove themselves with; the error is im.NotPermitted.
type Keys interface {
	VerifySign(app im.AppID, sign string) error
	VerifyKey(app im.AppID, key string) error
}

// Options configure New. All but Logger are required.
type Options struct {
	Commands Commands
	History  History
	Search   Search
	Keys     Keys
	// Logger hears of failures of the server itself; nil means slog.Default.
	Logger *slog.Logger
}
