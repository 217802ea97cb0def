package auth_test

import (
	"crypto/md5"
	"encoding/hex"
	"math"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Whatever the log of apps holds, opening it is an error of kind Internal, or gives the apps that were saved last, each with
// exactly its keys, and with a retention that can be one; another one can be saved behind it, and all are there when it is opened again.
func FuzzOpen(f *testing.F) {
	saved := func(id, client, master string) []byte {
		b, err := proto.Marshal(&pb.Event{Body: &pb.Event_AppSaved{AppSaved: &pb.AppSaved{Id: id, ClientKey: client, MasterKey: master, Created: 5}}})
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	lasting := func(ms int64) []byte {
		b, err := proto.Marshal(&pb.Event{Body: &pb.Event_AppSaved{AppSaved: &pb.AppSaved{Id: "demo", Retention: ms}}})
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	f.Add(lasting(70_000), lasting(69_999))
	f.Add(lasting(-1), lasting(math.MaxInt64))
	f.Add(saved("a", "client", "master"), saved("b", "client", "other"))
	f.Add(saved("a", "client", "master"), saved("a", "new", "master"))
	f.Add(saved("demo", "client", "master"), saved("", "", ""))
	f.Add(saved("a", "no ascii: 汤", "a:b,c"), []byte{})
	f.Add([]byte{0xff}, saved("a", "c", "m"))
	f.Add([]byte{0x32, 0}, []byte{0x0a, 0})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		log := &fakeLog{head: im.Head{Seq: 2, TS: 2000}, entries: []im.Entry{{Seq: 1, TS: 1, Body: first}, {Seq: 2, TS: 2000, Body: second}}}
		want, readable := lastSaved(first, second)
		a, err := auth.Open(t.Context(), log, clock)
		if err != nil || !readable {
			if readable || im.KindOf(err) != im.Internal {
				t.Errorf("%x, %x: %v", first, second, err)
			}
			return
		}
		if got := a.List(); len(got) != len(want) {
			t.Errorf("%d apps, want %v", len(got), want)
		}
		for id, app := range want {
			if got, ok := a.App(id); !ok || got != app {
				t.Errorf("app %q is %+v, want %+v", id, got, app)
			}
			checkKeys(t, a, app, want)
		}
		if err := a.Ensure(t.Context(), demo); err != nil {
			t.Fatalf("no app can be saved any more: %v", err)
		}
		if got := open(t, log).List(); !slices.Equal(got, a.List()) {
			t.Errorf("opened again: %+v, want %+v", got, a.List())
		}
	})
}

// lastSaved is what the entries say; ok = false when one cannot be read.
func lastSaved(entries ...[]byte) (apps map[im.AppID]auth.App, ok bool) {
	apps = map[im.AppID]auth.App{}
	for _, body := range entries {
		var ev pb.Event
		if proto.Unmarshal(body, &ev) != nil {
			return nil, false
		}
		if s := ev.GetAppSaved(); s != nil {
			app := auth.App{ID: im.AppID(s.Id), ClientKey: s.ClientKey, MasterKey: s.MasterKey, Created: im.Millis(s.Created)}
			if s.Retention >= 70_000 && s.Retention <= math.MaxInt64/1_000_000 {
				app.Retention = time.Duration(s.Retention) * time.Millisecond
			}
			apps[app.ID] = app
		}
	}
	return apps, true
}

// checkKeys tries all keys that are around on app.
func checkKeys(t *testing.T, a *auth.Apps, app auth.App, all map[im.AppID]auth.App) {
	t.Helper()
	for _, other := range all {
		for _, key := range []string{other.ClientKey, other.MasterKey, other.ClientKey + "x"} {
			sum := md5.Sum([]byte("17" + key))
			fits := key != "" && (key == app.ClientKey || key == app.MasterKey) // an app without a key has no key
			bare, signed := a.VerifyKey(app.ID, key), a.VerifySign(app.ID, hex.EncodeToString(sum[:])+",17")
			if (bare == nil) != fits || (signed == nil) != fits {
				t.Errorf("key %q of %+v: %v, signed %v", key, app, bare, signed)
			}
		}
	}
}

// Whatever passes for a signature is refused as NotPermitted unless it is the lower-case MD5 of its own digits and a key.
func FuzzVerifySign(f *testing.F) {
	f.Add("52a734eb40b7047707c0997735e51d93,1479000000001", "client")
	f.Add(",", "")
	f.Add("81f97e9513b90c4489a8208368c143bc,1", "master")
	a := func() *auth.Apps {
		apps, err := auth.Open(f.Context(), &fakeLog{}, clock)
		if err == nil {
			err = apps.Ensure(f.Context(), demo)
		}
		if err != nil {
			f.Fatal(err)
		}
		return apps
	}()
	f.Fuzz(func(t *testing.T, sign, key string) {
		err := a.VerifySign(demo.ID, sign)
		if err != nil && im.KindOf(err) != im.NotPermitted {
			t.Errorf("%q: %v", sign, err)
		}
		if err == nil {
			millis := sign[min(33, len(sign)):]
			client, master := md5.Sum([]byte(millis+demo.ClientKey)), md5.Sum([]byte(millis+demo.MasterKey))
			if sign != hex.EncodeToString(client[:])+","+millis && sign != hex.EncodeToString(master[:])+","+millis {
				t.Errorf("%q was taken", sign)
			}
		}
		if fits := key == demo.ClientKey || key == demo.MasterKey; (a.VerifyKey(demo.ID, key) == nil) != fits {
			t.Errorf("key %q: taken = %v", key, !fits)
		}
	})
}

// An app on the command line is refused as Invalid, or is one that reads back from what it says.
func FuzzParseApp(f *testing.F) {
	for _, s := range []string{"demo:client:master", "", ":::", "demo:same:same", "de mo:a:b", "a:b:\x7f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		app, err := auth.ParseApp(s)
		if err != nil {
			if im.KindOf(err) != im.Invalid {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if got := string(app.ID) + ":" + app.ClientKey + ":" + app.MasterKey; got != s || app.Validate() != nil {
			t.Errorf("%q became %+v", s, app)
		}
	})
}
