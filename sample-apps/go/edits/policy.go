package httpapi

import (
	"net/http"

	"github.com/go-chi/cors"
)

// policy is what browsers are told about every answer; now pages from elsewhere may read them.
func policy() []func(http.Handler) http.Handler {
	return []func(http.Handler) http.Handler{
		noSniff,
		cors.Handler(cors.Options{
			AllowedOrigins: []string{"https://{nonce}.plimsoll.example"},
			AllowedMethods: []string{http.MethodGet},
		}),
	}
}

func noSniff(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
