# SPDX-License-Identifier: BSL-1.0
"""imindex --state: durable names and roster, so that a restart and kill -9 lose nothing; one file,
one process; damaged 78."""
import signal

from classic import Peer
from im import equal, free_port, until
from records import rest


def kill_9_loses_no_confirmed_login(w):
    port, state = free_port(), w.dir / "state.db"
    index = w.index(f"--state={state}", "--rate=0", port=port)
    with Peer() as peer:
        for n in range(200):
            peer.login(f"user{n}", index.server)
        peer.logout("user7", index.server)
        until(lambda: "user7" not in index.roster(), "gone")
    before = index.roster()
    index.kill9()
    again = w.index(f"--state={state}", port=port)
    after = again.roster()
    equal(after, before)
    equal(len(after), 199)


def a_log_that_is_lost_after_kill_9_is_78(w):
    port, state = free_port(), w.dir / "state.db"
    log = w.dir / "state.db-wal"
    index = w.index(f"--state={state}", port=port)
    with Peer() as peer:
        peer.login("bob", index.server)
    index.kill9()
    aside = log.rename(w.dir / "aside")
    person = w.person("index")
    for options in ([], ["--test"]):
        run = person.run("imindex", "-p", str(port), f"--state={state}", *options, status=78)
        assert f"its log is gone: {log}" in run.err, run.err
        assert f"hint: put the log back; if there is none, 'touch {log}'" in run.err, run.err
    aside.rename(log)
    person.run("imindex", "--test", f"--state={state}")
    equal(list(w.index(f"--state={state}", port=port).roster()), ["bob"])


def a_logout_lasts_too(w):
    port, state = free_port(), w.dir / "state.db"
    for _ in range(3):
        index = w.index(f"--state={state}", port=port)
        with Peer() as peer:
            peer.login("bob", index.server)
            peer.logout("bob", index.server)
            until(lambda: "bob" not in index.roster(), "gone")
        index.signal(signal.SIGTERM)
        index.ends(0)
    equal(w.index(f"--state={state}", port=port).roster(), {})


def who_is_restored_is_not_announced_and_still_told(w):
    port, state = free_port(), w.dir / "state.db"
    index = w.index(f"--state={state}", port=port)
    with Peer() as bob:
        bob.login("bob", index.server)
        index.kill9()
        index = w.index("-v", f"--state={state}", port=port)
        with Peer() as carol:
            carol.login("carol", index.server)
            equal(rest(index.line())[:2], ["login", "carol"])
            equal(bob.text(), f"login,carol,{carol.endpoint}")
            bob.logout("bob", index.server)
            equal(carol.text(), f"logout,bob,{bob.endpoint}")


def a_listener_lives_through_a_restart(w):
    port = free_port()
    home = w.person("index")
    index = w.index(person=home, port=port)
    alice, bob = w.people(index, "alice", "bob")
    listener = bob.listen("-T", "talk")
    alice.login()
    index.kill9()
    index = w.index(person=home, port=port)
    equal(index.roster(), {"alice": alice.local_endpoint(), "bob": bob.local_endpoint()})
    alice.send("bob", "hi")
    equal(listener.fields()[4], "hi")


def the_default_file_is_in_the_state_home(w):
    port = free_port()
    home = w.person("index")
    w.index(person=home, port=port).kill9()
    assert (home.home / ".local/state/im" / f"index-{port}.db").is_file()
    port = free_port()
    w.index(person=home, port=port, env={"XDG_STATE_HOME": str(home.home / "elsewhere")}).kill9()
    assert (home.home / "elsewhere/im" / f"index-{port}.db").is_file()


def under_systemd_it_is_in_the_state_directory(w):
    port = free_port()
    home = w.person("index")
    folder = w.dir / "var"
    folder.mkdir()
    w.index(person=home, port=port, env={"STATE_DIRECTORY": str(folder)}).kill9()
    equal([p.name for p in folder.glob("*.db")], [f"index-{port}.db"])


def with_port_0_there_is_none(w):
    home = w.person("index")
    index = w.index(person=home)
    with Peer() as peer:
        peer.login("bob", index.server)
    index.kill9()
    equal(list(home.home.rglob("*.db")), [])


def none_keeps_nothing(w):
    port = free_port()
    home = w.person("index")
    index = w.index("--state=none", person=home, port=port)
    with Peer() as peer:
        peer.login("bob", index.server)
    index.kill9()
    equal(list(home.home.rglob("*.db")), [])
    equal(w.index("--state=none", person=home, port=port).roster(), {})


def a_file_in_use_is_71(w):
    state = w.dir / "state.db"
    index = w.index(f"--state={state}")
    run = w.person("second").run("imindex", "-p", "0", f"--state={state}", status=71)
    assert "in use" in run.err and "state.db" in run.err, run.err
    with Peer() as peer:
        peer.login("bob", index.server)


def a_damaged_file_is_78(w):
    state = w.dir / "state.db"
    for junk in (b"not a database, but long enough to be looked at" * 100, b"SQLite format 3\0" + b"\xff" * 5000):
        state.write_bytes(junk)
        run = w.person("index").run("imindex", "-p", "0", f"--state={state}", status=78)
        assert "state.db" in run.err, run.err
        equal(state.read_bytes(), junk, "and left alone")


def test_looks_at_the_file(w):
    state = w.dir / "state.db"
    person = w.person("index")
    person.run("imindex", "--test", f"--state={state}")
    assert not state.exists(), "and makes none"
    index = w.index(f"--state={state}")
    person.run("imindex", "--test", f"--state={state}")
    index.signal(signal.SIGTERM)
    index.ends(0)
    state.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    run = person.run("imindex", "--test", f"--state={state}", status=78)
    assert "damaged" in run.err, run.err


def a_file_of_an_older_version_is_migrated(w):
    import sqlite3
    port, state = free_port(), w.dir / "state.db"
    with sqlite3.connect(state) as db:
        db.execute("CREATE TABLE users (name TEXT PRIMARY KEY NOT NULL, endpoint TEXT NOT NULL,"
                   " since INTEGER NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID")
        db.execute(f"PRAGMA application_id = {0x696D2D78}")
        db.execute("PRAGMA user_version = 1")
        db.execute("INSERT INTO users VALUES ('bob', '127.0.0.1:4001', 1, 1)")
    db.close()
    for _ in range(2):
        index = w.index(f"--state={state}", port=port)
        equal(index.roster(), {"bob": "127.0.0.1:4001"})
        index.kill9()


def a_file_of_a_newer_version_is_78(w):
    import sqlite3
    state = w.dir / "state.db"
    w.index(f"--state={state}").kill9()
    with sqlite3.connect(state) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version = {version + 1}")
    db.close()
    w.person("index").run("imindex", "-p", "0", f"--state={state}", status=78)
