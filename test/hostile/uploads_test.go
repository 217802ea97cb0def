package hostile

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

const (
	// fileBytes is the largest file that is taken (docs/protocol.md, section 6.8).
	fileBytes = 20_000_000
	boundary  = "a-boundary"
	formHead  = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"a.bin\"\r\n\r\n"
	formTail  = "\r\n--" + boundary + "--\r\n"
)

// uploader is a client in the middle of an upload.
type uploader struct {
	t    *testing.T
	conn net.Conn
}

// uploads begins an upload of that many bytes, form and all.
func (s *siege) uploads(t *testing.T, size int) *uploader {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listen) //nolint:noctx // it is there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() }) //nolint:errcheck // a test's
	u := &uploader{t, conn}
	u.send(fmt.Sprintf("POST /attachment HTTP/1.1\r\nHost: x\r\nX-ML-AppId: %s\r\nX-ML-Request-Sign: %s\r\n"+
		"Content-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n",
		servertest.App, client.SignNow(servertest.ClientKey), boundary, size))
	return u
}

func (u *uploader) send(text string) {
	u.t.Helper()
	if _, err := io.WriteString(u.conn, text); err != nil {
		u.t.Fatal(err)
	}
}

// answer reads what the server says, and the code of the error, if it is one.
func (u *uploader) answer() (status, code int, body []byte) {
	u.t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(u.conn), nil)
	if err != nil {
		u.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	if body, err = io.ReadAll(res.Body); err != nil {
		u.t.Fatal(err)
	}
	return res.StatusCode, client.ErrorCode(body), body
}

// upload uploads a file at once.
func (s *siege) upload(content string) (status, code int, urls []string, err error) {
	r, err := http.NewRequest(http.MethodPost, s.URL()+"/attachment", strings.NewReader(formHead+content+formTail)) //nolint:noctx // unkept has the patience
	if err != nil {
		return 0, 0, nil, err
	}
	r.Header.Set("X-ML-AppId", servertest.App)
	r.Header.Set("X-ML-Request-Sign", client.SignNow(servertest.ClientKey))
	r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	res, err := unkept.Do(r)
	if err != nil {
		return 0, 0, nil, err
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	body, err := io.ReadAll(res.Body)
	_ = json.Unmarshal(body, &urls) // what is an error has none
	return res.StatusCode, client.ErrorCode(body), urls, err
}

// A file of the largest size takes no memory, nor do 200 that come at the same time; nobody notices them.
//
// Checked by breaking it: with forms parsed into memory the heap grows by what was sent.
func TestUploads_TakeNoMemory(t *testing.T) {
	s := lay(t)
	one := s.uploads(t, len(formHead)+fileBytes+len(formTail))
	half := strings.Repeat("x", fileBytes/2)
	one.send(formHead + half)
	servertest.Eventually(t, "half of a file takes 2 MiB at most", func() bool { return s.vitals().heapMiB-s.before.heapMiB <= 2 })
	one.send(half + formTail)
	if status, code, body := one.answer(); status != http.StatusOK {
		t.Errorf("%d %d %s", status, code, body)
	}
	one.conn.Close() //nolint:errcheck // a test's

	const many, size = 200, 400_000
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			if status, code, _, err := s.upload(half[:size]); err != nil || status != http.StatusOK {
				t.Errorf("%d %d, %v", status, code, err)
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	var most float64
	for isGoing := true; isGoing; {
		most = max(most, s.vitals().heapMiB-s.before.heapMiB)
		select {
		case <-done:
			isGoing = false
		default:
		}
	}
	if most > 100 {
		t.Errorf("%d at once take %.1f MiB", many, most)
	}
}

// One byte too many is refused, announced or not, and who sends a byte now and then is cut.
func TestUploads_TooMuchAndTooSlow(t *testing.T) {
	t.Parallel()
	s := lay(t)
	slow := s.uploads(t, 1000)
	slow.send(formHead)
	if status, code, _ := s.uploads(t, 2*fileBytes).answer(); status != http.StatusRequestEntityTooLarge || code != 5011 {
		t.Errorf("announced: %d %d", status, code)
	}
	if status, code, _, err := s.upload(strings.Repeat("x", fileBytes+1)); status != http.StatusRequestEntityTooLarge || code != 5011 {
		t.Errorf("a byte too many: %d %d, %v", status, code, err)
	}
	if status, code, body := slow.answer(); status != http.StatusInternalServerError || code != 5012 {
		t.Errorf("slow: %d %d %s", status, code, body)
	}
	slow.conn.Close() //nolint:errcheck // a test's
}

// png returns a PNG with that header and data.
func png(width, height uint32, depth, colour, interlace byte, data []byte, extra ...[]byte) string {
	var b bytes.Buffer
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(data)))
		body := append([]byte(kind), data...)
		b.Write(body)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	b.WriteString("\x89PNG\r\n\x1a\n")
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	chunk("IHDR", append(header, depth, colour, 0, 0, interlace))
	for _, e := range extra {
		chunk(string(e[:4]), e[4:])
	}
	chunk("IDAT", data)
	chunk("IEND", nil)
	return b.String()
}

// deflated returns so many zeros, compressed.
func deflated(n int) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for ; n > 0; n -= len(zeros) {
		_, _ = w.Write(zeros[:min(n, len(zeros))]) // a buffer takes everything
	}
	_ = w.Close() // as above
	return b.Bytes()
}

