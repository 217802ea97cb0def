package attachment_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/blob"
	"github.com/parley-im/parley/blob/thumbnail"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/attachment"
)

// keys know one app and its key.
type keys struct{}

func (keys) VerifySign(im.AppID, string) error { return im.E("test", im.NotPermitted, "") }

func (keys) VerifyKey(app im.AppID, key string) error {
	if app == "app" && key == "key" {
		return nil
	}
	return im.E("test", im.NotPermitted, "")
}

// place is a server of attachments.
type place struct {
	t     *testing.T
	url   string
	spool string
	files string
}

func serve(t *testing.T, o attachment.Options) *place {
	t.Helper()
	p := &place{t: t, spool: t.TempDir(), files: t.TempDir()}
	var err error
	if o.Spool, err = blob.OpenSpool(p.spool); err != nil {
		t.Fatal(err)
	}
	if o.Store, err = blob.OpenDisk(p.files); err != nil {
		t.Fatal(err)
	}
	o.Keys, o.Thumbs = keys{}, thumbnail.NewMaker()
	s := httptest.NewServer(attachment.New(o))
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

// reply is an answer, all of it.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) code() int {
	var e struct{ ErrorCode int }
	_ = json.Unmarshal(r.body, &e) // what is no error has no code
	return e.ErrorCode
}

// post uploads a body of that type, with the key.
func (p *place) post(contentType string, body io.Reader) reply {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/attachment", body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-ML-AppId", "app")
	r.Header.Set("X-ML-APIKey", "key")
	return p.do(r)
}

func (p *place) do(r *http.Request) reply {
	p.t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, body}
}

// get fetches an address; header are names and values.
func (p *place) get(url string, header ...string) reply {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return p.do(r)
}

// part of a form: a file if it has a file name.
type part struct{ field, file, content string }

func formOf(parts ...part) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		var dst io.Writer
		if p.file == "" {
			dst, _ = w.CreateFormField(p.field)
		} else {
			dst, _ = w.CreateFormFile(p.field, p.file)
		}
		_, _ = io.WriteString(dst, p.content)
	}
	_ = w.Close() // a buffer takes everything
	return w.FormDataContentType(), b.Bytes()
}

// upload uploads a form, and returns the addresses.
func (p *place) upload(parts ...part) []string {
	p.t.Helper()
	contentType, body := formOf(parts...)
	r := p.post(contentType, bytes.NewReader(body))
	var urls []string
	if err := json.Unmarshal(r.body, &urls); r.status != http.StatusOK || err != nil || len(urls) == 0 {
		p.t.Fatalf("%d %s, %v", r.status, r.body, err)
	}
	return urls
}

// left counts the files that are kept and those that are on their way.
func (p *place) left() (n int) {
	p.t.Helper()
	for _, dir := range []string{p.spool, p.files} {
		err := fsWalk(dir, func() { n++ })
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return n
}

func fsWalk(dir string, file func()) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			err = fsWalk(dir+"/"+e.Name(), file)
		} else {
			file()
		}
	}
	return err
}

func picture(w, h int) string {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))) // a buffer takes everything
	return b.String()
}

