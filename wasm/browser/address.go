//go:build js && wasm

package browser

import (
	"strings"

	"github.com/hack-pad/safejs"
)

// The address of the page, and what is packed into it by assets/pack.js.

// Fragment implements view.Host. It is as it stands in the address, percent signs included.
func (h *Host) Fragment() string {
	_, fragment, _ := strings.Cut(h.address(), "#")
	return fragment
}

// Address implements view.Host.
func (h *Host) Address() string {
	page, _, _ := strings.Cut(h.address(), "#")
	return page
}

func (h *Host) address() string {
	if location, ok := h.read(h.window, "location"); ok {
		if href, ok := h.read(location, "href"); ok {
			return text(href)
		}
	}
	return ""
}

// SetFragment implements view.Host.
func (h *Host) SetFragment(s string) {
	if history, ok := h.read(h.window, "history"); ok {
		_, _ = history.Call("replaceState", safejs.Null(), "", "#"+s) // a srcdoc frame refuses, and needs none
	}
}

// OnFragment implements view.Host.
func (h *Host) OnFragment(f func()) {
	listener, err := safejs.FuncOf(func(safejs.Value, []safejs.Value) any {
		if !h.ended {
			f()
		}
		return nil
	})
	if err == nil {
		_, _ = h.window.Call("addEventListener", "hashchange", listener.Value())
	}
}

// Pack implements view.Host.
func (h *Host) Pack(s string, f func(packed string, ok bool)) {
	h.settle(asText(f), "resyncPack", s)
}

// Unpack implements view.Host.
func (h *Host) Unpack(packed string, most int, f func(text string, ok bool)) {
	h.settle(asText(f), "resyncUnpack", packed, most)
}

func asText(f func(s string, ok bool)) func(safejs.Value, bool) {
	return func(v safejs.Value, ok bool) {
		if ok {
			f(text(v), true)
		} else {
			f("", false)
		}
	}
}

// settle calls one of the page's own functions and hands over what its promise comes to, or nothing.
func (h *Host) settle(f func(v safejs.Value, ok bool), name string, args ...any) {
	promise, err := h.window.Call(name, args...)
	if err != nil {
		f(safejs.Undefined(), false)
		return
	}
	var release []safejs.Func
	settled := func(ok bool) (safejs.Func, error) {
		fn, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
			for _, r := range release {
				r.Release()
			}
			if h.ended {
				return nil
			}
			if ok && len(args) == 1 {
				f(args[0], true)
			} else {
				f(safejs.Undefined(), false)
			}
			return nil
		})
		if err == nil {
			release = append(release, fn)
		}
		return fn, err
	}
	kept, err := settled(true)
	if err != nil {
		f(safejs.Undefined(), false)
		return
	}
	broken, err := settled(false)
	if err == nil {
		_, err = promise.Call("then", kept.Value(), broken.Value())
	}
	if err != nil {
		f(safejs.Undefined(), false)
	}
}
