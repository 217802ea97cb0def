package system

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/blob/s3/s3test"
	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// upload uploads a file as a browser does, and returns its addresses.
func upload(r client.REST, fileName string, content []byte) (urls []string, err error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	file, err := form.CreateFormFile("attachment", fileName)
	if err == nil {
		_, err = file.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, r.URL+"/attachment", &b) //nolint:noctx // it is answered, or the server is gone
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("X-ML-AppId", r.App)
	req.Header.Set("X-ML-Request-Sign", client.SignNow(r.Key))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%d %s: %w", res.StatusCode, body, err)
	}
	return urls, json.Unmarshal(body, &urls)
}

// fetch reads what is at an address, without any key.
func fetch(t *testing.T, url string) (status int, body []byte) {
	t.Helper()
	res, err := http.Get(url) //nolint:noctx // as above
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	body, err = io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// A picture is uploaded and said to a friend, who sees it and its thumbnail.
func TestAttachment_IsSaid(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	picture := image.NewGray(image.Rect(0, 0, 640, 480))
	picture.SetGray(1, 1, color.Gray{200})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, nil); err != nil {
		t.Fatal(err)
	}
	urls, err := upload(rest(n), "holiday.jpg", b.Bytes())
	if err != nil || len(urls) != 2 {
		t.Fatalf("%q, %v", urls, err)
	}
	if status, body := fetch(t, urls[0]); status != http.StatusOK || !bytes.Equal(body, b.Bytes()) {
		t.Errorf("%d, %d bytes, want %d", status, len(body), b.Len())
	}
	_, body := fetch(t, urls[1])
	small, err := jpeg.DecodeConfig(bytes.NewReader(body))
	if err != nil || small.Width != 128 || small.Height != 96 {
		t.Errorf("thumbnail: %+v, %v", small, err)
	}
}

// The server is killed while files are uploaded, again and again: whatever was answered is served afterwards, whole, and what was not is
// neither served nor left. With PARLEY_SOAK 50 times.
//
// Checked by breaking it: files that are answered before they have come to their end are not whole.
func TestAttachment_SurvivesKills(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	answered := map[string][]byte{}
	kills := 10
	if soaking() {
		kills = 50
	}
	const atATime, size = 4, 300_000
	for kill := range kills {
		enough := make(chan struct{})
		var mu sync.Mutex
		var going sync.WaitGroup
		had := len(answered)
		for i := range atATime {
			going.Go(func() {
				for k := 0; ; k++ {
					content := bytes.Repeat(fmt.Appendf(nil, "%d.%d.%d ", kill, i, k), size/8)
					urls, err := upload(rest(n), "a.bin", content)
					if err == nil {
						mu.Lock()
						answered[strings.TrimPrefix(urls[0], n.URL())] = content
						mu.Unlock()
						continue
					}
					select {
					case <-enough:
						return
					default:
					}
				}
			})
		}
		servertest.Eventually(t, "files are uploaded", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(answered) >= had+3
		})
		n.Kill()
		close(enough)
		going.Wait()
		n.Restart()
	}
	for path, content := range answered {
		if status, body := fetch(t, n.URL()+path); status != http.StatusOK || !bytes.Equal(body, content) {
			t.Errorf("%s: %d, %d bytes, want %d", path, status, len(body), len(content))
		}
	}
	if left, err := os.ReadDir(filepath.Join(n.Dir, "attachments", "spool")); err != nil || len(left) > 0 {
		t.Errorf("%d files are left in the spool, %v", len(left), err)
	}
	err := filepath.WalkDir(filepath.Join(n.Dir, "attachments", "files"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		// Whole, as all contents are, whether it was answered or not.
		if content, err := os.ReadFile(path); err != nil || len(content) < 1000 || strings.Trim(string(content), "0123456789. ") != "" || content[len(content)-1] != ' ' {
			t.Errorf("%s: %d bytes, %v", path, len(content), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Files go with their day when messages of that day do, and no others.
func TestAttachment_OldOnesGo(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	put := func(day string) (path string) {
		path = filepath.Join(n.Dir, "attachments", "files", day, "0f", "0f3a9c1e-"+strings.ReplaceAll(day, "-", "")+".txt")
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("a file"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	is := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	ago := func(days int) string { return time.Now().UTC().AddDate(0, 0, -days).Format(time.DateOnly) }
	old, kept := put(ago(10)), put(ago(6))
	n.Terminate()
	n.Restart() // which looks at once
	servertest.Eventually(t, "what is ten days old is gone", func() bool { return !is(old) })
	if !is(kept) {
		t.Error("what is six days old is gone, too")
	}
}

// A server that keeps files in a bucket has none of them on its disk, and so all nodes have them. While the bucket cannot be reached,
// uploads and downloads are told to come again, and nothing else suffers.
func TestAttachment_InABucket(t *testing.T) {
	t.Parallel()
	g := s3test.Start(t)
	n := servertest.Start(t, "--blob", g.Address("chat"))
	urls, err := upload(rest(n), "a.txt", []byte("what is said"))
	if err != nil {
		t.Fatal(err)
	}
	other := servertest.Start(t, "--blob", g.Address("chat"))
	for _, at := range []string{urls[0], other.URL() + strings.TrimPrefix(urls[0], n.URL())} {
		if status, body := fetch(t, at); status != http.StatusOK || string(body) != "what is said" {
			t.Errorf("%s: %d %q", at, status, body)
		}
	}
	if _, err := os.Stat(filepath.Join(n.Dir, "attachments", "files")); !os.IsNotExist(err) {
		t.Errorf("files are on the disk, too: %v", err)
	}
	if status, body := fetch(t, n.URL()+"/attachment/00000000/00000000.txt"); status != http.StatusNotFound && status != http.StatusBadRequest {
		t.Errorf("what nobody has: %d %q", status, body)
	}
	g.Kill()
	if _, err := upload(rest(n), "a.txt", []byte("what is lost")); err == nil || !strings.Contains(err.Error(), "5013") {
		t.Errorf("uploaded to a bucket that is not there: %v, want 5013", err)
	}
	if status, body := fetch(t, urls[0]); status != http.StatusServiceUnavailable || client.ErrorCode(body) != 5013 {
		t.Errorf("%d %s, want 503 and 5013", status, body)
	}
	g.Launch()
	if status, body := fetch(t, urls[0]); status != http.StatusOK {
		t.Errorf("%d %s, want the file again", status, body)
	}
	if got := n.Metrics(); got[`parley_uploads_total{result="ok"}`] != 1 || got[`parley_uploads_total{result="failed"}`] != 1 {
		t.Errorf("uploads are counted as %v and %v, want 1 and 1", got[`parley_uploads_total{result="ok"}`], got[`parley_uploads_total{result="failed"}`])
	}
}
