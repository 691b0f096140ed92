"""The harbour as an ASGI app: FastAPI, to be served by uvicorn."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from harbour import answers
from harbour.berths import Call, Harbour, NoBerth


class Json(Response):
    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return answers.to_json(content)


def create_app() -> FastAPI:
    app = FastAPI(title="harbour", docs_url=None, redoc_url=None)
    harbour = Harbour()

    @app.get("/health")
    async def health() -> Response:
        return Json(answers.health())

    @app.get("/api/moorings")
    async def moorings() -> Response:
        return Json(answers.moorings(harbour))

    @app.post("/api/moorings")
    async def moor(call: Call) -> Response:
        return Json(answers.mooring(harbour.moor(call), call), 201)

    @app.delete("/api/moorings/{ship}")
    async def cast_off(ship: str) -> Response:
        if harbour.cast_off(ship):
            return Response(status_code=204)
        raise HTTPException(404, "no such ship is moored")

    @app.exception_handler(RequestValidationError)
    async def bad_call(_request: Request, error: RequestValidationError) -> Response:
        return Json(answers.problem(f"{len(error.errors())} fields are wrong"), 422)

    @app.exception_handler(NoBerth)
    async def no_berth(_request: Request, error: NoBerth) -> Response:
        return Json(answers.problem(str(error)), 409)

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> Response:
        return Json(answers.problem(error.detail), error.status_code)

    return app
