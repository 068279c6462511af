package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"
)

// defaultAddr is where serve listens when nobody says where, if it is free.
const defaultAddr = "localhost:8080"

// serve serves a built site until it is interrupted.
func serve(dir, addr string) error {
	if _, err := os.Stat(filepath.Join(dir, "index.html")); err != nil {
		return fmt.Errorf("%s holds no site: build it with make build", dir)
	}
	listener, err := listen(addr)
	if err != nil {
		return err
	}
	fmt.Printf("Resync is at http://%s/ (Ctrl+C stops it)\n", listener.Addr())
	server := &http.Server{Handler: files(dir), ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}

func listen(addr string) (net.Listener, error) {
	if addr != "" {
		return net.Listen("tcp", addr)
	}
	listener, err := net.Listen("tcp", defaultAddr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return net.Listen("tcp", "localhost:0")
	}
	return listener, err
}

// types are those that the system's tables get wrong or lack, depending on the machine.
var types = map[string]string{
	".css":    "text/css; charset=utf-8",
	".html":   "text/html; charset=utf-8",
	".js":     "text/javascript; charset=utf-8",
	".lzma":   "application/octet-stream",
	".resync": "text/plain; charset=utf-8",
	".svg":    "image/svg+xml",
}

// noWorker takes the place of the service worker, which would show the last build and offer the next one. It keeps nothing
// and goes, and one that a browser still has goes with it.
const noWorker = `addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(registration.unregister()));
`

// files serves a folder as any plain file server does, but has browsers ask again each time: the next build is seen.
func files(dir string) http.Handler {
	plain := http.FileServer(http.Dir(dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t, ok := types[path.Ext(r.URL.Path)]; ok {
			w.Header().Set("Content-Type", t)
		}
		if r.URL.Path == "/"+path.Base(workerName) {
			w.Header().Set("Cache-Control", "no-cache")
			fmt.Fprint(w, noWorker)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		plain.ServeHTTP(w, r)
	})
}
