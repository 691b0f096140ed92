"""The harbour as a WSGI app: Flask, to be served by gunicorn."""

from flask import Flask, Response, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from harbour import answers
from harbour.berths import Call, Harbour, NoBerth


def create_app() -> Flask:
    app = Flask(__name__)
    harbour = Harbour()

    @app.get("/health")
    def health() -> Response:
        return reply(answers.health())

    @app.get("/api/moorings")
    def moorings() -> Response:
        return reply(answers.moorings(harbour))

    @app.post("/api/moorings")
    def moor() -> Response:
        call = Call.model_validate_json(request.get_data())
        return reply(answers.mooring(harbour.moor(call), call), 201)

    @app.delete("/api/moorings/<ship>")
    def cast_off(ship: str) -> Response:
        if harbour.cast_off(ship):
            return Response(status=204)
        return reply(answers.problem("no such ship is moored"), 404)

    @app.errorhandler(ValidationError)
    def bad_call(error: ValidationError) -> Response:
        return reply(answers.problem(f"{error.error_count()} fields are wrong"), 422)

    @app.errorhandler(NoBerth)
    def no_berth(error: NoBerth) -> Response:
        return reply(answers.problem(str(error)), 409)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        return reply(answers.problem(error.name), error.code or 500)

    return app


def reply(value: object, status: int = 200) -> Response:
    return Response(answers.to_json(value), status, content_type="application/json")
