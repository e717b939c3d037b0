# SPDX-License-Identifier: BSL-1.0
"""Every option of --help is in the manual, and the other way round."""
import pathlib
import re
import shutil
import subprocess

from im import TOOLS, equal, needs

MAN = pathlib.Path(__file__).resolve().parents[2] / "man"
OPTION = re.compile(r"--?[A-Za-z0-9][a-z0-9-]*")


def _manual(tool):
    """Options that head an item of the rendered manual: lines indented by five that begin with -."""
    page = MAN / f"{tool}.{8 if tool == 'imindex' else 1}"
    text = subprocess.run(["mandoc", "-T", "ascii", page], capture_output=True, text=True, check=True).stdout
    text = re.sub(r".\x08", "", text)
    heads = [line.strip().split("  ")[0] for line in text.splitlines() if re.match(r" {5}-", line)]
    return {name for head in heads for name in OPTION.findall(re.sub(r"=\S*", "", head))}


def _help(w, tool):
    text = w.person("alice").run(tool, "--help").out
    heads = re.findall(r"^ +((?:-\w, )?--[a-z0-9-]+|-\w\b)", text, re.M)
    return {name for head in heads for name in OPTION.findall(head)}


def every_option_is_in_both(w):
    needs(shutil.which("mandoc"), "no mandoc")
    for tool in TOOLS:
        manual, help_ = _manual(tool), _help(w, tool)
        assert len(help_) > 15, help_
        equal(sorted(help_ - manual), [], f"{tool}: in --help, not in the manual")
        equal(sorted(manual - help_), [], f"{tool}: in the manual, not in --help")
