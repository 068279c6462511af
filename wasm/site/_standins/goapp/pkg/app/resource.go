package app

import "strings"

// clientResourceResolver has addresses under /web/ resolved to the folder that the page's loader names.
func clientResourceResolver(folder string) func(string) string {
	return func(location string) string {
		if file, ok := strings.CutPrefix(strings.TrimPrefix(location, "/"), "web/"); ok {
			return folder + "/" + file
		}
		return location
	}
}

// resolveOGResource makes an address whole for the page's preview, as other sites see it.
func resolveOGResource(domain, location string) string {
	if strings.HasPrefix(location, "https://") || strings.HasPrefix(location, "http://") {
		return location
	}
	return strings.TrimRight("https://"+domain+"/"+strings.Trim(location, "/"), "/")
}
