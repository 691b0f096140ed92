"""The settings, from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

# How long requests in flight may take to finish once the server is told to stop.
GRACE_SECONDS = 2


@dataclass(frozen=True)
class Config:
    port: int = 8000
    log_level: str = "info"

    @property
    def bind(self) -> str:
        return f"0.0.0.0:{self.port}"


def read_config(environment: Mapping[str, str]) -> Config:
    """Raises a ValueError that names the bad variable."""
    port = environment.get("PORT", "8000")
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError(f"PORT must be a number from 0 to 65535, not {port!r}")
    level = environment.get("LOG_LEVEL", "info")
    if level not in {"critical", "error", "warning", "info", "debug"}:
        raise ValueError(f"LOG_LEVEL is not a level: {level!r}")
    return Config(port=int(port), log_level=level)
