# SPDX-License-Identifier: BSL-1.0
"""-h, --help on stdout, exit 0: one line of purpose, synopsis, options, three examples, the name of
the manual page.  -V, --version."""
import re

from im import TOOLS, equal


def help_is_complete(w):
    person = w.person("alice")
    for tool in TOOLS:
        long, short = person.run(tool, "--help"), person.run(tool, "-h")
        equal(long.out, short.out)
        equal(long.err, "")
        lines = long.out.splitlines()
        assert lines[0].startswith(tool) and len(lines[0]) <= 80, lines[0]
        assert any(line.lower().startswith(("usage: " + tool, "  " + tool, tool + " [")) for line in lines[1:8]), lines[:8]
        assert len(re.findall(rf"^\s+.*\b{tool}\b.*$", long.out.lower().split("examples", 1)[1], re.M)) >= 3
        section = 8 if tool == "imindex" else 1
        assert f"{tool}({section})" in long.out, "the manual page"
        assert max(len(line) for line in lines) <= 100, max(lines, key=len)
        for option in ("-h", "--help", "-V", "--version", "-q", "--quiet", "-v", "--verbose", "-C",
                       "--config", "--color"):
            assert option in long.out, f"{tool}: {option}"


def version_names_the_program(w):
    person = w.person("alice")
    for tool in TOOLS:
        for option in ("-V", "--version"):
            run = person.run(tool, option)
            assert re.match(rf"{tool} .*\d+\.\d+\.\d+", run.out), run.out
            equal(run.err, "")


def help_wins_over_what_follows(w):
    person = w.person("alice")
    for tool in TOOLS:
        assert person.run(tool, "--help", "operand").out


def help_needs_no_home_and_no_network(w):
    person = w.person("alice")
    nothing = {k: None for k in person.env if k not in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}
    for tool in TOOLS:
        person.run(tool, "--help", env=nothing)


SEALED = {
    "imlogin": (["-x", "-i", "bob"],),
}


def what_needs_the_sealed_profile_says_so(w):
    person = w.person("alice", "127.0.0.1:9")
    for tool, uses in SEALED.items():
        assert "sealed profile (not in this release)" in person.run(tool, "--help").out
        for argv in uses:
            run = person.start(tool, *argv).fails(64, rf"{tool}: --?[a-zA-Z-]+: ('sealed': )?needs the sealed profile")
            equal(run.out, "")
