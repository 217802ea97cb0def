package admin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// TokenFile is the name of the file in a node's data directory that holds the token of its admin API.
const TokenFile = "admin-token"

// EnsureToken returns the token in the data directory dir and draws one on the first call. Only the owner of the
// process may read the file.
func EnsureToken(dir string) (string, error) {
	token, err := ReadToken(dir)
	if errors.Is(err, fs.ErrNotExist) {
		token = rand.Text()
		return token, writeToken(dir, token)
	}
	if err == nil {
		err = os.Chmod(filepath.Join(dir, TokenFile), 0o600)
	}
	return token, err
}

// ReadToken returns the token that a node keeps in its data directory dir.
func ReadToken(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, TokenFile))
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(b))
	if token == "" {
		return "", fmt.Errorf("%s is empty", filepath.Join(dir, TokenFile))
	}
	return token, nil
}

// writeToken goes by a second name, so that a crash leaves no half a token.
func writeToken(dir, token string) error {
	tmp := filepath.Join(dir, TokenFile+".new")
	if err := os.WriteFile(tmp, []byte(token+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(dir, TokenFile))
}

// guard lets those through who hold token.
func guard(token string, next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(givenToken(r)))
		if token == "" || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="parley"`)
			fail(w, http.StatusUnauthorized, "the admin token is missing or wrong")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func givenToken(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}
