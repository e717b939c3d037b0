# SPDX-License-Identifier: BSL-1.0
"""imindex(8), classic details: take-over, renewal, announcements, logout, extra fields, reject."""
from classic import Peer
from im import equal, other_host, until


def _others(w, index, watcher):
    """What the watcher heard up to now, behind a fence."""
    with Peer() as fence:
        fence.login("fence", index.server)
        heard = []
        while (text := watcher.text()) != f"login,fence,{fence.endpoint}":
            heard.append(text)
        fence.logout("fence", index.server)
        equal(watcher.text(), f"logout,fence,{fence.endpoint}")
    return heard


def _watched(w, *args):
    index = w.index(*args)
    watcher = w.closing(Peer())
    watcher.login("watch", index.server)
    return index, watcher


def a_login_from_another_port_replaces(w):
    index, watcher = _watched(w)
    with Peer() as old, Peer() as new:
        old.login("bob", index.server)
        new.login("bob", index.server)
        equal(_others(w, index, watcher), [f"login,bob,{old.endpoint}", f"logout,bob,{old.endpoint}",
                                           f"login,bob,{new.endpoint}"])
        equal(index.roster()["bob"], new.endpoint)


def all_of_loopback_is_one_address(w):
    index, watcher = _watched(w)
    with Peer("127.7.7.2") as dotnet, Peer() as anonymous, Peer("127.8.8.8") as new:
        anonymous.send(f"login,bob,{dotnet.endpoint}", index.server)  # as a .NET client does
        assert dotnet.text().startswith("Accept,")
        new.login("bob", index.server)
        equal(index.roster()["bob"], new.endpoint)
        anonymous.send(f"logout,bob,{new.endpoint}", index.server)
        until(lambda: "bob" not in index.roster(), "logged out")


def from_another_address_it_is_refused(w):
    index, watcher = _watched(w)
    there = other_host()
    server = f"[::1]:{index.port}" if ":" in there else index.server
    with Peer() as owner, Peer(there) as thief:
        owner.login("bob", index.server)
        thief.send(f"login,bob,{thief.endpoint}", server)
        verb, code, text = thief.text().split(",", 2)
        equal((verb, code), ("reject", "taken"))
        assert text
        thief.send(f"logout,bob,{owner.endpoint}", server)
        equal(_others(w, index, watcher), [f"login,bob,{owner.endpoint}"])
        equal(index.roster()["bob"], owner.endpoint)
        owner.logout("bob", index.server)
        until(lambda: "bob" not in index.roster(), "the owner may")
        thief.login("bob", server)


def a_repeated_login_is_answered_and_not_announced(w):
    index, watcher = _watched(w)
    with Peer() as bob:
        ports = {bob.login("bob", index.server) for _ in range(5)}
        equal(len(ports), 1)
        equal(_others(w, index, watcher), [f"login,bob,{bob.endpoint}"])
        equal(list(index.roster()).count("bob"), 1)


def the_leaver_gets_no_logout(w):
    index, watcher = _watched(w)
    with Peer() as bob:
        bob.login("bob", index.server)
        bob.logout("bob", index.server)
        equal(_others(w, index, watcher), [f"login,bob,{bob.endpoint}", f"logout,bob,{bob.endpoint}"])
        assert bob.has_nothing()


def a_newcomer_is_not_told_of_itself(w):
    index, _ = _watched(w)
    with Peer() as bob, Peer() as carol:
        bob.login("bob", index.server)
        carol.login("carol", index.server)
        equal(bob.text(), f"login,carol,{carol.endpoint}")
        assert carol.has_nothing()


def extra_fields_are_dropped(w):
    index, watcher = _watched(w)
    with Peer() as bob:
        bob.send(f"login,bob,{bob.endpoint},v2,k=AAAA", index.server)
        assert bob.text().startswith("Accept,")
        bob.send(f"logout,bob,{bob.endpoint},reason=bye", index.server)
        equal(_others(w, index, watcher), [f"login,bob,{bob.endpoint}", f"logout,bob,{bob.endpoint}"])


def every_spelling_of_logout_is_taken(w):
    index, watcher = _watched(w)
    with Peer() as bob:
        for verb in ("logout", "loGout", "lohout", "LOGOUT"):
            bob.login("bob", index.server)
            bob.send(f"{verb},bob,{bob.endpoint}", index.server)
            equal(_others(w, index, watcher), [f"login,bob,{bob.endpoint}", f"logout,bob,{bob.endpoint}"], verb)


def every_tolerated_spelling_of_login_is_taken(w):
    index, watcher = _watched(w)
    with Peer() as bob:
        for form in ("Login,bob,EP", "LOGIN,bob,EP", "\ufefflogin,bob,EP", "login, bob, EP", "login,bob,EP\0",
                     "login,bob,EP\r\n", "login,bob,EP "):
            bob.send(form.replace("EP", bob.endpoint), index.server)
            assert bob.answer().startswith("Accept,"), form
            equal(_others(w, index, watcher), [f"login,bob,{bob.endpoint}"], form)
            bob.logout("bob", index.server)
            equal(_others(w, index, watcher), [f"logout,bob,{bob.endpoint}"], form)


def the_first_comer_keeps_the_name_until_logout(w):
    index, watcher = _watched(w)
    with Peer() as bob, Peer() as unknown:
        bob.login("bob", index.server)
        unknown.send(f"logout,bob,{unknown.endpoint}", index.server)  # another endpoint
        unknown.send(f"logout,nobody,{unknown.endpoint}", index.server)
        equal(_others(w, index, watcher), [f"login,bob,{bob.endpoint}"])


def the_roster_is_in_classic_form(w):
    index, watcher = _watched(w)
    equal(index.roster(), {"watch": watcher.endpoint})
    with Peer() as bob:
        bob.login("张三", index.server)
        equal(index.roster(), {"watch": watcher.endpoint, "张三": bob.endpoint})


def a_bad_login_is_rejected_with_a_code(w):
    index = w.index()
    with Peer() as bob:
        for name, code in (("end", "name"), ("a/b", "name"), ("x" * 33, "name")):
            bob.send(f"login,{name},{bob.endpoint}", index.server)
            fields = bob.text().split(",", 2)
            equal(fields[:2], ["reject", code])
            assert fields[2], fields
        equal(index.roster(), {})
