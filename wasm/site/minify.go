package main

import (
	"errors"
	"fmt"
	"path"

	"github.com/evanw/esbuild/pkg/api"
)

// minify makes a script or a style sheet as short as it can be and still be the same, with esbuild. Other files stay as they
// are. What a script declares at its top level keeps its name, since other scripts may use it, unless it is a module.
func minify(name string, content []byte) ([]byte, error) {
	loader, ok := map[string]api.Loader{".js": api.LoaderJS, ".css": api.LoaderCSS}[path.Ext(name)]
	if !ok {
		return content, nil
	}
	result := api.Transform(string(content), api.TransformOptions{
		Loader: loader, Sourcefile: name, Target: api.ES2022, Charset: api.CharsetUTF8, LogLevel: api.LogLevelSilent,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
	})
	var wrong []error
	for _, m := range append(result.Errors, result.Warnings...) {
		where := name
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d:%d", name, m.Location.Line, m.Location.Column)
		}
		wrong = append(wrong, fmt.Errorf("%s: %s", where, m.Text))
	}
	return result.Code, errors.Join(wrong...)
}
