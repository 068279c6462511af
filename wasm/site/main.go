// Site builds the static site, and serves it while you work on it.
//
//	go run ./wasm/site build [-out dist] [-program ./wasm/main] [-whole] [-draft]
//	go run ./wasm/site sizes [-package name]
//	go run ./wasm/site serve [-dir dist] [-addr localhost:8080]
//
// The site works from any folder of any file server: all its addresses are relative, it needs no headers, and it asks
// nobody else for anything. Building is reproducible: the same tree, Go and xz give the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// defaultProgram is the page's.
const defaultProgram = "./wasm/main"

func main() {
	err := run(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("site "+command, flag.ContinueOnError)
	switch command {
	case "build":
		out := flags.String("out", "dist", "`folder` to write, replaced if it is there")
		program := flags.String("program", defaultProgram, "`package` to build as the page's program")
		whole := flags.Bool("whole", false, "build with all of go-app, its server included")
		draft := flags.Bool("draft", false, "leave out compressed files, the manifest and the budget: for tests")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return build(*out, *program, variant{*whole, *draft})
	case "sizes":
		program := flags.String("program", defaultProgram, "`package` to measure")
		whole := flags.Bool("whole", false, "as it is with all of go-app")
		of := flags.String("package", "", "list the functions of one `package` of the program")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return sizes(os.Stdout, *program, *whole, *of)
	case "serve":
		dir := flags.String("dir", "dist", "`folder` to serve")
		addr := flags.String("addr", "", "`address` to listen on (default localhost:8080, or a free port if that is taken)")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return serve(*dir, *addr)
	default:
		return fmt.Errorf("say what to do: site build, sizes or serve, not %q", command)
	}
}
