# SPDX-License-Identifier: BSL-1.0
"""imindex: HUP reloads users and limits; USR1 prints one line of counters on stderr; TERM and INT
end with 0."""
import contextlib
import signal

from classic import Peer
from im import equal, free_port, until


def usr1_prints_one_line_of_counters(w):
    index = w.index()
    with Peer() as peer:
        peer.login("bob", index.server)
        peer.send("nonsense", index.server)
        peer.login("bob", index.server)
    line = index.counters()
    assert line.startswith("imindex: "), line
    import re
    counters = dict(re.findall(r"([a-z-]+)[= ](\d+)", line))
    assert int(counters["logins"]) == 1, line
    assert int(counters["receive-buffer"]) > 4096, line
    index.counters()
    equal(len(index.err.splitlines()), 2)
    equal(index.out.splitlines()[1:], [], "nothing on stdout")


def hup_reloads_the_limits(w):
    person = w.person("index")
    person.write_config("im.conf", "[imindex]\nmax-users = 1\n")
    index = w.index(person=person)
    with Peer() as peer:
        peer.login("one", index.server)
        equal(peer.tries_login("two", index.server), ("reject", "full"))
        person.write_config("im.conf", "[imindex]\nmax-users = 2\n")
        index.signal(signal.SIGHUP)
        until(lambda: peer.tries_login("two", index.server)[0] == "Accept", "the new limit")
        equal(set(index.roster()), {"one", "two"}, "nobody is thrown out")


def hup_with_a_wrong_file_keeps_the_old_limits(w):
    person = w.person("index")
    person.write_config("im.conf", "[imindex]\nmax-users = 5\n")
    index = w.index(person=person)
    person.write_config("im.conf", "[imindex]\nmax-users = many\n")
    index.signal(signal.SIGHUP)
    index.says("max-users")
    with Peer() as peer:
        for n in range(5):
            peer.login(f"user{n}", index.server)
        equal(peer.tries_login("user5", index.server), ("reject", "full"))


def what_the_command_line_says_outlives_hup(w):
    person = w.person("index")
    person.write_config("im.conf", "[imindex]\nmax-users = 5\n")
    index = w.index("--max-users=1", person=person)
    index.signal(signal.SIGHUP)
    index.counters()  # both signals were taken
    with Peer() as peer:
        peer.login("one", index.server)
        equal(peer.tries_login("two", index.server), ("reject", "full"))


def its_users_stay_when_it_stops(w):
    state = w.dir / "state.db"
    index = w.index(f"--state={state}")
    with Peer() as peer:
        peer.login("bob", index.server)
        for number in (signal.SIGTERM, signal.SIGINT):
            index.signal(number)
            index.ends(0)
            assert peer.has_nothing(), "classic has no word for it"
            index = w.index(f"--state={state}")
            assert "bob" in index.roster()


def what_is_still_to_be_told_is_told_before_it_ends(w):
    port, state = free_port(), w.dir / "state.db"
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(Peer()) for _ in range(60)]
        _fill(state, [peer.endpoint for peer in crowd for _ in range(100)])
        index = w.index(f"--state={state}", "--max-per-ip=0", port=port)
        with Peer() as late:
            late.login("late", index.server)
            index.signal(signal.SIGTERM)
            index.ends(0)
            for peer in crowd:
                for _ in range(100):
                    equal(peer.text(), f"login,late,{late.endpoint}")


def _fill(state, endpoints):
    """A state file of version 1, whose form is never to change."""
    import sqlite3
    with sqlite3.connect(state) as db:
        db.execute("CREATE TABLE users (name TEXT PRIMARY KEY NOT NULL, endpoint TEXT NOT NULL,"
                   " since INTEGER NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID")
        db.execute(f"PRAGMA application_id = {0x696D2D78}")
        db.execute("PRAGMA user_version = 1")
        db.executemany("INSERT INTO users VALUES (?, ?, 1, ?)",
                       ((f"user{n}", endpoint, n) for n, endpoint in enumerate(endpoints, 1)))
    db.close()


def signals_in_a_storm_lose_no_login(w):
    index = w.index("--rate=0")
    with Peer() as peer:
        for n in range(200):
            index.signal((signal.SIGHUP, signal.SIGUSR1, signal.SIGCONT, signal.SIGWINCH)[n % 4])
            peer.login(f"user{n}", index.server)
    equal(len(index.roster()), 200)


def hups_among_logins_lose_none_and_change_the_limit(w):
    person = w.person("index")
    person.write_config("im.conf", "[imindex]\nmax-users = 32\nrate = 0\n")
    index = w.index(person=person)
    crowd = [w.closing(Peer()) for _ in range(33)]
    late = crowd.pop()
    for round in range(40):
        if round == 20:
            equal(late.tries_login("late", index.server), ("reject", "full"))
            person.write_config("im.conf", "[imindex]\nmax-users = 33\nrate = 0\n")
        for n, peer in enumerate(crowd):
            peer.send(f"login,user{n},{peer.endpoint}", index.server)
            if n % 8 == 0:
                index.signal(signal.SIGHUP)
        for peer in crowd:
            assert peer.answer().startswith("Accept,")
    equal(late.tries_login("late", index.server)[0], "Accept")
    equal(index.counter("lost-receive-buffer-full"), 0)
    equal(len(index.roster()), 33)
