"""A harbour that gives arriving ships a berth, served by Flask and by FastAPI."""
