"""Which ship lies where. Knows nothing of HTTP; one instance serves all threads."""

from dataclasses import dataclass
from threading import Lock

from pydantic import BaseModel, ConfigDict, Field

# Water that must stay under the keel.
CLEARANCE_METRES = 0.5


class Call(BaseModel):
    """What a ship says when it asks for a berth. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    ship: str = Field(min_length=1, max_length=60)
    length: float = Field(gt=0, le=500)
    draught: float = Field(gt=0, le=30)
    kilograms: int = Field(default=0, ge=0, le=500_000_000)


@dataclass(frozen=True)
class Berth:
    name: str
    length: float
    depth: float

    def takes(self, call: Call) -> bool:
        return call.length <= self.length and call.draught + CLEARANCE_METRES <= self.depth


# Smallest first, so that the big berths are kept for ships that need them.
QUAY = (
    Berth("fish quay", 40, 4.5),
    Berth("ferry slip", 120, 7),
    Berth("east wall", 210, 11),
    Berth("deep water", 400, 17.5),
)


class NoBerth(Exception):
    """Every berth that would do is taken, or none is long and deep enough."""


class Harbour:
    def __init__(self, quay: tuple[Berth, ...] = QUAY) -> None:
        self._quay = quay
        self._moored: dict[str, Call] = {}
        self._lock = Lock()

    def moor(self, call: Call) -> str:
        """The name of the berth. A ship that has one already keeps it."""
        with self._lock:
            for berth, moored in self._moored.items():
                if moored.ship == call.ship:
                    return berth
            for berth in self._quay:
                if berth.name not in self._moored and berth.takes(call):
                    self._moored[berth.name] = call
                    return berth.name
        raise NoBerth(f"no berth for {call.ship}")

    def cast_off(self, ship: str) -> bool:
        with self._lock:
            for berth, moored in self._moored.items():
                if moored.ship == ship:
                    del self._moored[berth]
                    return True
        return False

    def moored(self) -> list[tuple[str, Call]]:
        with self._lock:
            return [(berth.name, self._moored[berth.name]) for berth in self._quay if berth.name in self._moored]
