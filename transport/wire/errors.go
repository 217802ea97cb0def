package wire

import (
	"net/http"
	"strconv"

	"github.com/parley-im/parley/im"
)

// Error codes of the wire ("The MaxIM wire protocol", sections 6.1 and 13). Numbers are only added.
const (
	CodeIllegalParameter = 5001
	CodeInternal         = 5002
	CodeNotPermitted     = 5003
	CodeNoSuchObject     = 5004
	CodeConflict         = 5005
	CodeFileStore        = 5006
	CodeImage            = 5007
	CodeMemberLimit      = 5008
	CodeUnsupported      = 5009
	CodeTooLong          = 5010
	CodeFileTooLarge     = 5011
	CodeUploadFailed     = 5012
	CodeUnavailable      = 5013
	CodeOverloaded       = 5014
)

// faces is the one table from kinds of errors to the numbers that clients see.
var faces = [...]struct{ code, status int }{
	im.Internal:     {CodeInternal, http.StatusInternalServerError},
	im.Invalid:      {CodeIllegalParameter, http.StatusBadRequest},
	im.NotPermitted: {CodeNotPermitted, http.StatusUnauthorized},
	im.NotFound:     {CodeNoSuchObject, http.StatusNotFound},
	im.Conflict:     {CodeConflict, http.StatusBadRequest},
	im.TooLong:      {CodeTooLong, http.StatusBadRequest},
	im.Unsupported:  {CodeUnsupported, http.StatusBadRequest},
	im.Overloaded:   {CodeOverloaded, http.StatusServiceUnavailable},
	im.Unavailable:  {CodeUnavailable, http.StatusServiceUnavailable},
	// A retry that reaches the edge's own caller ran out of time there.
	im.Retry: {CodeUnavailable, http.StatusServiceUnavailable},
	im.Full:  {CodeMemberLimit, http.StatusBadRequest},

	im.TooLarge:    {CodeFileTooLarge, http.StatusRequestEntityTooLarge},
	im.BrokenOff:   {CodeUploadFailed, http.StatusInternalServerError},
	im.Unprocessed: {CodeImage, http.StatusInternalServerError},
	im.NotStored:   {CodeFileStore, http.StatusInternalServerError},
}

// Code returns the number of kind in answers to clients. An unknown kind counts as internal.
func Code(kind im.ErrorKind) int { return faces[known(kind)].code }

// HTTPStatus returns the status that goes with kind in REST answers.
func HTTPStatus(kind im.ErrorKind) int { return faces[known(kind)].status }

func known(kind im.ErrorKind) im.ErrorKind {
	if int(kind) < len(faces) {
		return kind
	}
	return im.Internal
}

// ErrorBody returns the JSON body of a REST error (section 6.1). Both fields are always there.
func ErrorBody(code int, text string) []byte {
	dst := append([]byte(nil), `{"errorCode":`...)
	dst = strconv.AppendInt(dst, int64(code), 10)
	dst = append(dst, `,"errorMessage":`...)
	return append(AppendString(dst, text), '}')
}
