# SPDX-License-Identifier: BSL-1.0
"""Options: `--` ends them, short ones bundle, values attach, abbreviations are refused, the first
operand ends the options; an unknown one is usage on stderr and 64."""
from classic import Peer
from im import TOOLS, equal


def unknown_options_are_64_with_usage_on_stderr(w):
    person = w.person("alice", "127.0.0.1:9")
    for tool in TOOLS:
        for option in ("--nonsense", "-Z", "-qZ", "--quiet=yes"):
            run = person.run(tool, option, status=64)
            equal(run.out, "")
            lines = run.err.splitlines()
            assert lines[0].startswith(f"{tool}: ") and option.split("=")[0].lstrip("-")[-1] in lines[0], lines
            assert any(tool in line and ("usage" in line.lower() or "[" in line) for line in lines[1:]), lines


def abbreviated_long_options_are_refused(w):
    person = w.person("alice", "127.0.0.1:9")
    for tool in TOOLS:
        for option in ("--vers", "--hel", "--quie", "--verb", "--conf=/x"):
            equal(person.run(tool, option, status=64).out, "")


def a_missing_value_is_64(w):
    person = w.person("alice", "127.0.0.1:9")
    for tool, option in (("imindex", "-p"), ("imlogin", "-u"), ("imlisten", "-c"), ("imsend", "--server")):
        person.run(tool, option, status=64)


def wrong_values_are_64(w):
    person = w.person("alice", "127.0.0.1:9")
    for tool, *argv in (
            ("imindex", "-p", "65536"), ("imindex", "-p", "x"), ("imindex", "-p", "-1"), ("imindex", "-p", ""),
            ("imindex", "-b", "nonsense"), ("imindex", "--tcp-port=1e3"), ("imindex", "--profile=none"),
            ("imindex", "--classic-from=10.0.0.0/33"), ("imindex", "--classic-from="),
            ("imindex", "--classic-source=maybe"), ("imindex", "--classic-confirm=maybe"),
            ("imindex", "--classic-lease=soon"), ("imindex", "--max-users=-1"), ("imindex", "--max-per-ip=x"),
            ("imindex", "--rate=x"), ("imindex", "--ready-fd=x"), ("imindex", "operand"),
            ("imlogin", "-p", "0x10"), ("imlogin", "-b", "127.0.0.1"), ("imlogin", "-t", "5 s", "-l"),
            ("imlogin", "-t", "-1", "-l"), ("imlogin", "-w"), ("imlogin", "-i"), ("imlogin", "operand"),
            ("imlogin", "-l", "-o"), ("imlogin", "-s", "127.0.0.1:99999"), ("imlogin", "-s", ""),
            ("imlisten", "-c", "0x1"), ("imlisten", "-c", "-1"), ("imlisten", "-c", ""), ("imlisten", "-T", "talks"),
            ("imlisten", "-T", ""), ("imlisten", "-t", "1w"), ("imlisten", "-f", ""), ("imlisten", "operand"),
            ("imlisten", "-p", "1", "-b", "127.0.0.1:2"), ("imlisten", "--color=green"),
            ("imsend",), ("imsend", ""), ("imsend", "bob,", "x"), ("imsend", "--rate=x", "bob", "x"),
            ("imsend", "--commas=drop", "bob", "x"), ("imsend", "-t", "x", "bob", "x"),
            ("imsend", "bob@nowhere", "x"), ("imsend", "bob@127.0.0.1:0", "x"), ("imsend", "bob@127.0.0.1:x", "x"),
            ("imsend", "-T", "-J"), ("imsend", "-T", "bob", "x"), ("imsend", "-J", "bob", "x")):
        run = person.start(tool, *argv)
        run.fails(64, rf"{tool}: .*")
        equal(run.out, "", argv)


def short_options_bundle_and_values_attach(w):
    index = w.index()
    bob, = w.people(index, "bob")
    with Peer() as peer:
        for form in (["-qc2", "-Ttalk"], ["-q", "-c2", "--type=talk"], ["-q", "--count=2", "-T", "talk"],
                     ["-qTtalk", "--count", "2"]):
            listener = bob.start_ready("imlisten", *form)
            for _ in range(2):
                peer.send("talk,12:00:00,alice,hi", bob.local_endpoint())
            listener.ends(0)
            equal(listener.err, "")
            equal(len(listener.out.splitlines()), 2)
    bob.run("imsend", "-qv", "--classic", "bob@127.0.0.1:9", "x", status=69)


def the_first_operand_ends_the_options(w):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        to = f"bob@{peer.endpoint}"
        for argv, text in (([to, "disk", "-q"], "disk -q"), ([to, "-q"], "-q"), ([to, "--help"], "--help"),
                           (["--", to, "-x"], "-x"), ([to, "--", "x"], "-- x"), ([to, "a", "-", "b"], "a - b"),
                           ([to, "a", "", "b "], "a  b "), ([to, ""], "")):
            alice.send("--classic", *argv)
            equal(peer.text().split(",", 3)[3], text, argv)


def two_dashes_end_the_options(w):
    alice = w.person("alice", "127.0.0.1:9")
    alice.run("imsend", "--", "-q", "text", status=64)  # a name does not start with a dash
    alice.run("imlogin", "-i", "--", "-bob", status=64)
