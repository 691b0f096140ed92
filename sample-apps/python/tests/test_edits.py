"""plimsoll's dependency edit puts edits/* in the place of the app's files. They must stay
these files plus one dependency, or the rebuild measures something else."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).parent.parent
ADDED = "humanize"


def lines(file: str) -> list[str]:
    return (ROOT / file).read_text().splitlines()


def locked(file: str) -> dict[str, set[str]]:
    """The hashes of every requirement of a lock file."""
    found: dict[str, set[str]] = {}
    for line in lines(file):
        if requirement := re.match(r"\S+==\S+", line):
            current = found.setdefault(requirement[0], set())
        current_hash = re.search(r"--hash=(sha256:[0-9a-f]{64})", line)
        if current_hash:
            current.add(current_hash[1])
    return found


class Edits(unittest.TestCase):
    def test_one_more_dependency_is_asked_for(self) -> None:
        edited = lines("edits/requirements.in")
        edited.remove(ADDED)
        self.assertEqual(edited, lines("requirements.in"))

    def test_the_lock_file_has_it_and_nothing_else(self) -> None:
        edited = locked("edits/requirements.txt")
        added = [name for name in edited if name.startswith(f"{ADDED}==")]
        self.assertEqual(len(added), 1)
        self.assertTrue(edited.pop(added[0]))
        self.assertEqual(edited, locked("requirements.txt"))
        self.assertTrue(all(edited.values()))

    def test_the_nonce_has_its_place(self) -> None:
        self.assertEqual(lines("edits/requirements.txt")[0], "# {nonce}")

    def test_no_lock_file_names_a_registry(self) -> None:
        for file in ("requirements.txt", "edits/requirements.txt"):
            self.assertNotIn("://", (ROOT / file).read_text())

    def test_the_release_is_where_the_source_edit_looks(self) -> None:
        self.assertEqual((ROOT / "harbour/release.py").read_text().count("unreleased"), 1)
