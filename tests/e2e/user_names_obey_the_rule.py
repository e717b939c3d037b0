# SPDX-License-Identifier: BSL-1.0
"""User names: 1 to 32 bytes of UTF-8 and what may not be in them; on the command line 64, at the
index refused, on a roster not believed."""
from classic import Peer, ScriptedIndex
from im import equal, until

GOOD = ["a", "天涯", "a b", "x" * 32, "一二三四五六七八九十", "end1", "anend", "a-b", "_", "\"'$%&()*+<=>?[]^`{|}~!#.",
        "é", "e\u0301", "😀", "Alice", "alice", "0", "a b c"]
BAD = ["", "x" * 33, "一二三四五六七八九十一", "a,b", "a;b", "a:b", "a/b", "a@b", "a\\b", "a\tb", "a\nb", "a\x01b", "a\x7fb",
       "a\u0085b", "a\u009bb", " a", "a ", "a  b", "a\u00a0b", "a\u3000b", "a\u2003b", "a\u1680b", "a\u2028b", "a\u202eb",
       "a\u200eb", "a\u2066b", "a\u061cb", "-a", "end", "END", "eNd"]


def good_ones_log_in(w):
    index = w.index()
    with Peer() as peer:
        for name in GOOD:
            peer.login(name, index.server)
        equal(set(index.roster()), set(GOOD), "compared byte by byte")
    for name in GOOD[:4]:
        me = w.person("me", index.server)
        me.run("imlogin", "-q", "--classic", "-u", name)
        assert f"\n{name}\t" in "\n" + me.run("imlogin", "-l", "-u", name).out


def bad_ones_are_64_on_the_command_line(w):
    me = w.person("me", "127.0.0.1:9")
    for name in BAD:
        for argv in (["imlogin", "--classic", f"--user={name}"], ["imlisten", "--classic", f"--user={name}"]):
            run = me.run(*argv, status=64)
            equal(run.out, "")
            assert "\x9b" not in run.err and "\u202e" not in run.err
    for raw in (b"a\xff", b"\xc0\x80", b"\xed\xa0\x80"):
        me.run("imlogin", "--classic", "-u", raw.decode("utf-8", "surrogateescape"), status=64)


def bad_ones_are_refused_by_the_index(w):
    index = w.index("--rate=0")
    with Peer() as peer:
        for name in BAD:
            if not set(name) & set(",") and name.strip() == name:
                peer.send(f"login,{name},{peer.endpoint}", index.server)
        peer.send(f"login,fence,{peer.endpoint}", index.server)
        until(lambda: "fence" in index.roster(), "the fence")
        equal(set(index.roster()), {"fence"})


def bad_ones_on_a_roster_do_not_reach_the_session(w):
    index = w.closing(ScriptedIndex())
    index.users = [("a\tb", "127.0.0.1:5000"), ("a\nb", "127.0.0.1:5001"), ("good", "127.0.0.1:5002")]
    alice, = w.people(index, "alice")
    alice.login()
    users = alice.session().partition("\n\n")[2].splitlines()
    for line in users:
        equal(len(line.split("\t")), 2, line)
    assert "good\t127.0.0.1:5002" in users
