package rest

import (
	"compress/gzip"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// minZippedBytes is the smallest body that is compressed: what fits into one packet does not arrive any sooner.
const minZippedBytes = 1024

// zipped compresses the JSON of answers for callers who accept gzip, and says so in Vary (section 7). It wraps the sending
// of an answer alone: net/http must see its own writer when it refuses a body.
var zipped = func() func(http.Handler) http.HandlerFunc {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(minZippedBytes),
		gzhttp.CompressionLevel(gzip.BestSpeed), // lists of names shrink to a tenth already
		gzhttp.ContentTypes([]string{"application/json"}),
		gzhttp.EnableZstd(false), // the protocol knows gzip only
	)
	if err != nil {
		panic(err) // options that contradict each other
	}
	return wrap
}()

// sendZipped is send, for callers who accept gzip.
func (a answer) sendZipped(w http.ResponseWriter, r *http.Request) {
	zipped(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { a.send(w) }))(w, r)
}
