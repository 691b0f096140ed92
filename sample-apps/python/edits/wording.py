"""Quantities as people read them."""

import humanize


def tonnes(kilograms: int) -> str:
    return f"{humanize.intcomma(kilograms / 1000, 1)} t"
