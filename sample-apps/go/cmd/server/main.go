// Command server runs the fleet API until it is told to stop.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"plimsoll.example/sample-go/internal/config"
	"plimsoll.example/sample-go/internal/fleet"
	"plimsoll.example/sample-go/internal/httpapi"
	"plimsoll.example/sample-go/internal/release"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	if err := run(ctx, nil, func(net.Addr) {}); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, then lets requests in flight finish within the grace period.
func run(ctx context.Context, environment map[string]string, listening func(net.Addr)) error {
	settings, err := config.Read(environment)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: settings.LogLevel}))
	listener, err := net.Listen("tcp4", settings.Address())
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           httpapi.New(log, fleet.New(time.Now)),
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	log.Info("listening", "address", listener.Addr().String(), "release", release.Name)
	listening(listener.Addr())

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	grace, cancel := context.WithTimeout(context.Background(), settings.Grace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		log.Warn("requests were cut off", "error", err)
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
