package main

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Go's linker writes which line of which file every instruction comes from into the program's data, for the traces of
// panics; 6 % of what has to be downloaded. withoutLines clears these tables in place, as if the compiler had not known:
// a trace still names every function, and prints ?:0 for the line. -whole keeps them.
//
// The layout is that of runtime.pcHeader and runtime._func (runtime/symtab.go, runtime/runtime2.go), and of the sections of
// a WebAssembly program. Another layout is an error, and not a guess.
func withoutLines(wasm []byte) (err error) {
	defer func() {
		if recover() != nil { // read past an end
			err = errLayout
		}
	}()
	m, err := memoryOf(wasm)
	if err != nil {
		return err
	}
	head, err := m.pclntab()
	if err != nil {
		return err
	}
	u32, u64 := binary.LittleEndian.Uint32, binary.LittleEndian.Uint64
	word := func(i int) int { return int(u64(m.flat[head+8+8*i:])) }
	count, names, units, files, tables, functions := word(0), head+word(3), head+word(4), head+word(5), head+word(6), head+word(7)
	if !(head < names && names < units && units < files && files < tables && tables < functions) {
		return errLayout
	}
	// A table ends with a zero where a step of the program counter would stand. Several functions may share one, and a
	// table of lines may be another function's table of stack maps: such bytes stay.
	lines, others := make(map[int]bool), make(map[int]bool)
	for i := range count {
		f := functions + int(u32(m.flat[functions+8*i+4:]))
		for _, pcfile := range []int{20, 24} { // and pcln
			lines[int(u32(m.flat[f+pcfile:]))] = true
		}
		others[int(u32(m.flat[f+16:]))] = true // pcsp
		for j := range int(u32(m.flat[f+28:])) {
			others[int(u32(m.flat[f+44+4*j:]))] = true
		}
		m.clear(f+20, 8) // pcfile, pcln
		m.clear(f+32, 8) // cuOffset, startLine
	}
	for at := range lines {
		if at == 0 || others[at] {
			continue
		}
		end := at
		for first := true; m.flat[tables+end] != 0 || first; first = false {
			for range 2 { // a step of the value, and one of the program counter
				_, n := binary.Uvarint(m.flat[tables+end : functions])
				if n <= 0 {
					return errLayout
				}
				end += n
			}
		}
		for other := range others {
			if other > at && other < end {
				return errLayout
			}
		}
		m.clear(tables+at, end-at)
	}
	m.clear(units, tables-units) // which files a package has, and their names
	return nil
}

var errLayout = errors.New("this Go lays out its tables of lines in another way: adapt lines.go, or leave withoutLines out")

// A memory is what a program's memory holds at its start.
type memory struct {
	flat     []byte // from address 0
	segments []segment
}

// A segment is a part of the program that is copied to an address.
type segment struct {
	address int
	content []byte // within the program
}

// clear writes zeros, in the program. What no segment holds is zero already.
func (m *memory) clear(address, n int) {
	for _, s := range m.segments {
		from, to := max(address-s.address, 0), min(address+n-s.address, len(s.content))
		if from < to {
			clear(s.content[from:to])
		}
	}
}

// pclntab finds runtime.pcHeader. The number that it begins with may stand elsewhere by chance, so what follows is
// checked: two zeros, instructions of one byte, pointers of eight.
func (m *memory) pclntab() (int, error) {
	found := -1
	for i := 0; i+72 <= len(m.flat); i += 8 {
		if binary.LittleEndian.Uint64(m.flat[i:]) == 0x0801_0000_fffffff1 {
			if found >= 0 {
				return 0, errLayout
			}
			found = i
		}
	}
	if found < 0 {
		return 0, errLayout
	}
	return found, nil
}

// memoryOf reads the data section.
func memoryOf(wasm []byte) (*memory, error) {
	r := reader{wasm[8:]}
	for len(r.rest) > 0 {
		id, body := r.section()
		if id != 11 {
			continue
		}
		m := new(memory)
		for range body.number() {
			if kind, op := body.number(), body.take(1)[0]; kind != 0 || op != 0x41 { // i32.const
				return nil, errLayout
			}
			address := body.number() // signed: a last bit of sign is 0 for addresses below half of 4 GB
			if end := body.take(1)[0]; end != 0x0b {
				return nil, errLayout
			}
			content := body.take(body.number())
			m.segments = append(m.segments, segment{address, content})
			if past := address + len(content); past > len(m.flat) {
				if past > 1<<28 {
					return nil, fmt.Errorf("a program with %d bytes of data", past)
				}
				m.flat = append(m.flat, make([]byte, past-len(m.flat))...)
			}
			copy(m.flat[address:], content)
		}
		return m, nil
	}
	return nil, errLayout
}
