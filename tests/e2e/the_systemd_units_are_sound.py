# SPDX-License-Identifier: BSL-1.0
"""contrib/systemd: systemd finds no fault with the units, imindex.service exposes little, and their
command lines are ones that the programs take."""
import os
import pathlib
import re
import shutil
import signal

from im import equal, matches, needs, until

UNITS = pathlib.Path(os.environ.get("IM_UNITS", "/nonexistent"))


def _unit(name):
    needs(UNITS.is_dir(), "IM_UNITS does not name the folder of the units")
    return (UNITS / name).read_text()


def _copies(w):
    """The units with the programs of this build; systemd-analyze looks whether they are there."""
    folder = w.dir / "units"
    folder.mkdir()
    for path in UNITS.rglob("im*.*"):
        text = re.sub(r"(?<=[ =])/\S*/(imindex|imlisten)(?=\s)", lambda m: str(w.bin / m[1]), _unit(path))
        (folder / path.name).write_text(text)
    return folder


def _analyze(w, *args):
    needs(shutil.which("systemd-analyze"), "no systemd-analyze")
    return w.person("admin").run("systemd-analyze", *args)


def _exec_start(unit):
    """The command line as systemd reads it, but for words and specifiers."""
    return matches(r".*\nExecStart=((?:[^\n]*\\\n)*[^\n]*)\n.*", unit)[1].replace("\\\n", " ")


def systemd_finds_no_fault_with_the_units_of_the_system(w):
    folder = _copies(w)
    run = _analyze(w, "verify", "--man=no", "--recursive-errors=no", *sorted(folder.glob("imindex.*")))
    equal(run.err + run.out, "")


def systemd_finds_no_fault_with_the_units_of_users(w):
    folder = _copies(w)
    (folder / "imlisten@.service").rename(folder / "imlisten@bob.service")
    run = _analyze(w, "verify", "--user", "--man=no", "--recursive-errors=no", folder / "imlisten@bob.service")
    equal(run.err + run.out, "")


def imindex_is_exposed_to_little(w):
    run = _analyze(w, "security", "--offline=true", "--threshold=20", "--no-pager",
                   _copies(w) / "imindex.service")
    level = matches(r".*exposure level for imindex\.service: ([\d.]+) .*", run.out)[1]
    assert float(level) <= 2.0, level


def imindex_takes_the_options_of_its_unit(w):
    program, *options = _exec_start(_unit("imindex.service")).split()
    equal(pathlib.Path(program).name, "imindex")
    w.person("index").run("imindex", "--test", *options)


def imlisten_is_who_the_instance_says(w):
    index = w.index()
    words = _exec_start(_unit("user/imlisten@.service"))
    script, program = matches(r"/bin/sh -c '(.*)' (\S+/imlisten) %i", words).groups()
    script = script.replace("%%", "%").replace("$$", "$")
    for instance, env in ((f"bob@{index.server}", {}), ("alice", {"IM_SERVER": index.server})):
        person = w.person("somebody")
        listener = person.start("/bin/sh", "-c", script, w.bin / pathlib.Path(program).name, instance, env=env)
        name = instance.split("@")[0]
        until(lambda: name in index.roster(), f"{name} is online")
        listener.signal(signal.SIGTERM)
        listener.dies_by(signal.SIGTERM)
        assert name not in index.roster()
