"""Read by gunicorn from the folder that it is started in."""

import os

from harbour.config import GRACE_SECONDS, read_config

_config = read_config(os.environ)

wsgi_app = "harbour.wsgi:create_app()"
bind = _config.bind
loglevel = _config.log_level
# The moorings are in memory: one process, whose threads share them.
workers = 1
threads = 4
graceful_timeout = GRACE_SECONDS
# Neither may ask for a disk that can be written to.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
