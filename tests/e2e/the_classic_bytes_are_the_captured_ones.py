# SPDX-License-Identifier: BSL-1.0
"""What our programs put on the wire is byte for byte what the captured vectors hold."""
import json
import pathlib
import re

from classic import Peer, ScriptedIndex, decode, encode, fetch_raw
from im import equal, free_port, until

VECTORS = {v["name"]: v for v in json.loads(
    (pathlib.Path(__file__).parent.parent / "vectors" / "classic.json").read_text())}


def login_and_logout(w):
    for name in ("login-ascii-name", "login-cjk-name", "login-emoji-name"):
        fields = VECTORS[name]["expect"]
        with Peer() as index:
            person = w.person("x", index.endpoint)
            run = person.start("imlogin", "-q", "--classic", "-u", fields["name"], "-b", fields["endpoint"], "-t", "1")
            data, source = index.receive_bytes()
            equal(data.hex(), VECTORS[name]["hex"], name)
            host, port = fields["endpoint"].split(":")
            equal(source, (host, int(port)), "from the socket that listens")
            run.ends(69)
    for name in ("logout-ascii-name", "logout-cjk-name", "logout-emoji-name"):
        fields = VECTORS[name]["expect"]
        with ScriptedIndex() as index:
            person = w.person("x", index.server)
            person.run("imlogin", "-q", "--classic", "-u", fields["name"], "-b", fields["endpoint"])
            person.run("imlogin", "-o", "-u", fields["name"])
            equal(encode(index.wait_for("logout")).hex(), VECTORS[name]["hex"], name)


def talk(w):
    checked = 0
    for name, v in VECTORS.items():
        fields = v["expect"]
        if fields["type"] != "talk" or not v["canonical"]:
            continue
        person = w.person("x")
        with Peer() as peer:
            text = fields["text"].encode()
            person.send("--classic", "-u", fields["sender"], "-w", f"bob@{peer.endpoint}", stdin=text)
            data = decode(peer.receive_bytes()[0])
            assert re.match(r"talk,\d\d:\d\d:\d\d,", data), data[:40]
            # The hour is ours, the rest the vector's.
            equal(encode("talk," + fields["time"] + data[len("talk,00:00:00"):]).hex(), v["hex"], name)
            checked += 1
    assert checked >= 10, checked


def the_time_is_local(w):
    import datetime
    person = w.person("x")
    for tz, hours in (("XXX-9", 9), ("UTC0", 0)):
        with Peer() as peer:
            person.send("--classic", f"bob@{peer.endpoint}", "hi", env={"TZ": tz})
            said = datetime.datetime.strptime(peer.text().split(",")[1], "%H:%M:%S")
            now = datetime.datetime.utcnow() + datetime.timedelta(hours=hours)
            apart = (said - datetime.datetime(1900, 1, 1, now.hour, now.minute, now.second)).total_seconds()
            assert min(abs(apart), 86400 - abs(apart)) < 60, (tz, said, now)


def accept_and_announcements(w):
    index = w.index(port=free_port())
    with Peer("127.7.7.9") as watcher, Peer() as anyone:
        port = watcher.login("watch", index.server)
        anyone.send(f"login,watch,{watcher.endpoint}", index.server)
        equal(watcher.receive_bytes()[0].hex(), encode(f"Accept,{port}").hex())
        for name in ("login-ascii-name", "login-cjk-name", "login-emoji-name"):
            for verb in ("login", "logout"):  # the announcement has the bytes of the request
                asked = VECTORS[name.replace("login", verb)]["hex"]
                anyone.send_bytes(bytes.fromhex(asked), index.server)
                equal(watcher.receive_bytes()[0].hex(), asked, name)


def the_empty_roster_and_that_of_one(w):
    index = w.index()
    equal(fetch_raw(index.host, index.port).hex(), VECTORS["roster-empty"]["hex"])
    with Peer() as anyone:
        anyone.send_bytes(bytes.fromhex(VECTORS["login-ascii-name"]["hex"]), index.server)
        until(lambda: len(fetch_raw(index.host, index.port)) > 4, "one user")
        equal(fetch_raw(index.host, index.port).hex(), VECTORS["roster-one"]["hex"])
        anyone.send_bytes(bytes.fromhex(VECTORS["login-cjk-name"]["hex"]), index.server)
        until(lambda: len(fetch_raw(index.host, index.port)) > 30, "two users")
        got = fetch_raw(index.host, index.port)
        equal(len(got), len(bytes.fromhex(VECTORS["roster-two-cjk"]["hex"])))


def rosters_of_every_length_are_read(w):
    for name, v in VECTORS.items():
        users = v["expect"].get("users", [])
        if v["expect"]["type"] != "roster":
            continue
        with ScriptedIndex() as index:
            person = w.person("x", index.server)
            person.run("imlogin", "-q", "--classic", "-u", "asker")
            for give in (lambda c, d=bytes.fromhex(v["hex"]): c.sendall(d), _slowly(bytes.fromhex(v["hex"]))):
                index.roster = lambda: give
                listed = person.run("imlogin", "-l", "-u", "asker", "-F", "%u").out.splitlines()
                expected = sorted({u["name"] for u in users}, key=str.encode)
                equal([n for n in listed if n != "asker"], expected, name)


def _slowly(data):
    def give(conn):
        for at in range(0, len(data), 1 + len(data) // 300):
            conn.sendall(data[at:at + 1 + len(data) // 300])
    return give
