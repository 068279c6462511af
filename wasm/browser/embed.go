//go:build js && wasm

package browser

// Embedded implements view.Host: the builder marks the root of embed.html.
func (h *Host) Embedded() bool {
	marked, err := h.root.Call("hasAttribute", "data-embed")
	if err != nil {
		return false
	}
	b, _ := marked.Bool()
	return b
}
