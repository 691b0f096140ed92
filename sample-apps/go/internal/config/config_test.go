package config

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	config, err := Read(map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Port: 8080, LogLevel: slog.LevelInfo, Grace: 2 * time.Second}
	if config != want {
		t.Errorf("got %+v, want %+v", config, want)
	}
	if config.Address() != "0.0.0.0:8080" {
		t.Errorf("address is %s", config.Address())
	}
}

func TestValuesAreTaken(t *testing.T) {
	config, err := Read(map[string]string{"PORT": "9090", "LOG_LEVEL": "warn", "SHUTDOWN_GRACE": "250ms"})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Port: 9090, LogLevel: slog.LevelWarn, Grace: 250 * time.Millisecond}
	if config != want {
		t.Errorf("got %+v, want %+v", config, want)
	}
}

func TestBadValuesAreNamed(t *testing.T) {
	for _, bad := range []struct{ key, value, names string }{
		{"PORT", "http", "Port"},
		{"PORT", "70000", "Port"},
		{"LOG_LEVEL", "loud", "LogLevel"},
		{"SHUTDOWN_GRACE", "-1s", "SHUTDOWN_GRACE"},
	} {
		_, err := Read(map[string]string{bad.key: bad.value})
		if err == nil || !strings.Contains(err.Error(), bad.names) {
			t.Errorf("%s=%s: the error is %v, want one that names %s", bad.key, bad.value, err, bad.names)
		}
	}
}
