package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

// sizes prints what the program's bytes are: its sections, and its functions by package. Packages are where something can be
// saved: what imports one is found with go list -deps and go mod why.
func sizes(w io.Writer, program string, whole bool, of string) error {
	wasm, err := compile(program, whole, true)
	if err != nil {
		return err
	}
	parts, err := dissect(wasm)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	show := func(title string, bytes map[string]int) {
		total := 0
		for _, n := range bytes {
			total += n
		}
		fmt.Fprintf(table, "%d\t100.0 %%\t %s\n", total, title)
		names := slices.SortedFunc(maps.Keys(bytes), func(a, b string) int {
			return cmp.Or(cmp.Compare(bytes[b], bytes[a]), strings.Compare(a, b))
		})
		for _, name := range names {
			fmt.Fprintf(table, "%d\t%.1f %%\t   %s\n", bytes[name], 100*float64(bytes[name])/float64(total), name)
		}
	}
	imported, err := imports(program, whole)
	if err != nil {
		return err
	}
	packages, within := make(map[string]int), make(map[string]int)
	for function, n := range parts.functions {
		name := packageOf(function, imported)
		packages[name] += n
		if name == of {
			within[function] = n
		}
	}
	if of != "" {
		show("functions of "+of, within)
		return nil
	}
	show("sections", parts.sections)
	show("functions by package", packages)
	return nil
}

// parts is what a program is made of, in bytes.
type parts struct{ sections, functions map[string]int }

var sectionNames = [...]string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data"}

var errNotWasm = errors.New("this is no whole WebAssembly program with names")

// dissect measures a program that has its function names. The format: webassembly.github.io/spec/core/binary
func dissect(wasm []byte) (p parts, err error) {
	defer func() {
		if recover() != nil { // read past the end
			err = errNotWasm
		}
	}()
	p = parts{make(map[string]int), make(map[string]int)}
	if !bytes.HasPrefix(wasm, []byte("\x00asm\x01\x00\x00\x00")) {
		return p, errNotWasm
	}
	var bodies []int // of the functions, in bytes
	names := make(map[int]string)
	imported := 0
	for r := (reader{wasm[8:]}); len(r.rest) > 0; {
		id, body := r.section()
		size := len(body.rest)
		switch {
		case id == 0:
			name := string(body.take(body.number()))
			p.sections["custom "+name] += size
			if name == "name" {
				names = functionNames(body)
			}
			continue
		case id == 2:
			imported = functionImports(body)
		case id == 10:
			for range body.number() {
				n := body.number()
				body.take(n)
				bodies = append(bodies, n)
			}
		}
		if int(id) >= len(sectionNames) {
			p.sections[fmt.Sprint("section ", id)] += size
			continue
		}
		p.sections[sectionNames[id]] += size
	}
	for i, n := range bodies {
		p.functions[names[imported+i]] += n
	}
	if len(bodies) == 0 || len(names) == 0 {
		return p, errNotWasm
	}
	return p, nil
}

// functionImports counts the functions among the imports: their numbers come before those of the program's own.
func functionImports(r reader) int {
	functions := 0
	for range r.number() {
		r.take(r.number())
		r.take(r.number())
		if kind := r.take(1)[0]; kind != 0 {
			panic(errNotWasm) // Go's linker imports nothing else
		}
		r.number()
		functions++
	}
	return functions
}

// functionNames reads the part of the name section that Go writes.
func functionNames(r reader) map[int]string {
	names := make(map[int]string)
	for len(r.rest) > 0 {
		kind := r.take(1)[0]
		part := reader{r.take(r.number())}
		if kind != 1 {
			continue
		}
		for range part.number() {
			i := part.number()
			names[i] = string(part.take(part.number()))
		}
	}
	return names
}

// A reader reads what is left of a section.
type reader struct{ rest []byte }

func (r *reader) take(n int) []byte {
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part
}

func (r *reader) section() (id byte, body reader) {
	id = r.take(1)[0]
	return id, reader{r.take(r.number())}
}

func (r *reader) number() int {
	v, n := binary.Uvarint(r.rest)
	r.take(n)
	return int(v)
}

// imports are the packages of a program by the name that the linker gives them: everything but letters, digits and full
// stops is a line in it.
func imports(program string, whole bool) (map[string]string, error) {
	cmd, err := goCommand(whole, "list", "-deps", program)
	if err != nil {
		return nil, err
	}
	list, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing what %s imports: %w", program, err)
	}
	packages := map[string]string{"main": "main", "go": "(linker)"}
	for name := range strings.FieldsSeq(string(list)) {
		packages[unusual.ReplaceAllString(name, "_")] = name
	}
	return packages, nil
}

var unusual = regexp.MustCompile(`[^\w.]`)

// packageOf is the package of a function, of those the program is made of, by its linker's name: resync_engine_node.__Node_.Tick
// for resync/engine/node.(*Node).Tick. An instance of a generic function belongs to the package that wrote the function.
func packageOf(function string, packages map[string]string) string {
	if strings.HasPrefix(function, "type_.") {
		return "(comparing and hashing of types)"
	}
	for end, c := range function {
		if c != '.' {
			continue
		}
		if name, ok := packages[function[:end]]; ok {
			return name
		}
	}
	return "(linker)"
}
