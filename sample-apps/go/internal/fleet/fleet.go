// Package fleet keeps ships, and how deep each is loaded, in memory.
package fleet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

var (
	// ErrUnknown says that no ship has the id.
	ErrUnknown = errors.New("no such ship")
	// ErrTooDeep says that the ship would lie below her line.
	ErrTooDeep = errors.New("the ship would lie below her line")
	// ErrTooLight says that more would be unloaded than is on board.
	ErrTooLight = errors.New("so much is not on board")
)

// Invalid lists the fields of an order that are wrong, and why.
type Invalid map[string]string

func (i Invalid) Error() string {
	fields := make([]string, 0, len(i))
	for field, reason := range i {
		fields = append(fields, field+": "+reason)
	}
	slices.Sort(fields)
	return strings.Join(fields, "; ")
}

// Order says what ship to register.
type Order struct {
	Name       string `json:"name"`
	Deadweight int    `json:"deadweightTonnes"`
	HomeZone   string `json:"homeZone"`
}

// Check returns an Invalid that names every wrong field, or nil.
func (o Order) Check() error {
	wrong := Invalid{}
	if name := strings.TrimSpace(o.Name); name == "" || len(name) > 80 {
		wrong["name"] = "must have 1 to 80 characters"
	}
	if o.Deadweight < 1 || o.Deadweight > 500_000 {
		wrong["deadweightTonnes"] = "must be from 1 to 500000"
	}
	if o.HomeZone == "Local" {
		wrong["homeZone"] = "must be a time zone such as Europe/Oslo"
	} else if _, err := time.LoadLocation(o.HomeZone); err != nil {
		wrong["homeZone"] = "must be a time zone such as Europe/Oslo"
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

// Ship is one ship of the fleet.
type Ship struct {
	ID         uuid.UUID `json:"id"`
	Name       string    `json:"name"`
	Deadweight int       `json:"deadweightTonnes"`
	Loaded     int       `json:"loadedTonnes"`
	HomeZone   string    `json:"homeZone"`
	Registered time.Time `json:"registered"`
}

// Fleet is safe for use by many goroutines at once.
type Fleet struct {
	mu    sync.RWMutex
	ships map[uuid.UUID]Ship
	now   func() time.Time
}

// New makes an empty fleet that takes the time from now.
func New(now func() time.Time) *Fleet {
	return &Fleet{ships: map[uuid.UUID]Ship{}, now: now}
}

// Register adds a ship; its time of registration is in the zone of its home.
func (f *Fleet) Register(order Order) (Ship, error) {
	if err := order.Check(); err != nil {
		return Ship{}, err
	}
	zone, err := time.LoadLocation(order.HomeZone)
	if err != nil {
		return Ship{}, fmt.Errorf("time zone %s: %w", order.HomeZone, err)
	}
	ship := Ship{
		ID:         uuid.New(),
		Name:       strings.TrimSpace(order.Name),
		Deadweight: order.Deadweight,
		HomeZone:   zone.String(),
		Registered: f.now().In(zone),
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ships[ship.ID] = ship
	return ship, nil
}

// Ships lists the fleet by name.
func (f *Fleet) Ships() []Ship {
	f.mu.RLock()
	defer f.mu.RUnlock()
	ships := make([]Ship, 0, len(f.ships))
	for _, ship := range f.ships {
		ships = append(ships, ship)
	}
	slices.SortFunc(ships, func(a, b Ship) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.ID.String(), b.ID.String())
	})
	return ships
}

// Ship finds one ship.
func (f *Fleet) Ship(id uuid.UUID) (Ship, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	ship, ok := f.ships[id]
	if !ok {
		return Ship{}, ErrUnknown
	}
	return ship, nil
}

// Load puts tonnes on board, or takes them off if negative.
func (f *Fleet) Load(id uuid.UUID, tonnes int) (Ship, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ship, ok := f.ships[id]
	switch {
	case !ok:
		return Ship{}, ErrUnknown
	case tonnes > ship.Deadweight-ship.Loaded:
		return Ship{}, ErrTooDeep
	case tonnes < -ship.Loaded:
		return Ship{}, ErrTooLight
	}
	ship.Loaded += tonnes
	f.ships[id] = ship
	return ship, nil
}

// Scrap removes a ship.
func (f *Fleet) Scrap(id uuid.UUID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.ships[id]; !ok {
		return ErrUnknown
	}
	delete(f.ships, id)
	return nil
}
