package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestServesAndStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	addresses := make(chan net.Addr, 1)
	result := make(chan error, 1)
	go func() {
		result <- run(ctx, map[string]string{"PORT": "0"}, func(a net.Addr) { addresses <- a })
	}()
	var port string
	select {
	case address := <-addresses:
		_, port, _ = net.SplitHostPort(address.String())
	case err := <-result:
		t.Fatal(err)
	}

	// The default client keeps the connection open afterwards, as a probe or a proxy would.
	response, err := http.Get("http://127.0.0.1:" + port + "/health")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || !strings.Contains(string(body), `"status":"ok"`) {
		t.Fatalf("body %s, error %v", body, err)
	}

	cancel()
	select {
	case err := <-result:
		if err != nil {
			t.Errorf("stopped with %v", err)
		}
	case <-time.After(time.Second):
		t.Error("does not stop within a second")
	}
}

func TestABadSettingIsAnError(t *testing.T) {
	err := run(context.Background(), map[string]string{"PORT": "much"}, func(net.Addr) {})
	if err == nil {
		t.Error("starts on a port that is no number")
	}
}

func TestATakenPortIsAnError(t *testing.T) {
	taken, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	if err := run(context.Background(), map[string]string{"PORT": port}, func(net.Addr) {}); err == nil {
		t.Error("starts on a port that is taken")
	}
}
