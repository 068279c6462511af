package main

import (
	"bytes"
	"fmt"
)

// headersName is what some hosts of static files (Netlify, Cloudflare Pages and others) read the headers from. The site needs
// none of them: with them it is safer, it is loaded once, and frames of opaque origin may load it.
const headersName = "_headers"

// The policies of the two pages, which may be in anybody's frame. In a sandboxed one of opaque origin 'self' is where the page
// came from all the same, in Chromium and in Firefox.
const (
	framePolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
	pagePolicy  = framePolicy + "; worker-src 'self'; manifest-src 'self'"
)

// headers are the site's. Hosts join what several rules say of one header, so that each path has one rule for each. A page
// has three names, since hosts leave its end out.
func (s site) headers() []byte {
	var out bytes.Buffer
	rule := func(path, name, value string) { fmt.Fprintf(&out, "%s\n  %s: %s\n", path, name, value) }
	for _, path := range []string{"/", "/index", "/index.html"} {
		rule(path, "Content-Security-Policy", pagePolicy)
	}
	for _, path := range []string{"/embed", "/embed.html"} {
		rule(path, "Content-Security-Policy", framePolicy)
	}
	for _, path := range []string{"/assets/*", "/v1/*"} {
		rule(path, "Access-Control-Allow-Origin", "*")
	}
	for _, name := range s.names() {
		if hashedName.MatchString(name) {
			rule("/"+name, "Cache-Control", "public, max-age=31536000, immutable")
		}
	}
	return out.Bytes()
}
