package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// friendJSON is one friend in a detailed list.
type friendJSON struct {
	ID     im.UserID `json:"id"`
	Online bool      `json:"online"`
	// Recent is the newest history record.
	Recent json.RawMessage `json:"recent,omitempty"`
}

// friends serves GET /ctx/{u}/friends, with and without ?detail.
func (h *Handler) friends(c call) (answer, error) {
	u, p, err := h.profile(c)
	if err != nil {
		return answer{}, err
	}
	if !c.has("detail") {
		return ok(peers(p))
	}
	dialogs := make([]im.Address, 0, len(p.Friends))
	for _, f := range p.Friends {
		dialogs = append(dialogs, im.FriendDialog(c.app, u, f.Peer))
	}
	seen, err := h.acquaintances(c, peers(p), dialogs)
	if err != nil {
		return answer{}, err
	}
	list := make([]friendJSON, 0, len(p.Friends))
	for i, f := range p.Friends {
		list = append(list, friendJSON{ID: f.Peer, Online: seen[i].online, Recent: seen[i].recent})
	}
	return ok(list)
}

// friendshipJSON is the answer of a new, or repeated, friendship.
type friendshipJSON struct {
	ID   string    `json:"id"`
	From im.UserID `json:"from"`
	To   im.UserID `json:"to"`
	NS   im.AppID  `json:"ns"`
	TS   im.Millis `json:"ts"`
}

// befriend serves POST /ctx/{u}/friends/{f}.
func (h *Handler) befriend(c call) (answer, error) {
	u, f, err := c.pair()
	if err != nil {
		return answer{}, err
	}
	fs, err := h.opts.Commands.Befriend(c.ctx, c.app, u, f)
	if err != nil {
		return answer{}, err
	}
	return ok(friendshipJSON{ID: friendshipID(c.app, fs), From: fs.From, To: fs.To, NS: c.app, TS: fs.Since})
}

// friendInfoJSON is one friendship as a friend sees it.
type friendInfoJSON struct {
	ID     string    `json:"id"`
	From   im.UserID `json:"from"`
	To     im.UserID `json:"to"`
	Online bool      `json:"online"`
	TS     im.Millis `json:"ts"`
}

// friend serves GET /ctx/{u}/friends/{f}.
func (h *Handler) friend(c call) (answer, error) {
	u, f, err := c.pair()
	if err != nil {
		return answer{}, err
	}
	fs, err := h.opts.Commands.Friendship(c.ctx, c.app, u, f)
	if err != nil {
		return answer{}, err
	}
	online, err := h.online(c, f)
	if err != nil {
		return answer{}, err
	}
	return ok(friendInfoJSON{ID: friendshipID(c.app, fs), From: fs.From, To: fs.To, Online: online[0], TS: fs.Since})
}

// unfriend serves DELETE /ctx/{u}/friends/{f}. Idempotent.
func (h *Handler) unfriend(c call) (answer, error) {
	u, f, err := c.pair()
	if err != nil {
		return answer{}, err
	}
	if err := h.opts.Commands.Unfriend(c.ctx, c.app, u, f); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent)
}

// friendshipID is 16 hex digits, the same whoever asked: the front of SHA-256 over app and the dialog's sorted pair.
func friendshipID(app im.AppID, fs dispatch.Friendship) string {
	low, high, _ := im.FriendDialog(app, fs.From, fs.To).Parties()
	sum := sha256.Sum256([]byte(string(app) + "\x00" + string(low) + "\x00" + string(high)))
	return hex.EncodeToString(sum[:8])
}
