import { Router } from "express";
import { HttpError } from "../errors.js";
import type { CargoRegister } from "./register.js";
import { cargoFilter, cargoInput, cargoPatch, type Cargo } from "./schema.js";

export function cargoRoutes(register: CargoRegister): Router {
  const router = Router();

  router.get("/", (request, response) => {
    const items = register.list(cargoFilter.parse(request.query));
    const kilograms = items.reduce((sum, cargo) => sum + cargo.kilograms, 0);
    response.json({ items, count: items.length, kilograms });
  });

  router.post("/", (request, response) => {
    const cargo = register.load(cargoInput.parse(request.body));
    response.status(201).location(`${request.baseUrl}/${cargo.id}`).json(cargo);
  });

  router.get("/:id", (request, response) => {
    response.json(onBoard(register.find(request.params.id)));
  });

  router.patch("/:id", (request, response) => {
    response.json(onBoard(register.change(request.params.id, cargoPatch.parse(request.body))));
  });

  router.delete("/:id", (request, response) => {
    if (!register.unload(request.params.id)) throw notOnBoard();
    response.status(204).end();
  });

  return router;
}

function onBoard(cargo: Cargo | undefined): Cargo {
  if (cargo === undefined) throw notOnBoard();
  return cargo;
}

function notOnBoard(): HttpError {
  return new HttpError(404, "no such cargo on board");
}
