# SPDX-License-Identifier: BSL-1.0
"""The model of the .NET programs does what was observed: bytes of the captured vectors, and every
row of the tolerance tables.  Without this, the scenarios with it would prove little."""
import json
import pathlib
import socket

from classic import Peer, decode, dotnet_string, encode, fetch_raw, fetch_roster, roster_text
from dotnet import DotnetClient, DotnetServer, roster_writes
from im import equal, until

VECTORS = pathlib.Path(__file__).parent.parent / "vectors" / "classic.json"


def _vectors(transport):
    found = [v for v in json.loads(VECTORS.read_text()) if v["transport"] == transport]
    assert len(found) > 10
    return found


def _text(v):
    """The text that the vector's fields mean, put together from the protocol's description."""
    fields = v["expect"]
    if fields["type"] == "roster":
        return roster_text([(u["name"], u["endpoint"]) for u in fields["users"]])
    verb = {"accept": "Accept"}.get(fields["type"], fields["type"])
    return ",".join([verb, *(str(value) for key, value in fields.items() if key != "type")])


def canonical_datagrams_decode_and_encode_as_captured(w):
    for v in _vectors("udp"):
        if v["canonical"]:
            equal(decode(bytes.fromhex(v["hex"])), _text(v), v["name"])
            equal(encode(_text(v)).hex(), v["hex"], v["name"])


def rosters_are_written_as_captured(w):
    lengths = set()
    for v in _vectors("tcp"):
        equal(b"".join(roster_writes(_text(v))).hex(), v["hex"], v["name"])
        lengths.add(len(_text(v).encode()))
    assert {127, 128, 16383, 16384} <= lengths, lengths


def long_rosters_are_written_in_pieces_of_42_units(w):
    (v,) = [v for v in _vectors("tcp") if v["name"] == "roster-cjk-emoji-380-bytes"]
    equal([len(p) for p in roster_writes(_text(v))], [1, 1, 50, 62, 58, 60, 73, 63, 14])
    equal([len(p) for p in roster_writes("x" * 256)], [1, 1, 256])
    equal([len(p) for p in roster_writes("x" * 257)][:3], [1, 1, 42])
    equal(b"".join(roster_writes("x" * 41 + "😀" * 60))[2:].decode(), "x" * 41 + "😀" * 60)


# Server, tolerance table.

def _still_hears(server):
    with Peer(patience=2) as fence:
        fence.send(f"login,fence,{fence.endpoint}", server.server)
        try:
            return fence.receive()[0] == f"Accept,{server.tcp_port}"
        except AssertionError:
            return False


def _server_rows():
    """(text or bytes, what it leaves: "ok", "ignored", "deaf"); EP and IP stand for a peer's."""
    yield "login,alice,EP", "ok"
    yield "login,alice,EP,v2,xyz", "ok"
    yield "login,alice,EP,caps=a|b;k=AAAA", "ok"
    yield "login,alice,EP," + "x" * 30000, "ok"
    yield "login,alice,EP:ext", "ok"
    yield "login,alice,EP,", "ok"
    for tail in ("\0", "\r\n", " "):
        yield "login,alice,EP" + tail, "ok"
    yield "login,alice,IP: PORT", "ok"
    yield "login,alice,IP:+PORT", "ok"
    yield "login,alice,IP:00PORT", "ok"
    yield "login,alice,127.1:PORT", "ok"
    yield "login,alice,0177.0.0.1:PORT", "ok"
    yield "login, alice, EP", "deaf"
    yield "login, alice,EP", "ok"
    for verb in ("Login", "LOGIN", "loGout", "LOGOUT", "lohout", "login ", " login", "\ufefflogin"):
        yield verb + ",alice,EP", "ignored"
    yield "whatever,x,EP,a,b,c", "ignored"
    yield "whatever,x,y", "deaf"
    for short in ("", "login", "login,alice", "x,y"):
        yield short, "deaf"
    yield b"x", "deaf"
    yield "talk,12:00:00,alice,hi", "deaf"
    yield "login,alice,EP".encode(), "deaf"
    yield "login,alice,EP".encode("utf-16-be"), "deaf"
    yield encode("login,alice,EP") + b"A", "deaf"
    yield encode("login,alice,EP,ext") + b"A", "ok"
    yield "login,a,b,EP", "deaf"
    yield "login，alice，EP", "deaf"
    yield "login,al;ice,EP", "ok"
    for name in ("", "q😀", "a\nb", "n" * 9000):
        yield f"login,{name},EP", "ok"
    for bad in ("localhost:PORT", "::1:PORT", "[::1]:PORT", "IP", "IP:", ":PORT", "IP :PORT", "IP:-1",
                "IP:65536"):
        yield f"login,alice,{bad}", "deaf"
    yield "login,alice,IP:0", "deaf"
    yield "login,alice,255.255.255.255:PORT", "deaf"


