// Package rdb turns a snapshot into the bytes of an RDB file and back, and reads the payload of a full resync as it
// comes off the wire.
//
// Both directions are state machines: [Encoder] hands out as many bytes as are asked for, [Decoder] and [Receiver]
// take bytes in pieces of any size. None of them waits, holds the whole file, or trusts a length that a peer announces,
// and each can be cloned in the middle, which is how a simulated world is copied during a transfer.
//
// Version 10 is written, as by Redis 7.0, byte for byte but for the order of the keys; versions 1 to 12 are read.
// A file is "REDIS", four digits of version, a list of items that each begin with one byte, and a checksum:
//
//	FA name value     about the file             FE db             the keys that follow are in this database
//	FB keys volatile  how many there are         FC millis         the next key expires at
//	00 key value      a string                   FF crc64          the end
//
// Source: redis/src/rdb.c, rdb.h.
package rdb
