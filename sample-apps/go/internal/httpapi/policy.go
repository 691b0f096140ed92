package httpapi

import "net/http"

// policy is what browsers are told about every answer.
func policy() []func(http.Handler) http.Handler {
	return []func(http.Handler) http.Handler{noSniff}
}

func noSniff(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