// What was uploaded is served as it came, with a thumbnail if it is a picture, whatever the field is called.
func TestUpload_IsServed(t *testing.T) {
	t.Parallel()
	p := serve(t, attachment.Options{})
	for _, s := range []struct {
		parts []part
		urls  int
		mime  string
		end   string
	}{
		{[]part{{"attachment", "a.PNG", picture(300, 200)}}, 2, "image/png", ".png"},
		{[]part{{"userfile", "note.txt", "hello"}}, 1, "text/plain; charset=utf-8", ".txt"},
		{[]part{{"field", "", "text"}, {"x", "voice.amr", "#!AMR"}, {"y", "other.mp3", "ID3"}}, 1, "audio/amr", ".amr"},
		{[]part{{"attachment", "../../etc/passwd", "root"}}, 1, "application/octet-stream", ".bin"},
		{[]part{{"attachment", "page.html", "<script>alert(1)</script>"}}, 1, "application/octet-stream", ".html"},
		{[]part{{"attachment", "film.smi", "<SAMI>"}}, 1, "application/octet-stream", ".smi"},
		{[]part{{"attachment", "film.sm", "one"}}, 1, "application/octet-stream", ".bin"},
		{[]part{{"attachment", `a".svg`, "<svg/>"}}, 1, "application/octet-stream", ".svg"},
		{[]part{{"attachment", "broken.png", "\x89PNG\r\n\x1a\n broken"}}, 1, "image/png", ".png"},
	} {
		urls := p.upload(s.parts...)
		file := s.parts[0]
		for _, candidate := range s.parts {
			if candidate.file != "" {
				file = candidate
				break
			}
		}
		if len(urls) != s.urls || !strings.HasPrefix(urls[0], p.url+"/attachment/") || !strings.HasSuffix(urls[0], s.end) {
			t.Errorf("%s: %q", file.file, urls)
		}
		r := p.get(urls[0])
		if r.status != http.StatusOK || string(r.body) != file.content || r.header.Get("Content-Type") != s.mime {
			t.Errorf("%s: %d, %d bytes, %v", file.file, r.status, len(r.body), r.header)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=604800, immutable",
		} {
			if got := r.header.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", file.file, name, got, want)
			}
		}
		if isSaved := strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment"); isSaved != (s.mime == "application/octet-stream") {
			t.Errorf("%s: disposition %q", file.file, r.header.Get("Content-Disposition"))
		}
		if len(urls) == 2 {
			small, err := png.DecodeConfig(bytes.NewReader(p.get(urls[1]).body))
			if !strings.Contains(urls[1], ".sm.") {
				t.Errorf("thumbnail at %q: %v, %v", urls[1], small, err)
			}
		}
	}
}

