module plimsoll.example/sample-go

// edited {nonce}
go 1.22

require (
	github.com/caarlos0/env/v11 v11.3.1
	github.com/go-chi/chi/v5 v5.2.1
	github.com/go-chi/cors v1.2.1
	github.com/google/uuid v1.6.0
)
