"""Names the build that answers; `/health` reports it. plimsoll's source edit rewrites it."""

RELEASE = "unreleased"
