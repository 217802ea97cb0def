package rest

import (
	"net/http"

	"github.com/parley-im/parley/im"
)

// Headers that a caller authenticates with (section 2).
const (
	headerApp       = "X-ML-AppId"
	headerSign      = "X-ML-Request-Sign"
	headerKey       = "X-ML-APIKey"
	headerMasterKey = "X-ML-MasterKey"
)

// authenticate returns the app that the caller names, once one of its proofs holds. One is enough.
func (h *Handler) authenticate(header http.Header) (im.AppID, error) {
	app := im.AppID(header.Get(headerApp))
	proofs := []struct {
		header string
		verify func(im.AppID, string) error
	}{
		{headerSign, h.opts.Keys.VerifySign},
		{headerKey, h.opts.Keys.VerifyKey},
		{headerMasterKey, h.opts.Keys.VerifyKey},
	}
	for _, p := range proofs {
		if proof := header.Get(p.header); proof != "" && p.verify(app, proof) == nil {
			return app, nil
		}
	}
	return "", im.E("rest.authenticate", im.NotPermitted, "wrong app, key or signature")
}
