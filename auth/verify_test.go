package auth_test

import (
	"crypto/md5"
	"encoding/hex"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The constants were made outside: printf 1479000000001client | md5sum.
func TestVerifySign(t *testing.T) {
	t.Parallel()
	const (
		byClient = "52a734eb40b7047707c0997735e51d93"
		byMaster = "d1956dca6141a57cb4dd282fd5597304"
		yearsOld = "81f97e9513b90c4489a8208368c143bc"
	)
	sum := func(s string) string {
		h := md5.Sum([]byte(s))
		return hex.EncodeToString(h[:])
	}
	a := open(t, &fakeLog{})
	if err := a.Ensure(t.Context(), demo); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		app  im.AppID
		sign string
		want bool
	}{
		"client key":        {"demo", byClient + ",1479000000001", true},
		"master key":        {"demo", byMaster + ",1479000000001", true},
		"years old":         {"demo", yearsOld + ",1", true},
		"from the future":   {"demo", sum("99999999999999client") + ",99999999999999", true},
		"wrong key":         {"demo", sum("1479000000001other") + ",1479000000001", false},
		"other time":        {"demo", byClient + ",1479000000002", false},
		"other app":         {"Demo", byClient + ",1479000000001", false},
		"unknown app":       {"nobody", sum("1------------------------") + ",1", false},
		"no app":            {"", byClient + ",1479000000001", false},
		"upper case":        {"demo", strings.ToUpper(byClient) + ",1479000000001", false},
		"no comma":          {"demo", byClient + "1479000000001", false},
		"no time":           {"demo", sum("client") + ",", false},
		"empty":             {"demo", "", false},
		"comma only":        {"demo", ",", false},
		"short digest":      {"demo", byClient[1:] + ",1479000000001", false},
		"space":             {"demo", byClient + ", 1479000000001", false},
		"negative time":     {"demo", sum("-1client") + ",-1", false},
		"time with letters": {"demo", sum("1aclient") + ",1a", false},
		"two commas":        {"demo", byClient + ",1479000000001,", false},
		"long time":         {"demo", sum(strings.Repeat("1", 21)+"client") + "," + strings.Repeat("1", 21), false},
		"the key itself":    {"demo", "client", false},
	}
	for name, tt := range tests {
		err := a.VerifySign(tt.app, tt.sign)
		if (err == nil) != tt.want || err != nil && im.KindOf(err) != im.NotPermitted {
			t.Errorf("%s: %v, want verified = %v", name, err, tt.want)
		}
	}
}

func TestVerifyKey(t *testing.T) {
	t.Parallel()
	a := open(t, &fakeLog{})
	if err := a.Ensure(t.Context(), demo); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		app  im.AppID
		key  string
		want bool
	}{
		{"demo", "client", true},
		{"demo", "master", true},
		{"demo", "", false},
		{"demo", "clien", false},
		{"demo", "client ", false},
		{"demo", "Client", false},
		{"nobody", "client", false},
		{"nobody", "------------------------", false},
		{"", "", false},
	}
	for _, tt := range tests {
		err := a.VerifyKey(tt.app, tt.key)
		if (err == nil) != tt.want || err != nil && im.KindOf(err) != im.NotPermitted {
			t.Errorf("VerifyKey(%q, %q): %v, want verified = %v", tt.app, tt.key, err, tt.want)
		}
	}
}

var _ auth.Log = (*fakeLog)(nil)
