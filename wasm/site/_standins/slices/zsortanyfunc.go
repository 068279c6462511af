package slices

// Package slices has every sort once for each type that is sorted: a dozen functions, some 20 KB of WebAssembly, and this
// program sorts forty types. Here they share the functions of package sort, which the builder lays beside this file. Both
// come from one template of Go's, so that they compare and swap the same elements in the same order.

type lessSwap struct {
	Less func(i, j int) bool
	Swap func(i, j int)
}

func byFunc[E any](data []E, cmp func(a, b E) int) lessSwap {
	return lessSwap{
		func(i, j int) bool { return cmp(data[i], data[j]) < 0 },
		func(i, j int) { data[i], data[j] = data[j], data[i] },
	}
}

func pdqsortCmpFunc[E any](data []E, a, b, limit int, cmp func(a, b E) int) {
	pdqsort_func(byFunc(data, cmp), a, b, limit)
}

func stableCmpFunc[E any](data []E, n int, cmp func(a, b E) int) {
	stable_func(byFunc(data, cmp), n)
}