// hostilePictures are those that others have crashed of, or that say they are larger than they are.
func hostilePictures() map[string]string {
	gif := func(w, h uint16, frames int) string {
		b := append([]byte("GIF89a"), 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255)
		binary.LittleEndian.PutUint16(b[6:], w)
		binary.LittleEndian.PutUint16(b[8:], h)
		for range frames {
			b = append(b, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0)
		}
		return string(append(b, 0x3b))
	}
	sof := func(marker byte, w, h uint16) string {
		b := []byte{0xff, 0xd8, 0xff, marker, 0, 17, 8, 0, 0, 0, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1}
		binary.BigEndian.PutUint16(b[7:], h)
		binary.BigEndian.PutUint16(b[9:], w)
		return string(b) + "\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00" + strings.Repeat("\x00", 1000)
	}
	refinements := sof(0xc2, 2000, 2000) // each of all its blocks: a bit for each is enough
	for range 100 {
		refinements += "\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x00\x10" + strings.Repeat("\x00", 125*125*6/8+1)
	}
	bomb := append([]byte("zTXtx\x00\x00"), deflated(100<<20)...)
	return map[string]string{
		"PNG of 64k x 64k":               png(65536, 65536, 8, 6, 0, deflated(1000)),
		"PNG of 64k x 64k, one bit":      png(65536, 65536, 1, 0, 0, deflated(8193*65536/64)),
		"PNG of 8k x 8k in 16 bits":      png(8192, 8192, 16, 6, 0, deflated(1000)),
		"PNG of 4k x 4k, all of it":      png(4096, 4096, 8, 6, 0, deflated(4096*(4096*4+1))),
		"PNG of 4k x 4k in passes":       png(4096, 4096, 8, 6, 1, deflated(1<<20)),
		"PNG whose text is a bomb":       png(64, 64, 8, 2, 0, deflated(64*(64*3+1)), bomb),
		"PNG whose profile is a bomb":    png(64, 64, 8, 2, 0, deflated(64*(64*3+1)), append([]byte("iCCPx\x00\x00"), deflated(100<<20)...)),
		"PNG of one row":                 png(1<<28, 1, 1, 3, 0, deflated(1<<25+1), append([]byte("PLTE"), 0, 0, 0)),
		"PNG of one row, in colours":     png(1<<26, 1, 8, 6, 0, deflated(1<<28+1)),
		"PNG of one column":              png(1, 1<<26, 8, 6, 0, deflated(5<<26)),
		"WebP that says it has much":     "RIFF\x1a\x00\x00\x00WEBPVP8 \x00\x00\x00\x08" + strings.Repeat("\x00", 100),
		"PNG of nothing":                 png(0, 0, 8, 6, 0, nil),
		"GIF of 64k x 64k":               gif(65535, 65535, 1),
		"GIF of 10,000 frames":           gif(1, 1, 10_000),
		"GIF without frames":             gif(100, 100, 0),
		"JPEG of 64k x 64k":              sof(0xc0, 65535, 65535),
		"JPEG of 64k x 64k, progressive": sof(0xc2, 65535, 65535),
		"JPEG of 5k x 5k, progressive":   sof(0xc2, 5000, 5000),
		"JPEG of 29k x 29k":              sof(0xc0, 29_000, 29_000),
		"JPEG of 29k x 29k, progressive": sof(0xc2, 29_000, 29_000),
		"JPEG of scan upon scan":         refinements + "\xff\xd9",
		"JPEG that is cut":               sof(0xc0, 100, 100)[:30],
		"JPEG of nothing but fill":       "\xff\xd8" + strings.Repeat("\xff", 100_000),
		"WebP of 16k x 16k":              "RIFF\x1a\x00\x00\x00WEBPVP8L\x0e\x00\x00\x00\x2f\xff\xff\xff\x0f" + strings.Repeat("\x00", 9),
		"JPEG, GIF and HTML in one":      "\xff\xd8\xff\xe0GIF89a<html><script>alert(1)</script>",
	}
}

// maxResidentMiB is what a server may take in memory while hostile pictures come: the budget of package thumbnail twice, since what was used
// is garbage for a while, and what a node takes at rest.
const maxResidentMiB = 2*256 + 200

// Hostile pictures are files like any: they are kept and served, have no thumbnail or a small one, and cost nobody anything, one of
// each by itself nor some 600 at once, of which those that find no room are told so.
func TestUploads_HostilePictures(t *testing.T) {
	s := lay(t)
	const each = 25
	var all sync.WaitGroup
	start := make(chan struct{})
	for name, picture := range hostilePictures() {
		if status, code, urls, err := s.upload(picture); err != nil || status != http.StatusOK || len(urls) < 1 || len(urls) > 2 {
			t.Errorf("%s: %d %d %q, %v", name, status, code, urls, err)
		}
		for range each {
			all.Go(func() {
				<-start
				status, code, urls, err := s.upload(picture)
				isKept := status == http.StatusOK && (len(urls) == 1 || len(urls) == 2)
				if err != nil || !isKept && code != 5014 && code != 5007 {
					t.Errorf("%s among others: %d %d %q, %v", name, status, code, urls, err)
				}
			})
		}
	}
	close(start)
	all.Wait()
	most := s.PeakMemory() >> 20
	t.Logf("%d MiB were resident at most", most)
	if most > maxResidentMiB && !servertest.RaceDetector { // which takes as much again and more
		t.Errorf("%d MiB were resident, want %d at most", most, maxResidentMiB)
	}
}