def the_server_survives_and_goes_deaf_as_observed(w):
    for row, outcome in _server_rows():
        with DotnetServer() as server, Peer() as peer:
            host, port = peer.address
            fill = lambda t: t.replace("EP", peer.endpoint).replace("IP", host).replace("PORT", str(port))
            if isinstance(row, bytes):
                raw = row
                for word, value in (("EP", peer.endpoint),):
                    for code in ("utf-16-le", "utf-16-be", "ascii"):
                        raw = raw.replace(word.encode(code), value.encode(code))
            else:
                raw = encode(fill(row))
            peer.send_bytes(raw, server.server)
            until(lambda: server.log, "the datagram")
            if outcome == "deaf":
                until(lambda: not server.hearing, f"deaf after {row!r}", 5)
                assert server.alive
                continue
            assert _still_hears(server), f"deaf after {row!r}"
            listed = [e for e in fetch_roster(server.address, server.tcp_port)
                      if e[0] != "fence"] if ";" not in str(row) else None
            if outcome == "ignored":
                equal(listed, [], row)
            elif "0177" not in str(row) and "127.1" not in str(row) and listed is not None:
                equal([e[1] for e in listed], [peer.endpoint], row)


def the_server_relays_as_captured(w):
    captured = {v["name"]: v["hex"] for v in _vectors("udp")}
    relayed = 0
    with DotnetServer() as server, Peer() as watcher, Peer() as other:
        watcher.login("watch", server.server)
        for name, relay in captured.items():
            if "-broadcast-" not in name:
                continue
            asked = name.replace("-broadcast", "")
            asked = captured.get(asked) or captured.get(asked + "-name") or relay
            other.send_bytes(bytes.fromhex(asked), server.server)
            equal(watcher.receive_bytes()[0].hex(), relay, name)
            relayed += 1
    assert relayed > 8, relayed


def logging_out_skips_the_neighbour(w):
    for before, after in ((["a", "a"], ["a"]), (["a", "b", "a"], ["b"]), (["a"] * 6, ["a"] * 3)):
        with DotnetServer() as server, Peer() as peer:
            for name in before:
                peer.send(f"login,{name},{peer.endpoint}", server.server)
            peer.send(f"logout,a,{peer.endpoint}", server.server)
            until(lambda: len(server.log) == len(before) + 1 and server.names() == after,
                  f"{before} becomes {after}, not {server.names()}")


def a_client_that_closes_without_reading_kills_the_server(w):
    for way in ("plain", "reset"):
        with DotnetServer() as server:
            server.users = [[f"user{i}", ("127.0.0.1", 1 + i)] for i in range(100)]
            with socket.create_connection((server.address, server.tcp_port)) as conn:
                if way == "reset":
                    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            until(lambda: not server.alive, "the process is dead")
            assert server.unread


def a_client_that_sends_first_still_gets_the_roster(w):
    with DotnetServer() as server:
        with socket.create_connection((server.address, server.tcp_port)) as conn:
            conn.sendall(b"hello")
            equal(conn.makefile("rb").read(4), b"\3end")


# Client, tolerance table.

def _client_rows():
    """(text, open window?, outcome): a name listed, a text shown, "ignored" or "deaf"."""
    yield "login,NAME,EP,v2,xyz", None, "listed"
    yield "login,NAME,EP:ext", None, "listed"
    yield "login,NAME,", None, "listed"
    yield "login,NAME", None, "deaf"
    yield "logout", None, "deaf"
    for way in ("logout,bob", "logout,bob,other", "logout,bob,EP,reason,x"):
        yield way, None, "removed"
    for odd in ("", "x", "unknown,a,b", "Login,NAME,EP", "loGout,bob,EP", "Talk,1,bob,hi", "accept,1",
                "\ufefflogin,NAME,EP"):
        yield odd, "bob", "ignored"
    yield "talk,T,bob,TEXT,id=7,x", "bob", "TEXT"
    yield "talk,T,bob,one,two,,three", "bob", "one"
    yield "talk,T,bob", None, "ignored"
    yield "talk,T,bob", "bob", "deaf"
    yield "talk,T,carol", "bob", "ignored"
    yield "talk", "bob", "deaf"
    yield "talk,x", "bob", "deaf"
    yield "talk, T, bob, TEXT", "bob", "ignored"
    yield "talk,,bob,", "bob", ""
    yield "talk,T,bob,a\nb😀", "bob", "a\nb😀"
    yield "talk,T,bob,a\0b", "bob", "a"
    yield "talk,T,bob,hi", None, "ignored"


def the_client_survives_and_goes_deaf_as_observed(w):
    for text, window, outcome in _client_rows():
        with DotnetClient("alice", "127.0.0.1:9") as client, Peer() as peer:
            client.list = [["bob", "127.0.0.1:9"]]
            if window:
                client.open_window(window)
            peer.send(text, client.endpoint)
            if outcome == "deaf":
                until(lambda: not client.hearing, f"deaf after {text!r}", 5)
                continue
            peer.send("login,fence,127.0.0.1:9", client.endpoint)
            until(lambda: "fence" in client.names(), f"still hears after {text!r}", 5)
            equal(client.names(), {"listed": ["bob", "NAME", "fence"], "removed": ["fence"]}.get(
                outcome, ["bob", "fence"]), text)
            if outcome not in ("listed", "removed"):
                shown = client.windows.get("bob", [])
                equal(shown, [] if outcome == "ignored" else [outcome], text)


