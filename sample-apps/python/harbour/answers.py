"""What both servers answer, as JSON in the bytes of orjson."""

from typing import Any

import orjson

from harbour.berths import Call, Harbour
from harbour.release import RELEASE
from harbour.wording import tonnes


def to_json(value: Any) -> bytes:
    return orjson.dumps(value)


def health() -> dict[str, str]:
    return {"status": "ok", "release": RELEASE}


def mooring(berth: str, call: Call) -> dict[str, Any]:
    return {"berth": berth, **call.model_dump(), "cargo": tonnes(call.kilograms)}


def moorings(harbour: Harbour) -> dict[str, Any]:
    moored = harbour.moored()
    total = sum(call.kilograms for _, call in moored)
    return {"moored": [mooring(berth, call) for berth, call in moored], "cargo": tonnes(total)}


def problem(text: str) -> dict[str, str]:
    return {"error": text}
