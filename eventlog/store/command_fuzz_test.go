package store

import (
	"bytes"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/alloctest"
)

// seedCommands are commands of all kinds: those that fit an empty shard, those that fit after them, and broken ones.
func seedCommands() [][]byte {
	a, b := user(1, 0), user(1, 1)
	full := appendCmd(im.Append{
		Addr: a, Epoch: im.Epoch{Term: 3, Activation: 1 << 40}, Expected: 7,
		Entries: []im.Entry{{N: 1, TS: 1 << 41, ID: "id", Owes: true, Body: []byte("body")}, {TS: 1<<41 + 1}},
	})
	full = AppendPart(full, &Part{Addr: a, Seq: 9, TS: 5, Part: 1, Parts: 2, Data: []byte("data")})
	first := appendCmd(im.Append{Addr: a, Entries: []im.Entry{{N: 1, TS: 5, ID: "1", Owes: true}, {TS: testBucket, Owes: true}, {TS: 3 * testBucket}}})
	first = AppendEntries(first, &im.Append{Addr: b, Entries: []im.Entry{{TS: 1, Body: []byte("b")}}})
	second := AppendPart(Begin(nil), &Part{Addr: a, Seq: 2, TS: testBucket, Parts: 2, Data: []byte("da")})
	second = AppendPart(second, &Part{Addr: a, Seq: 2, TS: testBucket, Part: 1, Parts: 2, Data: []byte("ta")})
	second = AppendPart(second, &Part{Addr: b, Seq: 1, TS: 1, Parts: 3})
	second = AppendTold(second, a, 1)
	second = AppendEntries(second, &im.Append{Addr: a, Expected: 3, Entries: []im.Entry{{N: 2, TS: 9 * testBucket}}})
	record := &im.Record{TS: 7, Fields: []im.Field{
		{Name: "map", Type: im.StringField, Text: "ice"}, {Name: "open", Type: im.BoolField, Text: "true"}, {Name: "size", Type: im.NumberField, Text: "-1e3"},
	}, Body: []byte("body")}
	first = AppendEntries(first, &im.Append{Addr: user(1, 2), Entries: []im.Entry{{TS: 1}}, Record: record, Floor: 3})
	second = AppendEntries(second, &im.Append{Addr: user(1, 2), Expected: 1, Entries: []im.Entry{{TS: 2}}, Record: &im.Record{Gone: true}})
	return [][]byte{
		nil,
		{0},
		{1},
		{CommandVersion + 1},
		Begin(nil), full, AppendTold(full, a, 3), full[:len(full)-1], append(full, 9),
		first, // FuzzShard_Recover applies it
		AppendCarry(AppendBury(AppendCarry(Begin(nil), a), b), user(1, 2)), AppendTold(AppendCarry(Begin(nil), a), a, 1), AppendCarry(second, a),
		seedMarks(a, b), second,
	}
}

// seedMarks deletes an address, and moves the marks of both classes.
func seedMarks(a, b im.Address) []byte {
	c := appendCmd(im.Append{Addr: b, Entries: []im.Entry{{TS: 1, Owes: true}}, Final: []byte("last"), Gone: true})
	c = AppendEntries(c, &im.Append{Addr: a, Entries: []im.Entry{{TS: 2, N: 1}}, Final: []byte{}})
	c = AppendSeal(c, ClassUsual, 2*testBucket)
	c = AppendExpire(c, ClassUsual, testBucket)
	c = AppendExpire(c, ClassUsual, 3*testBucket)
	return AppendSeal(AppendSeal(c, ClassStrangers, testBucket), 9, 1)
}

// FuzzCommand_RoundTrip: what decodes encodes to something that decodes to the same, and within the size that AppendSize
// foretells. Decoding allocates in proportion to what is there, whatever counts and lengths the command claims.
func FuzzCommand_RoundTrip(f *testing.F) {
	for _, c := range seedCommands() {
		f.Add(c)
	}
	claims := user(1, 0).AppendKey([]byte{CommandVersion, opAppend})
	f.Add(append(claims, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 1))
	f.Fuzz(func(t *testing.T, cmd []byte) {
		var err error
		alloctest.AtMost(t, 64<<10+64*len(cmd), "a command", func() { err = decodeCommand(cmd, func(*item) error { return nil }) })
		if err != nil {
			return
		}
		once, err := recode(t, cmd)
		if err != nil {
			t.Fatalf("it decodes no more: %v", err)
		}
		twice, err := recode(t, once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("encoding is not stable: %x, then %x, %v", once, twice, err)
		}
	})
}

