"""Quantities as people read them."""


def tonnes(kilograms: int) -> str:
    return f"{kilograms / 1000:,.1f} t"
