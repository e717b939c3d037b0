# SPDX-License-Identifier: BSL-1.0
"""COVERAGE.md names every scenario of this folder, and nothing that is not there."""
import pathlib
import re

from im import equal

HERE = pathlib.Path(__file__).parent


def it_names_every_scenario_and_no_other(w):
    there = {path.stem for path in HERE.glob("*.py")} - {pathlib.Path(__file__).stem}
    named = set(re.findall(r"\b[a-z0-9]+(?:_[a-z0-9]+){2,}\b", (HERE / "COVERAGE.md").read_text()))
    equal(there - named, set(), "scenarios that the table does not name")
    equal(named - there - {"name_test"}, set(), "names in the table without a scenario")


def the_cases_it_names_exist(w):
    for scenario, case in re.findall(r"\b([a-z0-9]+(?:_[a-z0-9]+){2,}): ([a-z][a-z0-9 ,-]+)",
                                     (HERE / "COVERAGE.md").read_text()):
        cases = re.findall(r"^def (\w+)\(w\):", (HERE / f"{scenario}.py").read_text(), re.M)
        for name in filter(None, case.split(",")):
            assert any(name.strip().replace(" ", "_") in found for found in cases), f"{scenario}: {name}"