func recode(t *testing.T, cmd []byte) ([]byte, error) {
	t.Helper()
	out := Begin(nil)
	err := decodeCommand(cmd, func(it *item) error {
		switch it.op {
		case opAppend:
			a := im.Append{Addr: it.addr, Epoch: it.epoch, Expected: it.expected, Floor: it.floor, Record: recordOf(it), Final: it.final, Gone: it.has(extraGone)}
			for _, e := range it.entries {
				a.Entries = append(a.Entries, im.Entry{N: e.n, TS: e.ts, ID: string(e.id), Owes: e.owes(), Body: e.body})
			}
			start := len(out)
			if out = AppendEntries(out, &a); len(out)-start > AppendSize(&a) {
				t.Errorf("an append takes %d bytes, AppendSize says %d", len(out)-start, AppendSize(&a))
			}
		case opSnapshot:
			p := it.part
			p.Addr, p.Epoch = it.addr, it.epoch
			out = AppendPart(out, &p)
		case opTold:
			out = AppendTold(out, it.addr, it.through)
		case opSeal:
			out = AppendSeal(out, it.class, it.before)
		case opExpire:
			out = AppendExpire(out, it.class, it.before)
		case opCarry:
			out = AppendCarry(out, it.addr)
		case opBury:
			out = AppendBury(out, it.addr)
		}
		return nil
	})
	return out, err
}

// recordOf returns the record that an append brings, as it was before it was encoded.
func recordOf(it *item) *im.Record {
	switch {
	case it.has(extraNoRecord):
		return &im.Record{Gone: true}
	case !it.has(extraRecord):
		return nil
	}
	r := &im.Record{TS: it.record.ts, Body: it.record.body}
	for _, f := range it.record.fields {
		r.Fields = append(r.Fields, im.Field{Name: string(f.name), Type: f.kind, Text: string(f.text)})
	}
	return r
}

// FuzzAppend: an append that passes the check decodes to itself; one that does not is refused with a kind.
func FuzzAppend(f *testing.F) {
	f.Add("app", uint8(im.KindUser), "tom", uint64(3), uint64(1)<<40, uint64(7), uint64(1), int64(1)<<41, "id", true, []byte("body"), "level", uint8(im.NumberField), "1.5")
	f.Add("app", uint8(im.KindUser), "tom", uint64(3), uint64(1)<<40, uint64(7), uint64(1), int64(1)<<41, "id", true, []byte("body"), "open", uint8(im.BoolField), "true")
	f.Add("", uint8(0), "\x00", uint64(0), uint64(0), uint64(0), uint64(0), int64(0), "", false, []byte{}, "\x00", uint8(0), "")
	f.Add("a", uint8(9), "b", uint64(1)<<63, ^uint64(0), ^uint64(0), ^uint64(0), int64(-1), string(make([]byte, 65)), false, []byte(nil), "a", uint8(4), "\x00")
	f.Fuzz(func(t *testing.T, app string, kind uint8, id string, term, activation, expected, n uint64, ts int64, msg string, owes bool, body []byte, name string, typ uint8, text string) {
		e := im.Entry{N: n, TS: im.Millis(ts), ID: msg, Owes: owes, Body: body}
		a := im.Append{
			Addr: im.Address{App: im.AppID(app), Kind: im.Kind(kind), ID: id}, Epoch: im.Epoch{Term: term, Activation: activation},
			Expected: expected, Entries: []im.Entry{e, e}, Floor: n, Final: body, Gone: owes,
			Record: &im.Record{TS: im.Millis(ts), Fields: []im.Field{{Name: name, Type: im.FieldType(typ), Text: text}}, Body: body},
		}
		if err := CheckAppend(&a); err != nil {
			if kind := im.KindOf(err); kind != im.Invalid && kind != im.TooLong {
				t.Errorf("%+v: %v", a, err)
			}
			return
		}
		items := 0
		err := decodeCommand(appendCmd(a), func(it *item) error {
			items++
			if it.op != opAppend || it.addr != a.Addr || it.epoch != a.Epoch || it.expected != expected || len(it.entries) != 2 || it.floor != n {
				t.Errorf("%+v became %+v", a, it)
			}
			if r := recordOf(it); r == nil || r.TS != im.Millis(ts) || r.Fields[0] != a.Record.Fields[0] || !bytes.Equal(r.Body, body) {
				t.Errorf("%+v became %+v", a.Record, r)
			}
			if (it.final != nil) != (body != nil) || !bytes.Equal(it.final, body) || it.has(extraGone) != owes {
				t.Errorf("the last state %x (%v) became %x", body, owes, it.final)
			}
			for _, g := range it.entries {
				got := im.Entry{N: g.n, TS: g.ts, ID: string(g.id), Owes: g.owes(), Body: g.body}
				if got.N != n || got.TS != e.TS || got.ID != msg || got.Owes != owes || !bytes.Equal(got.Body, body) {
					t.Errorf("%+v became %+v", e, got)
				}
			}
			return nil
		})
		if err != nil || items != 1 {
			t.Errorf("%+v: %d items, %v", a, items, err)
		}
	})
}
