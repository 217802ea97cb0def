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

// Authenticate returns the app that the caller names, once one of its proofs holds. One is enough. The error is im.NotPermitted.
func Authenticate(header http.Header, keys Keys) (im.AppID, error) {
	app := im.AppID(header.Get(headerApp))
	proofs := []struct {
		header string
		verify func(im.AppID, string) error
	}{
		{headerSign, keys.VerifySign},
		{headerKey, keys.VerifyKey},
		{headerMasterKey, keys.VerifyKey},
	}
	for _, p := range proofs {
		if proof := header.Get(p.header); proof != "" && p.verify(app, proof) == nil {
			return app, nil
		}
	}
	return "", im.E("rest.authenticate", im.NotPermitted, "wrong app, key or signature")
}
