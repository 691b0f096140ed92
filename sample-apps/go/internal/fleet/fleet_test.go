package fleet

import (
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

var noon = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

func register(t *testing.T, fleet *Fleet, name string) Ship {
	t.Helper()
	ship, err := fleet.Register(Order{Name: name, Deadweight: 100, HomeZone: "Europe/Oslo"})
	if err != nil {
		t.Fatal(err)
	}
	return ship
}

func newFleet() *Fleet {
	return New(func() time.Time { return noon })
}

func TestRegistrationIsInTheHomeZone(t *testing.T) {
	ship := register(t, newFleet(), "  Fram ")
	if ship.Name != "Fram" {
		t.Errorf("the name is %q", ship.Name)
	}
	if got := ship.Registered.Format(time.RFC3339); got != "2026-07-01T14:00:00+02:00" {
		t.Errorf("registered %s", got)
	}
}

func TestEveryWrongFieldIsNamed(t *testing.T) {
	for _, zone := range []string{"Atlantis/Centre", "Local", "../etc/passwd"} {
		_, err := newFleet().Register(Order{Name: " ", Deadweight: 0, HomeZone: zone})
		var invalid Invalid
		if !errors.As(err, &invalid) {
			t.Fatalf("%s: the error is %v", zone, err)
		}
		for _, field := range []string{"name", "deadweightTonnes", "homeZone"} {
			if invalid[field] == "" {
				t.Errorf("%s: %s is not named in %v", zone, field, err)
			}
		}
	}
}

func TestTheLineHolds(t *testing.T) {
	fleet := newFleet()
	ship := register(t, fleet, "Fram")
	for _, step := range []struct {
		tonnes int
		want   error
		loaded int
	}{
		{60, nil, 60},
		{41, ErrTooDeep, 60},
		{40, nil, 100},
		{math.MaxInt, ErrTooDeep, 100},
		{-101, ErrTooLight, 100},
		{math.MinInt, ErrTooLight, 100},
		{-100, nil, 0},
	} {
		if _, err := fleet.Load(ship.ID, step.tonnes); !errors.Is(err, step.want) {
			t.Errorf("load %d: the error is %v, want %v", step.tonnes, err, step.want)
		}
		if now, _ := fleet.Ship(ship.ID); now.Loaded != step.loaded {
			t.Errorf("after %d she carries %d, want %d", step.tonnes, now.Loaded, step.loaded)
		}
	}
}

func TestAnUnknownShip(t *testing.T) {
	fleet := newFleet()
	_, find := fleet.Ship(uuid.New())
	_, load := fleet.Load(uuid.New(), 1)
	for what, err := range map[string]error{"find": find, "load": load, "scrap": fleet.Scrap(uuid.New())} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: the error is %v", what, err)
		}
	}
}

func TestShipsAreListedByName(t *testing.T) {
	fleet := newFleet()
	for _, name := range []string{"Vega", "Belgica", "Fram"} {
		register(t, fleet, name)
	}
	scrapped := register(t, fleet, "Endurance")
	if err := fleet.Scrap(scrapped.ID); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, ship := range fleet.Ships() {
		names = append(names, ship.Name)
	}
	if len(names) != 3 || names[0] != "Belgica" || names[1] != "Fram" || names[2] != "Vega" {
		t.Errorf("got %v", names)
	}
}

func TestManyLoadAtOnce(t *testing.T) {
	fleet := newFleet()
	ship := register(t, fleet, "Fram")
	var wait sync.WaitGroup
	for range 200 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			_, _ = fleet.Load(ship.ID, 1)
		}()
	}
	wait.Wait()
	if now, _ := fleet.Ship(ship.ID); now.Loaded != 100 {
		t.Errorf("she carries %d, want 100: the line", now.Loaded)
	}
}
