package rdb

import (
	"strconv"
	"strings"

	"resync/engine/store"
)

// A valueBuilder makes a value of the tokens of a file, one at a time. A kind of value is one implementation, in a
// file of its own, and a row in newBuilder.
type valueBuilder interface {
	// first says which token comes first, or what is wrong with the type itself.
	first() (w want, wrong string)
	// take uses a token, which is good only during the call, and says which one is next, or what is wrong.
	// When that was the last, it wants nothing, and the value is complete.
	take(t *token) (v store.Value, next want, wrong string)
	// clone returns a builder that goes on from the same place.
	clone() valueBuilder
}

// newBuilder returns the builder for a type byte, or nil if no version of the format has such a type.
func newBuilder(kind byte, limits *store.Limits) valueBuilder {
	switch kind {
	case typeString:
		return stringBuilder{}
	case typeList, typeListZiplist, typeListQuicklist, typeListNodes:
		return newListBuilder(kind, limits)
	case typeSet:
		return &setBuilder{limits: limits}
	case typeSetIntset, typeSetListpack:
		return packedSetBuilder{kind, limits}
	case typeZSetText, typeZSet:
		return &zsetBuilder{kind: kind, limits: limits}
	case typeZSetZiplist, typeZSetListpack:
		return packedZSetBuilder{kind, limits}
	case typeHash, typeHashExpiryRC, typeHashExpiry:
		return &hashBuilder{kind: kind, limits: limits}
	case typeHashZipmap, typeHashZiplist, typeHashListpack, typeHashListpackExpiryRC, typeHashListpackExpiry:
		return packedHashBuilder{kind, limits}
	case typeStream, typeStream2, typeStream3:
		return &streamBuilder{kind: kind}
	}
	if name, ok := typeName(kind); ok {
		return unreadable(name)
	}
	return nil
}

// noElements is what is wrong with a value that holds nothing: a file's key is skipped then, and RESTORE refuses it.
//
// Source: redis/src/rdb.c, RDB_LOAD_ERR_EMPTY_KEY.
const noElements = "a value without elements"

// A stringBuilder makes a string of the only token that it has, so it has nothing to remember.
type stringBuilder struct{}

func (stringBuilder) first() (want, string) { return wantString, "" }

func (stringBuilder) take(t *token) (store.Value, want, string) {
	return store.StringValue(t.text), wantNothing, ""
}

func (b stringBuilder) clone() valueBuilder { return b }

// unreadable stands for a known type that cannot be read. It exists so that the error can name the key, which
// follows the type.
type unreadable string

func (u unreadable) first() (want, string) {
	return 0, "the type " + string(u) + ", which cannot be read,"
}

func (u unreadable) take(*token) (store.Value, want, string) {
	panic("rdb: a value of type " + string(u) + " was begun")
}

func (u unreadable) clone() valueBuilder { return u }

// typeName names the types of values as redis/src/rdb.h does, from 0 on.
func typeName(kind byte) (string, bool) {
	names := [...]string{"string", "list", "set", "zset", "hash", "zset 2", "module", "module 2", "", "hash zipmap",
		"list ziplist", "set intset", "zset ziplist", "hash ziplist", "quicklist", "stream listpacks", "hash listpack",
		"zset listpack", "quicklist 2", "stream listpacks 2", "set listpack", "stream listpacks 3",
		"hash with field expiry, release candidate", "hash listpack with field expiry, release candidate",
		"hash with field expiry", "hash listpack with field expiry"}
	if int(kind) >= len(names) || names[kind] == "" {
		return "", false
	}
	return names[kind], true
}

// packedForm is how Redis calls the form of a type's elements that is not in order, or "" where something else is wrong.
func packedForm(kind byte, wrong string) string {
	switch kind {
	case typeHashZipmap:
		return "Zipmap"
	case typeListZiplist, typeZSetZiplist, typeHashZiplist, typeListQuicklist:
		return "Ziplist"
	case typeSetIntset:
		return "Intset"
	case typeListNodes, typeSetListpack, typeZSetListpack, typeHashListpack, typeHashListpackExpiryRC, typeHashListpackExpiry:
		return "Listpack"
	case typeStream, typeStream2, typeStream3:
		if strings.HasPrefix(wrong, "a listpack ") { // its groups are in no such form
			return "Stream listpack"
		}
	}
	return ""
}

func unknownType(kind byte) string { return "the unknown type " + strconv.Itoa(int(kind)) }
