package im_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/im"
)

// Ids end up in keys, paths and logs: only the charset of the protocol passes, within its length.
func TestUserID_Valid(t *testing.T) {
	t.Parallel()
	for id, want := range map[im.UserID]bool{
		"tom": true, "a_B-9": true, im.UserID(strings.Repeat("x", im.MaxIDLen)): true,
		"": false, im.UserID(strings.Repeat("x", im.MaxIDLen+1)): false, "a/b": false, "..": false, "a\x00": false,
		"tom\n": false, "汤": false, "tоm": false, "a:b": false, "a b": false,
	} {
		if got := id.Valid(); got != want {
			t.Errorf("%q.Valid() = %v, want %v", id, got, want)
		}
	}
}

var (
	ids       = rapid.StringMatching(`[A-Za-z0-9_-]{1,128}`)
	addresses = rapid.Custom(func(t *rapid.T) im.Address {
		app := im.AppID(rapid.StringMatching(`[A-Za-z0-9_-]{1,64}`).Draw(t, "app"))
		a, b := im.UserID(ids.Draw(t, "a")), im.UserID(ids.Draw(t, "b"))
		if rapid.Bool().Draw(t, "dialog") {
			return im.FriendDialog(app, a, b)
		}
		return im.User(app, a)
	})
)

// The stored form of an address reads back as the address, whatever follows it, and no key is a prefix of another.
func TestAddress_KeyReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := addresses.Draw(t, "a"), addresses.Draw(t, "b")
		rest := rapid.SliceOf(rapid.Byte()).Draw(t, "rest")
		got, after, ok := im.CutKey(append(a.AppendKey(nil), rest...))
		if !ok || got != a || string(after) != string(rest) {
			t.Fatalf("CutKey = %v, %x, %v; want %v, %x", got, after, ok, a, rest)
		}
		if a != b && strings.HasPrefix(string(a.AppendKey(nil)), string(b.AppendKey(nil))) {
			t.Fatalf("the key of %v begins with that of %v", a, b)
		}
	})
}

// CutKey takes whatever bytes come without a panic, and what it takes is valid.
func FuzzCutKey(f *testing.F) {
	f.Add(im.User("app", "tom").AppendKey(nil))
	f.Add([]byte("app\x00\x03friend:a:b\x00tail"))
	f.Add([]byte{0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, rest, ok := im.CutKey(b)
		if ok && (!a.Valid() || string(append(a.AppendKey(nil), rest...)) != string(b)) {
			t.Errorf("CutKey(%q) = %v, %q", b, a, rest)
		}
	})
}

// A dialog has one address, whoever is named first, and gives its parties back.
func TestFriendDialog_IsSymmetric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := im.UserID(ids.Draw(t, "a")), im.UserID(ids.Draw(t, "b"))
		d := im.FriendDialog("app", a, b)
		if d != im.FriendDialog("app", b, a) || !d.Valid() {
			t.Fatalf("dialog of %q and %q: %v", a, b, d)
		}
		low, high, ok := d.Parties()
		if !ok || low != min(a, b) || high != max(a, b) {
			t.Fatalf("parties of %v = %q, %q, %v", d, low, high, ok)
		}
	})
}

// The mapping to shards is part of the stored format: these values never change.
func TestAddress_ShardIsPinned(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		addr im.Address
		want im.ShardID
	}{
		{im.Apps, 0},
		{im.User("app", "tom"), 5},
		{im.User("app", "jerry"), 9},
		{im.FriendDialog("app", "tom", "jerry"), 8},
	} {
		if got := tt.addr.Shard(16); got != tt.want {
			t.Errorf("shard of %v = %d, want %d", tt.addr, got, tt.want)
		}
	}
}

// Addresses spread evenly: no shard of 16 has half as many again as its share.
func TestAddress_ShardsAreEven(t *testing.T) {
	t.Parallel()
	const users, shards = 16_000, 16
	count := map[im.ShardID]int{}
	for i := range users {
		count[im.User("app", im.UserID(fmt.Sprintf("user%d", i))).Shard(shards)]++
	}
	for s := im.ShardID(1); s <= shards; s++ {
		if n := count[s]; n < users/shards/2 || n > users/shards*3/2 {
			t.Errorf("shard %d has %d of %d addresses", s, n, users)
		}
	}
}

// Kinds are found through wrapping; an error that is not ours is the server's own.
func TestKindOf(t *testing.T) {
	t.Parallel()
	inner := im.E("dialog.say", im.NotPermitted, "not friends")
	for _, tt := range []struct {
		err  error
		want im.ErrorKind
	}{
		{inner, im.NotPermitted},
		{fmt.Errorf("edge: %w", inner), im.NotPermitted},
		{errors.New("disk"), im.Internal},
	} {
		if got := im.KindOf(tt.err); got != tt.want {
			t.Errorf("KindOf(%v) = %v, want %v", tt.err, got, tt.want)
		}
	}
	if got, want := inner.Error(), "dialog.say: not friends"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

// An older activation is lower whatever its number, and no epoch is lower than itself.
func TestEpoch_Less(t *testing.T) {
	t.Parallel()
	order := []im.Epoch{{}, {Term: 1}, {Term: 1, Activation: 1}, {Term: 1, Activation: 9}, {Term: 2}, {Term: 2, Activation: 3}}
	for i, a := range order {
		for j, b := range order {
			if got := a.Less(b); got != (i < j) {
				t.Errorf("%v.Less(%v) = %v", a, b, got)
			}
		}
	}
}
