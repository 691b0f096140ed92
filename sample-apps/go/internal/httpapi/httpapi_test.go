package httpapi

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plimsoll.example/sample-go/internal/fleet"
	"plimsoll.example/sample-go/internal/release"
)

const fram = `{"name":"Fram","deadweightTonnes":100,"homeZone":"Europe/Oslo"}`

type client struct {
	t       *testing.T
	handler http.Handler
}

func newClient(t *testing.T) client {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	return client{t, New(log, fleet.New(time.Now))}
}

func (c client) send(method, path, body string, want int) *httptest.ResponseRecorder {
	c.t.Helper()
	recorder := httptest.NewRecorder()
	c.handler.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
	if recorder.Code != want {
		c.t.Fatalf("%s %s: status %d, want %d; body %s", method, path, recorder.Code, want, recorder.Body)
	}
	return recorder
}

func (c client) ship(response *httptest.ResponseRecorder) fleet.Ship {
	c.t.Helper()
	var ship fleet.Ship
	if err := json.Unmarshal(response.Body.Bytes(), &ship); err != nil {
		c.t.Fatal(err)
	}
	return ship
}

func TestHealth(t *testing.T) {
	response := newClient(t).send("GET", "/health", "", 200)
	// The bytes matter: the scenario's contract looks for them.
	want := `{"status":"ok","release":"` + release.Name + "\"}\n"
	if response.Body.String() != want {
		t.Errorf("got %q, want %q", response.Body, want)
	}
	if kind := response.Header().Get("Content-Type"); kind != "application/json" {
		t.Errorf("content type %s", kind)
	}
}

func TestEachRequestHasAnIDAndALogLine(t *testing.T) {
	var lines strings.Builder
	log := slog.New(slog.NewTextHandler(&lines, nil))
	c := client{t, New(log, fleet.New(time.Now))}
	first := c.send("GET", "/api/ships", "", 200).Header().Get("X-Request-Id")
	second := c.send("GET", "/api/ships/x", "", 404).Header().Get("X-Request-Id")
	if first == "" || first == second {
		t.Errorf("ids %q and %q", first, second)
	}
	c.send("GET", "/health", "", 200)
	got := strings.Split(strings.TrimSpace(lines.String()), "\n")
	if len(got) != 2 || !strings.Contains(got[1], "status=404") || !strings.Contains(got[1], "id="+second) {
		t.Errorf("logged %q", got)
	}
}

func TestNothingIsSniffed(t *testing.T) {
	c := newClient(t)
	for _, path := range []string{"/health", "/api/ships"} {
		if got := c.send("GET", path, "", 200).Header().Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestTheLifeOfAShip(t *testing.T) {
	c := newClient(t)
	created := c.send("POST", "/api/ships", fram, 201)
	path := created.Header().Get("Location")
	if ship := c.ship(created); path != "/api/ships/"+ship.ID.String() {
		t.Errorf("location %s of ship %s", path, ship.ID)
	}
	if ship := c.ship(c.send("POST", path+"/load", `{"tonnes":70}`, 200)); ship.Loaded != 70 {
		t.Errorf("she carries %d", ship.Loaded)
	}
	c.send("POST", path+"/load", `{"tonnes":31}`, 409)
	c.send("POST", path+"/load", `{"tonnes":-71}`, 409)
	if ship := c.ship(c.send("GET", path, "", 200)); ship.Loaded != 70 || ship.Name != "Fram" {
		t.Errorf("got %+v", ship)
	}
	c.send("DELETE", path, "", 204)
	c.send("GET", path, "", 404)
	c.send("DELETE", path, "", 404)
	if list := c.send("GET", "/api/ships", "", 200).Body.String(); list != "[]\n" {
		t.Errorf("the list is %s", list)
	}
}

func TestWrongFieldsAreNamed(t *testing.T) {
	response := newClient(t).send("POST", "/api/ships", `{"name":"","deadweightTonnes":-1,"homeZone":"Nowhere"}`, 400)
	var got problem
	if err := json.Unmarshal(response.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"name", "deadweightTonnes", "homeZone"} {
		if got.Fields[field] == "" {
			t.Errorf("%s is not named in %s", field, response.Body)
		}
	}
}

func TestBadRequests(t *testing.T) {
	c := newClient(t)
	c.send("POST", "/api/ships", "{", 400)
	c.send("POST", "/api/ships", `{"colour":"red"}`, 400)
	c.send("POST", "/api/ships", `{"name":"`+strings.Repeat("x", 20_000)+`"}`, 413)
	c.send("GET", "/api/ships/not-an-id", "", 404)
	c.send("GET", "/nowhere", "", 404)
	c.send("POST", "/health", "", 405)
}
