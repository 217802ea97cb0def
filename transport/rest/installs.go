package rest

import (
	"net/http"

	"github.com/parley-im/parley/im"
)

// logout serves DELETE /ctx/{u}/installs/{i} (section 4): the installation is the user's no more. Idempotent.
func (h *Handler) logout(c call) (answer, error) {
	u, err := c.user(0)
	if err != nil {
		return answer{}, err
	}
	install := im.InstallID(c.args[1])
	if !install.Valid() {
		return answer{}, im.E("rest.install", im.Invalid, "illegal installation id")
	}
	if err := h.opts.Commands.Logout(c.ctx, c.app, u, install); err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent)
}
