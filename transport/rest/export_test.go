package rest

import "strings"

// Routes returns every method of every route, as "GET /ctx/*"; "*" stands for any segment.
func Routes() (all []string) {
	for _, rt := range routes {
		for method := range rt.methods {
			all = append(all, method+" /"+strings.Join(rt.pattern, "/"))
		}
	}
	return all
}
