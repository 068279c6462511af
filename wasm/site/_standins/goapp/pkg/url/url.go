// Package url stands in for net/url. go-app reads one address, the page's, and asks which folder and host it names. That
// address comes from the browser, which has checked and escaped it: it only has to be taken apart.
package url

import "strings"

// A URL is an address in parts, each as it stands in the address.
type URL struct{ Scheme, Opaque, Host, Path, RawQuery, Fragment string }

func Parse(address string) (*URL, error) {
	u := new(URL)
	address, u.Fragment, _ = strings.Cut(address, "#")
	address, u.RawQuery, _ = strings.Cut(address, "?")
	if scheme, rest, ok := strings.Cut(address, ":"); ok && !strings.Contains(scheme, "/") {
		u.Scheme, address = scheme, rest
		if !strings.HasPrefix(address, "/") { // about:srcdoc
			u.Opaque = address
			return u, nil
		}
	}
	if rest, ok := strings.CutPrefix(address, "//"); ok {
		end := strings.IndexByte(rest+"/", '/')
		u.Host, address = rest[:end], rest[end:]
	}
	u.Path = address
	return u, nil
}

// Hostname is the host without its port.
func (u *URL) Hostname() string {
	host := u.Host[strings.LastIndexByte(u.Host, '@')+1:]
	if end := strings.LastIndexByte(host, ':'); end > strings.LastIndexByte(host, ']') {
		host = host[:end]
	}
	return strings.Trim(host, "[]")
}

func (u *URL) String() string {
	var b strings.Builder
	if u.Scheme != "" {
		b.WriteString(u.Scheme + ":")
	}
	if u.Scheme != "" && u.Opaque == "" || u.Host != "" {
		b.WriteString("//" + u.Host)
	}
	b.WriteString(u.Opaque + u.Path)
	if u.RawQuery != "" {
		b.WriteString("?" + u.RawQuery)
	}
	if u.Fragment != "" {
		b.WriteString("#" + u.Fragment)
	}
	return b.String()
}
