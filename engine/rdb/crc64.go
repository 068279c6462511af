package rdb

import "encoding/binary"

// crcPoly is the polynomial "Jones", lowest bit first.
const crcPoly = 0x95ac9329ac4bc9b5

// crcTables holds at [k][b] the checksum of byte b with k zero bytes behind it, so that eight bytes can be taken in
// at once.
var crcTables = func() (t [8][256]uint64) {
	for b := range 256 {
		crc := uint64(b)
		for range 8 {
			crc = crc>>1 ^ crcPoly&-(crc&1)
		}
		t[0][b] = crc
	}
	for k := 1; k < 8; k++ {
		for b := range 256 {
			before := t[k-1][b]
			t[k][b] = before>>8 ^ t[0][byte(before)]
		}
	}
	return t
}()

// CRC64 returns the checksum of what crc is the checksum of, followed by p. It begins with 0.
//
// Source: redis/src/crc64.c.
func CRC64(crc uint64, p []byte) uint64 {
	for len(p) >= 8 {
		crc ^= binary.LittleEndian.Uint64(p)
		crc = crcTables[7][byte(crc)] ^ crcTables[6][byte(crc>>8)] ^
			crcTables[5][byte(crc>>16)] ^ crcTables[4][byte(crc>>24)] ^
			crcTables[3][byte(crc>>32)] ^ crcTables[2][byte(crc>>40)] ^
			crcTables[1][byte(crc>>48)] ^ crcTables[0][crc>>56]
		p = p[8:]
	}
	for _, b := range p {
		crc = crc>>8 ^ crcTables[0][byte(crc)^b]
	}
	return crc
}
