"""Serves the ASGI app: `python -m harbour.serve`. gunicorn.conf.py is what gunicorn goes by."""

import os
import signal

import uvicorn

from harbour.asgi import create_app
from harbour.config import GRACE_SECONDS, read_config


def main() -> None:
    config = read_config(os.environ)
    # uvicorn raises the signal that stopped it once more when it has stopped. Nothing
    # is left to stop then, and the process shall end with 0.
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.run(
        create_app(),
        host="0.0.0.0",
        port=config.port,
        log_level=config.log_level,
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
