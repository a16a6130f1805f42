"""The table of README.md is true: each file that it names is there, and each row has a test that is
named after it."""

import pathlib
import re
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Issue by issue the rows that have to be there.
WANTED = {f"{letter}{number}" for letter, numbers in {
    "A": range(1, 16), "B": (*range(1, 7), 9, 10, 12), "E": range(1, 20), "F": range(1, 21),
    "G": (1, *range(3, 11)), "H": (1, 2, 3, 4, 6, 8)}.items() for number in numbers}


def rows():
    """(row, text of its tests)"""
    for line in (HERE / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 6 or not re.match(r"[A-H]\d", cells[1]):
            continue
        for part in cells[1].split(","):
            first, _, last = part.strip().partition("–")
            numbers = range(int(first[1:]), int((last or first)[1:]) + 1)
            for number in numbers:
                yield f"{first[0]}{number}", cells[3]


def file_of(name):
    if "/" in name:
        return ROOT / "tests" / f"{name}.py"
    if name.startswith("test_"):
        return HERE / f"{name}.py"
    found = list(ROOT.glob(f"src/**/{name}.cpp"))
    return found[0] if len(found) == 1 else ROOT / name


class TableTest(unittest.TestCase):
    def test_every_row_is_there_once(self):
        found = [row for row, _ in rows()]
        self.assertEqual(sorted(set(found)), sorted(found))
        self.assertEqual(WANTED - set(found), set())

    def test_every_row_has_a_test_of_its_name(self):
        for row, text in rows():
            with self.subTest(row=row):
                files = [file_of(name) for name in re.findall(r"`([\w/]*test_?\w*)`", text)]
                self.assertTrue(files)
                for file in files:
                    self.assertTrue(file.exists(), file)
                name = re.compile(rf"def test_(\w+_)?{row.lower()}_\w+\(self")
                self.assertTrue(any(name.search(file.read_text()) for file in files),
                                f"no test_{row.lower()}_… in {files}")


if __name__ == "__main__":
    unittest.main()
