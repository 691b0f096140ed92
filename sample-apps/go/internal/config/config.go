// Package config reads the settings from the environment.
package config

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config holds the settings of the server.
type Config struct {
	Port     uint16        `env:"PORT" envDefault:"8080"`
	LogLevel slog.Level    `env:"LOG_LEVEL" envDefault:"INFO"`
	Grace    time.Duration `env:"SHUTDOWN_GRACE" envDefault:"2s"`
}

// Read takes the settings from the given environment, or from the process's own if it is nil.
func Read(environment map[string]string) (Config, error) {
	var config Config
	if err := env.ParseWithOptions(&config, env.Options{Environment: environment}); err != nil {
		return Config{}, fmt.Errorf("bad environment: %w", err)
	}
	if config.Grace < 0 {
		return Config{}, fmt.Errorf("bad environment: SHUTDOWN_GRACE is negative: %s", config.Grace)
	}
	return config, nil
}

// Address is where the server listens: the port on all IPv4 interfaces.
func (c Config) Address() string {
	return net.JoinHostPort("0.0.0.0", strconv.Itoa(int(c.Port)))
}