// Parts of a file, and whether it has changed, may be asked for; what is not there is not found.
func TestDownload_RangesAndConditions(t *testing.T) {
	t.Parallel()
	p := serve(t, attachment.Options{})
	url := p.upload(part{"attachment", "a.bin", "0123456789"})[0]
	whole := p.get(url)
	etag := whole.header.Get("ETag")
	for _, s := range []struct {
		header []string
		status int
		body   string
	}{
		{nil, 200, "0123456789"},
		{[]string{"Range", "bytes=2-4"}, 206, "234"},
		{[]string{"Range", "bytes=-1"}, 206, "9"},
		{[]string{"Range", "bytes=99-"}, 416, ""},
		{[]string{"If-None-Match", etag}, 304, ""},
		{[]string{"If-None-Match", `"other"`}, 200, "0123456789"},
		{[]string{"Range", "bytes=2-4", "If-Range", etag}, 206, "234"},
		{[]string{"Range", "bytes=2-4", "If-Range", `"other"`}, 200, "0123456789"},
	} {
		if r := p.get(url, s.header...); r.status != s.status || s.status < 300 && string(r.body) != s.body {
			t.Errorf("%q: %d %q, want %d %q", s.header, r.status, r.body, s.status, s.body)
		}
	}
	for _, path := range []string{"/attachment/00000000/00000000.bin", "/attachment/x", "/attachment/00000000/..%2f..%2fetc", "/attachment/a/b/c"} {
		if r := p.get(p.url + path); r.status != http.StatusNotFound || r.code() != 5004 {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}

// What is no form with a file is refused with a code, and leaves nothing.
func TestUpload_Refuses(t *testing.T) {
	t.Parallel()
	p := serve(t, attachment.Options{MaxBytes: 100_000})
	contentType, body := formOf(part{"attachment", "a.txt", "hello, world"})
	boundary := strings.TrimPrefix(contentType, "multipart/form-data; boundary=")
	long := func(n int) []byte { _, b := formOf(part{"attachment", "a.txt", strings.Repeat("x", n)}); return b }
	typeOf := func(b []byte) string { return "multipart/form-data; boundary=" + string(b[2:bytes.IndexByte(b, '\r')]) }
	many := []part{}
	for range 70 {
		many = append(many, part{"field", "", "x"})
	}
	for _, s := range []struct {
		name, contentType string
		body              []byte
		status, code      int
	}{
		{"no body", contentType, nil, 400, 5001},
		{"no form", "application/json", []byte(`{"a":1}`), 400, 5001},
		{"no boundary", "multipart/form-data", body, 400, 5001},
		{"another boundary", "multipart/form-data; boundary=other", body, 400, 5001},
		{"no file", "", nil, 400, 5001},
		{"an empty file", "", nil, 400, 5001},
		{"no end", contentType, body[:len(body)-4-len(boundary)], 400, 5001},
		{"an end in the header", contentType, body[:len(boundary)+20], 400, 5001},
		{"too many fields", "", nil, 400, 5001},
		{"a long header", contentType, []byte("--" + boundary + "\r\nX: " + strings.Repeat("x", 30_000) + "\r\n\r\nx\r\n--" + boundary + "--\r\n"), 400, 5001},
		{"a byte too many", "", long(100_001), 413, 5011},
		{"far too many", "", long(400_000), 413, 5011},
		{"text", "text/plain", []byte("hello"), 400, 5001},
	} {
		switch s.name {
		case "no file":
			s.contentType, s.body = formOf(part{"attachment", "", "hello"})
		case "an empty file":
			s.contentType, s.body = formOf(part{"attachment", "a.txt", ""})
		case "too many fields":
			s.contentType, s.body = formOf(many...)
		}
		if s.contentType == "" {
			s.contentType = typeOf(s.body)
		}
		for _, chunked := range []bool{false, true} {
			var b io.Reader = bytes.NewReader(s.body)
			if chunked {
				b = io.MultiReader(b) // its length is not known
			}
			if r := p.post(s.contentType, b); r.status != s.status || r.code() != s.code {
				t.Errorf("%s, chunked %v: %d %s, want %d %d", s.name, chunked, r.status, r.body, s.status, s.code)
			}
		}
	}
	if n := p.left(); n > 0 {
		t.Errorf("%d files are left", n)
	}
	if urls := p.upload(part{"attachment", "a.txt", strings.Repeat("x", 100_000)}); len(urls) != 1 {
		t.Errorf("as long as it may be: %q", urls)
	}
}

// An old client says that its form is text.
func TestUpload_FormAsText(t *testing.T) {
	t.Parallel()
	p := serve(t, attachment.Options{})
	_, body := formOf(part{"attachment", "a.txt", "hello"})
	if r := p.post("text/plain; charset=utf-8", bytes.NewReader(body)); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestUpload_NeedsAKey(t *testing.T) {
	t.Parallel()
	p := serve(t, attachment.Options{})
	contentType, body := formOf(part{"attachment", "a.txt", "hello"})
	res, err := http.Post(p.url+"/attachment", contentType, bytes.NewReader(body)) //nolint:noctx // it is answered at once
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it was looked at
	if res.StatusCode != http.StatusUnauthorized || p.left() != 0 {
		t.Errorf("%d, %d files", res.StatusCode, p.left())
	}
}

// Who sends too slowly is cut and told so, whoever breaks off is let go, and neither leaves anything.
func TestUpload_SlowOnesAreCut(t *testing.T) {
	t.Parallel()
	p := serve(t, attachment.Options{Window: 200 * time.Millisecond})
	contentType, body := formOf(part{"attachment", "a.txt", strings.Repeat("x", 1000)})
	for name, then := range map[string]func(net.Conn){
		"slow":         func(net.Conn) {},
		"gone":         func(c net.Conn) { c.(*net.TCPConn).CloseWrite() }, //nolint:errcheck // a socket
		"not all came": func(c net.Conn) { c.Write(body[len(body)-1:]) },   //nolint:errcheck // a socket
	} {
		c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://")) //nolint:noctx // it is there
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() //nolint:errcheck // a test's
		fmt.Fprintf(c, "POST /attachment HTTP/1.1\r\nHost: x\r\nX-ML-AppId: app\r\nX-ML-APIKey: key\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
			contentType, len(body)+1, body[:len(body)-1])
		then(c)
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second)) // a socket
		text, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 500") || !strings.Contains(string(text), `"errorCode":5012`) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	if n := p.left(); n > 0 {
		t.Errorf("%d files are left", n)
	}
}

// So many at a time, and no more; and none while the disk is full.
func TestUpload_IsBounded(t *testing.T) {
	t.Parallel()
	full := serve(t, attachment.Options{IsFull: func() bool { return true }})
	contentType, body := formOf(part{"attachment", "a.txt", "hello"})
	if r := full.post(contentType, bytes.NewReader(body)); r.status != http.StatusServiceUnavailable || r.code() != 5014 || r.header.Get("Retry-After") == "" {
		t.Errorf("full: %d %s", r.status, r.body)
	}
	looks := 0
	filling := serve(t, attachment.Options{IsFull: func() bool { looks++; return looks > 3 }})
	_, long := formOf(part{"attachment", "a.txt", strings.Repeat("x", 1_000_000)})
	if r := filling.post("multipart/form-data; boundary="+string(long[2:bytes.IndexByte(long, '\r')]), bytes.NewReader(long)); r.code() != 5014 || filling.left() > 0 {
		t.Errorf("full while it comes: %d %s, %d files are left", r.status, r.body, filling.left())
	}
	p := serve(t, attachment.Options{MaxUploads: 1})
	read, write := io.Pipe()
	done := make(chan reply)
	go func() { done <- p.post(contentType, read) }()
	write.Write(body[:50]) //nolint:errcheck // it is read
	for p.left() == 0 {    // until the first is under way
		runtime.Gosched()
	}
	if r := p.post(contentType, bytes.NewReader(body)); r.status != http.StatusServiceUnavailable || r.code() != 5014 {
		t.Errorf("the second: %d %s", r.status, r.body)
	}
	write.Write(body[50:]) //nolint:errcheck // as above
	write.Close()          //nolint:errcheck // as above
	if r := <-done; r.status != http.StatusOK {
		t.Errorf("the first: %d %s", r.status, r.body)
	}
	p.upload(part{"attachment", "a.txt", "hello"})
}

// Who is refused and reads only when all is written hears why, as long as that takes no longer than it may.
//
// Checked by breaking it: closed at once, as net/http does, such connections are reset.
func TestUpload_RefusalsAreHeard(t *testing.T) {
	t.Parallel()
	const size = 20_000_000 // more than sockets hold
	for name, s := range map[string]struct {
		opts attachment.Options
		says int64
		code string
	}{
		"full":       {attachment.Options{IsFull: func() bool { return true }}, size, `"errorCode":5014`},
		"too large":  {attachment.Options{MaxBytes: 1000}, size, `"errorCode":5011`},
		"never ends": {attachment.Options{MaxBytes: 1000, Window: 100 * time.Millisecond}, size + 1, `"errorCode":5011`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, s.opts)
			c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://")) //nolint:noctx // it is there
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()                                //nolint:errcheck // a test's
			_ = c.SetDeadline(time.Now().Add(time.Minute)) // a socket
			fmt.Fprintf(c, "POST /attachment HTTP/1.1\r\nHost: x\r\nX-ML-AppId: app\r\nX-ML-APIKey: key\r\n"+
				"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n", s.says)
			if s.says == size {
				if _, err := c.Write(make([]byte, size)); err != nil {
					t.Fatal(err)
				}
			}
			text, err := io.ReadAll(c)
			if err != nil || !strings.Contains(string(text), s.code) {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
}

// Addresses begin where the upload went, or as it is configured.
func TestUpload_Addresses(t *testing.T) {
	t.Parallel()
	contentType, body := formOf(part{"attachment", "a.txt", "hello"})
	for _, s := range []struct{ public, host, proto, want string }{
		{"", "im.example:8443", "", "http://im.example:8443/attachment/"},
		{"", "im.example", "https", "https://im.example/attachment/"},
		{"https://cdn.example", "im.example", "", "https://cdn.example/attachment/"},
	} {
		p := serve(t, attachment.Options{PublicURL: s.public})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/attachment", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = s.host
		r.Header = http.Header{
			"Content-Type": {contentType}, "X-Ml-Appid": {"app"}, "X-Ml-Apikey": {"key"}, "X-Forwarded-Proto": {s.proto},
		}
		if got := p.do(r); !strings.HasPrefix(string(got.body), `["`+s.want) {
			t.Errorf("%+v: %s", s, got.body)
		}
	}
}
