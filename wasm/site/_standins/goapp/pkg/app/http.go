package app

// Handler stands in for the server of a go-app, which a program in a browser cannot be.
type Handler struct{}
