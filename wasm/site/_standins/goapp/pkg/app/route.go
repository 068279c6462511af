package app

// A router here knows single addresses, and one pattern: the one that every address fits. That is all the page uses, and
// package regexp is a twentieth of the program.
type router struct {
	routes map[string]func() Composer
	every  func() Composer
}

func makeRouter() router { return router{routes: make(map[string]func() Composer)} }

func (r *router) route(path string, newComponent func() Composer) { r.routes[path] = newComponent }

func (r *router) routeWithRegexp(pattern string, newComponent func() Composer) {
	if pattern != ".*" {
		panic("this build of go-app routes only single addresses and .*, not " + pattern)
	}
	r.every = newComponent
}

func (r *router) routed(path string) bool { return r.find(path) != nil }

func (r *router) createComponent(path string) (Composer, bool) {
	newComponent := r.find(path)
	if newComponent == nil {
		return nil, false
	}
	return newComponent(), true
}

func (r *router) find(path string) func() Composer {
	if newComponent, ok := r.routes[path]; ok {
		return newComponent
	}
	return r.every
}
