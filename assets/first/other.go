//go:build !js || !wasm

package first
