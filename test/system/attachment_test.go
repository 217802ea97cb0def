package system

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

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
// neither served nor left.
//
// Checked by breaking it: files that are answered before they have come to their end are not whole.
func TestAttachment_SurvivesKills(t *testing.T) {
	t.Parallel()
	n := servertest.Start(t)
	answered := map[string][]byte{}
	const kills, atATime, size = 10, 4, 300_000
	for kill := range kills {
		enough := make(chan struct{})
		var mu sync.Mutex
		var going sync.WaitGroup
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
		had := len(answered)
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
}
