// Package httpapi answers HTTP requests about a fleet.
package httpapi

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"plimsoll.example/sample-go/internal/fleet"
	"plimsoll.example/sample-go/internal/release"
)

const bodyLimit = 16 << 10

// New builds the whole API.
func New(log *slog.Logger, ships *fleet.Fleet) http.Handler {
	api := &api{log: log, fleet: ships}
	router := chi.NewRouter()
	router.Use(policy()...)
	// Outside the logged group: a health check every few seconds is no news.
	router.Get("/health", api.health)
	router.Group(func(router chi.Router) {
		router.Use(logged(log))
		router.Route("/api/ships", func(router chi.Router) {
			router.Get("/", api.list)
			router.Post("/", api.register)
			router.Get("/{id}", api.show)
			router.Delete("/{id}", api.scrap)
			router.Post("/{id}/load", api.load)
		})
	})
	router.NotFound(func(w http.ResponseWriter, r *http.Request) {
		api.answer(w, http.StatusNotFound, problem{Error: "nothing answers " + r.Method + " " + r.URL.Path})
	})
	return router
}

type api struct {
	log   *slog.Logger
	fleet *fleet.Fleet
}

type problem struct {
	Error  string            `json:"error"`
	Fields map[string]string `json:"fields,omitempty"`
}

type health struct {
	Status  string `json:"status"`
	Release string `json:"release"`
}

func (a *api) health(w http.ResponseWriter, _ *http.Request) {
	a.answer(w, http.StatusOK, health{Status: "ok", Release: release.Name})
}

func (a *api) list(w http.ResponseWriter, _ *http.Request) {
	a.answer(w, http.StatusOK, a.fleet.Ships())
}

func (a *api) register(w http.ResponseWriter, r *http.Request) {
	var order fleet.Order
	if !a.decode(w, r, &order) {
		return
	}
	ship, err := a.fleet.Register(order)
	if err != nil {
		a.refuse(w, err)
		return
	}
	w.Header().Set("Location", "/api/ships/"+ship.ID.String())
	a.answer(w, http.StatusCreated, ship)
}

func (a *api) show(w http.ResponseWriter, r *http.Request) {
	ship, err := a.fleet.Ship(id(r))
	if err != nil {
		a.refuse(w, err)
		return
	}
	a.answer(w, http.StatusOK, ship)
}

func (a *api) scrap(w http.ResponseWriter, r *http.Request) {
	if err := a.fleet.Scrap(id(r)); err != nil {
		a.refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) load(w http.ResponseWriter, r *http.Request) {
	var cargo struct {
		Tonnes int `json:"tonnes"`
	}
	if !a.decode(w, r, &cargo) {
		return
	}
	ship, err := a.fleet.Load(id(r), cargo.Tonnes)
	if err != nil {
		a.refuse(w, err)
		return
	}
	a.answer(w, http.StatusOK, ship)
}

// id is the ship's id from the path; one that cannot be read belongs to no ship.
func id(r *http.Request) uuid.UUID {
	parsed, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		return uuid.Nil
	}
	return parsed
}

func (a *api) decode(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		return true
	}
	status := http.StatusBadRequest
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	a.answer(w, status, problem{Error: "the body cannot be read: " + err.Error()})
	return false
}

func (a *api) refuse(w http.ResponseWriter, err error) {
	var invalid fleet.Invalid
	switch {
	case errors.As(err, &invalid):
		a.answer(w, http.StatusBadRequest, problem{Error: "invalid request", Fields: invalid})
	case errors.Is(err, fleet.ErrUnknown):
		a.answer(w, http.StatusNotFound, problem{Error: err.Error()})
	case errors.Is(err, fleet.ErrTooDeep), errors.Is(err, fleet.ErrTooLight):
		a.answer(w, http.StatusConflict, problem{Error: err.Error()})
	default:
		a.log.Error("request failed", "error", err)
		a.answer(w, http.StatusInternalServerError, problem{Error: "internal error"})
	}
}

func (a *api) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		a.log.Warn("answer not sent", "error", err)
	}
}