def a_talk_after_its_window_was_closed_makes_the_client_deaf(w):
    with DotnetClient("alice", "127.0.0.1:9") as client, Peer() as peer:
        client.open_window("bob")
        client.close_window("bob")
        peer.send("talk,T,carol,hi", client.endpoint)
        peer.send("login,fence,x", client.endpoint)
        until(lambda: "fence" in client.names(), "still hears")
        peer.send("talk,T,bob,hi", client.endpoint)
        until(lambda: not client.hearing, "deaf")


def a_refused_accept_opens_a_box_that_stops_the_loop(w):
    for port in ("1", "x", "", None, "70000"):
        with DotnetClient("alice", "127.0.0.1:9") as client, Peer() as peer:
            peer.send("Accept" if port is None else f"Accept,{port}", client.endpoint)
            assert client.modal.wait(5), port
            peer.send("login,bob,x", client.endpoint)
            client.press_ok()
            until(lambda: client.names() == ["bob"], "what has queued up is handled")


def _rosters():
    one = "bob,127.0.0.1:5;"
    yield dotnet_string(one + "end"), ["bob"]
    yield dotnet_string("bob,127.0.0.1:5,extra,k=v;end"), ["bob"]
    yield dotnet_string(one + "nocomma;carol,x;end"), ["bob"]
    yield dotnet_string(one + ";carol,x;end"), ["bob"]
    yield dotnet_string("#caps,v2;" + one + "end"), ["#caps", "bob"]
    yield dotnet_string("preliminary") + dotnet_string(one + "end"), ["bob"]
    yield dotnet_string(one + "end") + dotnet_string("carol,x;end"), ["bob"]
    yield dotnet_string(one + "x,y end"), ["bob"]
    for bad in ("", "END", "end ", "end\r\n"):
        yield dotnet_string(one + bad), []
    for good in ("end\0", "end\ufeff"):
        yield dotnet_string(one + good), ["bob"]
    yield b"\x94\x80\x80\x80\x00" + (one + "xend").encode(), ["bob"]
    yield b"\0" + dotnet_string(one + "end"), ["bob"]
    yield dotnet_string(one + "end")[:-1], []
    yield b"\x13b\xffb,127.0.0.1:5;end", ["b\ufffdb"]
    yield dotnet_string("end"), []
    yield dotnet_string(one + one + "end"), ["bob", "bob"]


def the_client_reads_rosters_as_observed(w):
    for data, names in _rosters():
        with DotnetClient("alice", "127.0.0.1:9") as client, Peer() as peer, \
                socket.create_server(("127.0.0.1", 0)) as tcp:
            peer.send(f"Accept,{tcp.getsockname()[1]}", client.endpoint)
            conn, _ = tcp.accept()
            with conn:
                for i in range(len(data)):
                    conn.sendall(data[i:i + 1])
                conn.shutdown(socket.SHUT_WR)
                conn.settimeout(5)
                conn.recv(1)  # it has closed: all is read that will be
            until(lambda: client.names() == names, f"{names} from {data!r}, not {client.names()}", 5)
            client.assert_hearing()


def a_second_accept_doubles_the_list(w):
    with DotnetServer() as server, DotnetClient("alice", server.server) as client, Peer() as anyone:
        client.login()
        until(lambda: client.names() == ["alice"], "the roster")
        anyone.send(f"Accept,{server.tcp_port}", client.endpoint)
        until(lambda: client.names() == ["alice", "alice"], "doubled")


def the_misspelt_copy_stays_listed(w):
    with DotnetServer() as server, DotnetClient("alice", server.server, misspelt=True) as client:
        client.login()
        client.logout()
        client.login()
        until(lambda: server.names() == ["alice", "alice"], "listed twice")
        assert server.log[1].startswith("lohout,alice,")
        server.assert_hearing()


def two_clients_talk(w):
    with DotnetServer() as server, \
            DotnetClient("alice", server.server, "127.7.7.2") as alice:
        alice.login()
        until(lambda: alice.names() == ["alice"], "the roster")
        with DotnetClient("张三", server.server, "127.7.7.3") as zhang:
            zhang.login()
            until(lambda: "张三" in alice.names(), "the relay")
            zhang.open_window("alice")
            alice.talk("张三", "你好, 世界")
            until(lambda: zhang.windows["alice"] == ["你好"], "cut at the comma")
            equal(fetch_raw(server.address, server.tcp_port), dotnet_string(roster_text(
                [("alice", alice.endpoint), ("张三", zhang.endpoint)])))
            zhang.logout()
            until(lambda: alice.names() == ["alice"], "gone")
