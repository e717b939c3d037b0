# SPDX-License-Identifier: BSL-1.0
"""stderr: program, what, why; lower case, no full stop; a second line `hint:` where we can guess;
and nothing of it on stdout.  -q silences hints and notices; errors are still said."""
import re

from classic import Peer
from im import equal


def _errors(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    nobody = w.person("nobody", "127.0.0.1:9")
    dead = Peer()
    dead.close()
    yield alice, ["imsend", "bob", "hi"], 67
    yield alice, ["imsend", f"bob@{dead.endpoint}", "hi"], 69
    yield alice, ["imsend", "a/b", "hi"], 64
    yield alice, ["imlogin", "-i", "bob", "--nonsense"], 64
    yield alice, ["imlogin", "--config=/nonexistent", "-l"], 66
    yield alice, ["imlisten", "-p", str(index.port), "-u", "other"], 71
    yield nobody, ["imlogin", "-t", "0.2"], 69
    yield nobody, ["imlogin", "-l"], 69
    yield nobody, ["imsend", "bob", "hi"], None
    yield nobody, ["imindex", "-p", str(index.port), "--state=none"], 71
    yield nobody, ["imindex", "-p", "0", "--state=/nonexistent/x.db"], 73


def each_error_has_the_form(w):
    for person, argv, status in _errors(w):
        run = person.start(*argv)
        got = run.wait()
        assert got == status or status is None and got > 0, run.story(f"not {status}")
        equal(run.out, "", argv)
        for line in run.err.splitlines():
            if line.lower().startswith(("usage", " ")):
                continue
            assert line.startswith(argv[0] + ": "), line
            said = line.split(": ", 1)[1]
            assert said[:1] == said[:1].lower(), line
            assert not re.search(r"[.!]$", line), line
        assert run.err, argv


def quiet_leaves_the_error_and_takes_the_hint(w):
    for person, argv, _ in _errors(w):
        run = person.start(argv[0], "-q", *argv[1:])
        run.wait()
        assert run.err, f"{argv}: errors are still said"
        assert "hint:" not in run.err and "notice:" not in run.err, run.err


def the_printed_example_holds(w):
    index = w.index()
    bob, = w.people(index, "bob")
    bob.login()
    equal(bob.run("imsend", "alice", "hi", status=67).err.splitlines()[0], "imsend: alice: no such user")


def hints_name_the_program(w):
    nobody = w.person("nobody", "127.0.0.1:9")
    lines = nobody.run("imlogin", "-l", status=69).err.splitlines()
    assert any(line.startswith("imlogin: hint: ") and "log in" in line for line in lines), lines


def the_first_sealed_login_says_the_keys_and_only_that(w):
    index = w.index()
    for argv, said in ((["imlogin"], 2), (["imlogin", "-q"], 0)):
        alice, = w.people(index, "alice" + str(said), sealed=True)
        equal(alice.run(*argv).err.count("imlogin: notice: "), said, argv)
        equal(alice.run("imlogin").err, "")


def control_characters_of_operands_do_not_reach_the_terminal(w):
    alice, = w.people(w.index(), "alice")
    alice.login()
    for argv in (["imsend", "\x1b[2J", "hi"], ["imlogin", "-u", "\x1b[2J"], ["imlisten", "-T", "\x1b[2J"],
                 ["imlogin", "--\x1b[2J"], ["imlisten", "-t", "\x1b[2J"], ["imlogin", "-s", "\x1b[2J"]):
        run = alice.start(*argv)
        assert run.wait() in (64, 68), run.story("")
        assert "\x1b" not in run.err, run.err
