"""The harbour without a server around it."""

import unittest

from pydantic import ValidationError

from harbour.berths import Berth, Call, Harbour, NoBerth
from harbour.config import read_config
from harbour.wording import tonnes


def call(ship: str = "Ida", length: float = 30, draught: float = 3) -> Call:
    return Call(ship=ship, length=length, draught=draught, kilograms=1_200)


class Berths(unittest.TestCase):
    def test_the_smallest_free_berth_that_fits_is_given(self) -> None:
        harbour = Harbour()
        self.assertEqual(harbour.moor(call("Ida")), "fish quay")
        self.assertEqual(harbour.moor(call("Eva")), "ferry slip")
        self.assertEqual(harbour.moor(call("Olga", length=300)), "deep water")

    def test_water_must_stay_under_the_keel(self) -> None:
        harbour = Harbour((Berth("pier", 100, 6),))
        with self.assertRaises(NoBerth):
            harbour.moor(call(draught=5.6))
        self.assertEqual(harbour.moor(call(draught=5.5)), "pier")

    def test_a_moored_ship_keeps_its_berth(self) -> None:
        harbour = Harbour()
        self.assertEqual(harbour.moor(call()), harbour.moor(call(length=200)))
        self.assertEqual(len(harbour.moored()), 1)

    def test_a_berth_is_free_again(self) -> None:
        harbour = Harbour((Berth("pier", 100, 6),))
        harbour.moor(call("Ida"))
        with self.assertRaises(NoBerth):
            harbour.moor(call("Eva"))
        self.assertTrue(harbour.cast_off("Ida"))
        self.assertFalse(harbour.cast_off("Ida"))
        self.assertEqual(harbour.moor(call("Eva")), "pier")

    def test_a_call_is_checked(self) -> None:
        for bad in [{"ship": " "}, {"length": 0}, {"draught": 31}, {"flag": "NO"}]:
            with self.subTest(bad), self.assertRaises(ValidationError):
                Call.model_validate({"ship": "Ida", "length": 30, "draught": 3} | bad)


class Words(unittest.TestCase):
    def test_tonnes(self) -> None:
        self.assertEqual(tonnes(0), "0.0 t")
        self.assertEqual(tonnes(1_250_400), "1,250.4 t")


class Settings(unittest.TestCase):
    def test_defaults_and_values(self) -> None:
        self.assertEqual(read_config({}).bind, "0.0.0.0:8000")
        self.assertEqual(read_config({"PORT": "9", "LOG_LEVEL": "error"}).port, 9)

    def test_a_bad_variable_is_named(self) -> None:
        for name, value in [("PORT", "-1"), ("PORT", "65536"), ("PORT", "x"), ("LOG_LEVEL", "loud")]:
            with self.subTest(name), self.assertRaisesRegex(ValueError, name):
                read_config({name: value})
