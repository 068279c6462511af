package store

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestEncodingOfAString(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Encoding
	}{
		{"empty", "", EmbStr},
		{"zero", "0", Int},
		{"negative", "-1", Int},
		{"minus zero", "-0", EmbStr},
		{"only a sign", "-", EmbStr},
		{"plus sign", "+1", EmbStr},
		{"leading zero", "01", EmbStr},
		{"negative with a leading zero", "-01", EmbStr},
		{"leading space", " 1", EmbStr},
		{"trailing newline", "1\n", EmbStr},
		{"decimal point", "1.0", EmbStr},
		{"largest integer", "9223372036854775807", Int},
		{"one more", "9223372036854775808", EmbStr},
		{"smallest integer", "-9223372036854775808", Int},
		{"one less", "-9223372036854775809", EmbStr},
		{"unsigned overflow", "18446744073709551617", EmbStr},
		{"twenty nines", "99999999999999999999", EmbStr},
		{"44 bytes", strings.Repeat("x", 44), EmbStr},
		{"45 bytes", strings.Repeat("x", 45), Raw},
	} {
		v := StringValue([]byte(c.text))
		if v.Encoding() != c.want || v.Kind() != String {
			t.Errorf("%s: encoding %v, want %v", c.name, v.Encoding(), c.want)
		}
		if v.Str() != c.text || v.Len() != len(c.text) || string(v.AppendTo(nil)) != c.text {
			t.Errorf("%s: came back as %q of %d bytes", c.name, v.Str(), v.Len())
		}
		if _, ok := v.Int(); ok != (c.want == Int) {
			t.Errorf("%s: is an integer: %v", c.name, ok)
		}
	}
	if v := RawString([]byte("12")); v.Encoding() != Raw || v.Str() != "12" {
		t.Errorf("what APPEND leaves is %v %q", v.Encoding(), v.Str())
	} else if n, ok := v.Int(); n != 12 || !ok {
		t.Error("a raw string with a number is no number")
	}
	if v := (Value{}); v.Str() != "" || v.Encoding() != EmbStr || v.Kind() != String {
		t.Error("the zero Value is not the empty string")
	}
}

func TestAValueDoesNotShareTheCallersBytes(t *testing.T) {
	for _, make := range []func([]byte) Value{StringValue, RawString} {
		b := []byte("value")
		v := make(b)
		b[0] = 'X'
		if v.Str() != "value" {
			t.Errorf("the value became %q", v.Str())
		}
	}
}

func TestNames(t *testing.T) {
	for k, want := range map[Kind]string{
		String: "string", List: "list", Set: "set", ZSet: "zset", Hash: "hash", Stream: "stream", 5: "unknown",
	} {
		if k.String() != want {
			t.Errorf("kind %d is %q, want %q", k, k, want)
		}
	}
	for e, want := range map[Encoding]string{EmbStr: "embstr", Raw: "raw", Int: "int", 255: "unknown"} {
		if e.String() != want {
			t.Errorf("encoding %d is %q, want %q", e, e, want)
		}
	}
}

// The expected digests were asked of redis-server 7.0.15.
func TestDigest(t *testing.T) {
	text := func(d [20]byte) string { return hex.EncodeToString(d[:]) }
	s := New(16)
	if got := text(s.Digest()); got != strings.Repeat("0", 40) {
		t.Errorf("empty: %s", got)
	}
	s.DB(0).Set([]byte("k"), StringValue([]byte("v")), 0)
	if got := text(s.Digest()); got != "264ccf65edec66bccfa7cc659414ccca432057d2" {
		t.Errorf("one key: %s", got)
	}
	if got := text(s.DigestValue(s.DB(0).Get([]byte("k")))); got != "d79ee9fe5d5ad902d7f6620efc3b07b75ddd742f" {
		t.Errorf("its value: %s", got)
	}
	s.DB(0).Set([]byte("n"), IntValue(-12345), 0)
	s.DB(0).Set([]byte("empty"), StringValue(nil), 99999999999999)
	s.DB(3).Set([]byte("long"), StringValue([]byte(strings.Repeat("abc", 100))), 0)
	if got := text(s.Digest()); got != "360064cc2d6abbcc2adedf8219e3698d25f95b7c" {
		t.Errorf("four keys in two databases: %s", got)
	}
	if got := text(s.DigestValue(s.DB(0).Get([]byte("empty")))); got != "6db1b93ce6baa1d5cf28f3e32abc6d750a8ed39f" {
		t.Errorf("an empty value with an expiry: %s", got)
	}
}
