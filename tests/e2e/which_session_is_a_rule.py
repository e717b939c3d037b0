# SPDX-License-Identifier: BSL-1.0
"""Which session: that of -u and -s, the host compared by its address; without them the only one;
with several 64 and their list.  And where the user's name and the files come from."""
import os
import pwd
import re

from classic import Peer, ScriptedIndex
from im import equal


def _bare(w):
    """A person without IM_SERVER and IM_USER."""
    return w.person("someone")


def the_only_one_is_taken(w):
    index = w.index()
    me = _bare(w)
    me.run("imlogin", "-q", "--classic", "-s", index.server, "-u", "alice")
    with Peer() as bob:
        bob.login("bob", index.server)
        me.send("bob", "hi")
        equal(bob.text().split(",")[2:], ["alice", "hi"])
    assert me.run("imlogin", "-l").out.startswith("alice\tonline\tself")
    me.run("imlogin", "-i", "bob")
    listener = me.start_ready("imlisten", "-q", "-T", "talk")
    listener.signal(15)
    listener.dies_by(15)
    equal(me.sessions(), [])


def of_several_none_is_chosen(w):
    index = w.index()
    me = _bare(w)
    for name in ("zoe", "alice", "mia", "anna"):
        me.run("imlogin", "-q", "--classic", "-s", index.server, "-u", name)
    listed = re.findall(r"(\w+)@" + re.escape(index.server), me.run("imlogin", "-l", status=64).err)
    equal(listed, ["alice", "anna", "mia", "zoe"])
    for name in ("zoe", "mia"):
        me.run("imlogin", "-o", "-u", name)
    for argv in (["imsend", "bob", "x"], ["imlogin", "-l"], ["imlisten"], ["imlogin", "-o"]):
        run = me.run(*argv, status=64)
        for name in ("alice", "anna"):
            assert f"{name}@{index.server}" in run.err, run.err
        equal(run.out, "")
    with Peer() as bob:
        for name in ("alice", "anna"):
            me.send("-u", name, f"bob@{bob.endpoint}", "hi")
            equal(bob.text().split(",")[2], name)
            me.send(f"bob@{bob.endpoint}", "hi", env={"IM_USER": name})
            equal(bob.text().split(",")[2], name)
    me.run("imlogin", "-o", "-u", "anna")
    assert me.run("imlogin", "-l").out.startswith("alice\tonline\tself")


def the_server_chooses_too(w):
    one, two = w.index(), w.index()
    me = _bare(w)
    for index in (one, two):
        me.run("imlogin", "-q", "--classic", "-s", index.server, "-u", "alice")
    me.run("imlogin", "-l", status=64)
    with Peer() as carol:
        carol.login("carol", two.server)
        me.run("imlogin", "-s", two.server, "-i", "carol")
        me.run("imlogin", "-s", one.server, "-i", "carol", status=1)
        me.run("imlogin", "-i", "carol", env={"IM_SERVER": two.server})
        me.write_config("im.conf", f"server = {two.server}\n")
        me.run("imlogin", "-i", "carol")


def the_host_is_compared_by_its_address(w):
    index = w.index()
    me = _bare(w)
    me.run("imlogin", "-q", "--classic", "-s", f"localhost:{index.port}", "-u", "alice")
    path, = me.sessions()
    assert path.name in (f"alice@127.0.0.1:{index.port}.session", f"alice@[::1]:{index.port}.session"), path.name
    address = path.name.split("@")[1].rsplit(":", 1)[0]
    with Peer() as bob:
        for server in (f"localhost:{index.port}", f"{address}:{index.port}"):
            me.send("-s", server, "-u", "alice", f"bob@{bob.endpoint}", "hi")
            equal(bob.text().split(",")[2], "alice")


def the_users_name_defaults(w):
    index = w.index()
    me = _bare(w)
    login = pwd.getpwuid(os.getuid()).pw_name
    me.run("imlogin", "-q", "--classic", "-s", index.server)
    equal(set(index.roster()), {login})
    me.run("imlogin", "-o")
    me.run("imlogin", "-q", "--classic", "-s", index.server, env={"IM_USER": "from-env"})
    me.run("imlogin", "-o")
    me.run("imlogin", "-q", "--classic", "-s", index.server, "-u", "only")
    me.run("imlogin", "-q", "--classic", "-s", index.server)  # renews the only session's user
    equal(set(index.roster()), {"only"})


def the_default_port_is_4649(w):
    with ScriptedIndex("127.46.49.1", 4649) as index:
        me = _bare(w)
        me.run("imlogin", "-q", "--classic", "-s", "127.46.49.1", "-u", "alice")
        equal([p.name for p in me.sessions()], ["alice@127.46.49.1:4649.session"])
        equal([u[0] for u in index.users], ["alice"])


def without_xdg_runtime_dir_the_state_home_is_used(w):
    index = w.index()
    for env, folder in (({}, ".local/state/im/run"), ({"XDG_STATE_HOME": "{home}/elsewhere"}, "elsewhere/im/run")):
        me, = w.people(index, "alice")
        me.env.update({k: v.format(home=me.home) for k, v in env.items()})
        del me.env["XDG_RUNTIME_DIR"]
        me.run("imlogin", "-q", "--classic")
        equal([p.name for p in (me.home / folder).iterdir()], [f"alice@{index.server}.session"])
        me.run("imlogin", "-i", "alice")


def the_session_of_ipv6_has_brackets(w):
    index = w.index("-b", "::1")
    me, = w.people(f"[::1]:{index.port}", "alice")
    me.login()
    equal([p.name for p in me.sessions()], [f"alice@[::1]:{index.port}.session"])
    assert me.run("imlogin", "-l").out.startswith("alice\tonline\tself\t[::1]:")


def a_broken_session_file_does_no_harm(w):
    index = w.index()
    me, = w.people(index, "alice")
    me.login()
    path, = me.sessions()
    good = path.read_bytes()
    for bad in (b"", b"\0" * 5000, good[:40], b"im session 99\n" + good, good.replace(b"classic", b"sealed"),
                good + b"\xff\xff\tnonsense\n", b"x" * 2_000_000):
        path.write_bytes(bad)
        run = me.start("imsend", "nobody", "x")
        assert run.wait() in (67, 69, 73, 76, 78), run.story("a broken session")
        assert run.err.startswith("imsend: "), run.err


def an_endpoint_that_contradicts_the_session_is_64(w):
    me, = w.people(w.index(), "alice")
    me.login()
    me.run("imlisten", "-p", str(int(me.local_endpoint().split(":")[1]) ^ 1), status=64)
