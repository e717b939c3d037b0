# SPDX-License-Identifier: BSL-1.0
"""Keys as ssh has them: made silently, pinned on first use, loud when they change, never overridden by
a habit; and nothing ever falls back to classic by itself."""
import re
import socket

from classic import Peer
from im import equal, free_port, matches

KEY = "ed25519:[A-Za-z0-9_-]{43}"


def the_first_login_makes_the_key_and_says_both(w):
    index = w.index("--state=none")
    alice, = w.people(index, "alice", sealed=True)
    run = alice.run("imlogin")
    mine, its = re.findall(KEY, run.err)
    equal(alice.run("imlogin", "--key").out, mine + "\n")
    equal(alice.run("imlogin").err, "", "the second login has nothing to say")
    home = alice.home / ".local/share/im"
    equal((home / "identity").stat().st_mode & 0o777, 0o600)
    known = (home / "known").read_text()
    assert re.search(rf"^index\t{re.escape(index.server)}\t{its}\t", known, re.M), known
    (home / "identity").chmod(0o644)
    for tool in ("imlogin", "imlisten"):
        alice.start(tool).fails(77, rf"{tool}: .*identity.*")


def a_changed_key_of_the_index_is_77_and_loud(w):
    port = free_port()
    index = w.index("--state=none", port=port)
    alice, = w.people(index, "alice", sealed=True)
    alice.login()
    index.kill9()
    other = w.index("--state=none", port=port, person=w.person("another"))
    for argv in (["imlogin"], ["imlogin", "-l"], ["imlisten"]):
        run = alice.start(*argv).fails(77, rf"{argv[0]}: .*KEY OF THE INDEX HAS CHANGED.*")
        equal(len(re.findall(KEY, run.err)), 2)
    equal(run.out.splitlines()[-1].split("\t")[1:4], ["key", "-", "BAD"], "and imlisten has a record of it")
    alice.start("imlogin", "--classic").fails(77, "imlogin: .*is known as a sealed index.*")
    assert "alice" not in other.roster()
    alice.run("imlogin", "--classic", "--force", "-q")
    assert "alice" in other.roster()


def nothing_falls_back_to_classic(w):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        alice = w.person("alice", f"127.0.0.1:{silent.getsockname()[1]}", sealed=True)
        alice.run("imlogin", "--key")
        run = alice.start("imlogin", "-t", "1.2").fails(69, "imlogin: .*: no sealed index answers there")
        assert run.err.splitlines()[-1].startswith("imlogin: hint: --classic"), run.err
        silent.settimeout(0.1)
        heard = []
        try:
            while True:
                heard.append(silent.recv(2000))
        except socket.timeout:
            pass
        assert heard and all(one.decode("utf-16-le").startswith("hello,") for one in heard), heard
    classic = w.index("--profile=classic", "--state=none")
    alice = w.person("alice", classic.server, sealed=True)
    alice.start("imlogin", "-q", "-t", "0.3").fails(69, "imlogin: .*: no sealed index answers there")
    equal(classic.roster(), {})


def people_are_verified_trusted_and_forgotten(w):
    index = w.index("--state=none")
    alice, bob = w.people(index, "alice", "bob", sealed=True)
    alice.login()
    bob.login()

    def trust():
        lines = alice.run("imlogin", "-l").out.splitlines()
        return dict((line.split("\t")[0], line.split("\t")[2]) for line in lines)

    equal(trust(), {"alice": "self", "bob": "new"})
    words = alice.run("imlogin", "--verify=bob", stdin=b"no\n", status=1).out
    matches("([a-z]+ ){5}[a-z]+\n", words)
    equal(bob.run("imlogin", "--verify=alice", stdin=b"yes\n").out, words, "both see the same")
    equal(trust()["bob"], "new")
    alice.run("imlogin", "--trust", "bob")
    equal(trust()["bob"], "ok")
    equal(alice.run("imlogin", "--verify=bob", stdin=b"yes\n").out, words)
    equal(trust()["bob"], "verified")
    other = "ed25519:" + "A" * 42 + "E"
    alice.run("imlogin", "--trust", "bob", other)
    equal(trust()["bob"], "BAD")
    equal(alice.run("imlogin", "-i", "bob").out.split("\t")[2], "BAD")
    alice.run("imlogin", "--forget=bob")
    equal(trust()["bob"], "new")
    alice.run("imlogin", "--forget=bob", status=1)
    alice.run("imlogin", "--trust", "nobody", status=67)
    alice.run("imlogin", "--trust", "bob", "ed25519:short", status=64)


def a_classic_user_of_both_profiles_has_trust_none(w):
    index = w.index("--state=none")
    alice, = w.people(index, "alice", sealed=True)
    with Peer() as carol:
        carol.send(f"login,carol,{carol.endpoint}", index.server)
        alice.login()
        lines = [line.split("\t") for line in alice.run("imlogin", "-l").out.splitlines()]
        equal([line[:3] for line in lines], [["alice", "online", "self"], ["carol", "online", "none"]])
        equal(alice.run("imlogin", "-i", "carol").out.split("\t")[2], "none")
