# SPDX-License-Identifier: BSL-1.0
"""imindex and socket activation, sd_listen_fds(3): sockets given are the ones served, what waits in
them during a restart is answered, and what cannot be served is said."""
import signal
import socket

from classic import Peer, fetch_roster
from im import equal, free_port, has_ipv6, matches, needs, until


def _socket(kind, host="127.0.0.1", port=0, family=socket.AF_INET):
    s = socket.socket(family, kind)
    s.bind((host, port))
    if kind == socket.SOCK_STREAM:
        s.listen(8)
    return s


def _pair(w):
    """UDP and TCP of different numbers, so that nothing fits by chance."""
    return [w.closing(_socket(socket.SOCK_DGRAM)), w.closing(_socket(socket.SOCK_STREAM))]


def _start(w, sockets, *args, person=None, env=None, count=None, pid="$$"):
    """imindex with these as descriptors 3, 4, ..., like systemd does it."""
    person = person or w.person("index")
    # All to high numbers first, so that none is overwritten before it is moved.
    moves = "".join(f"exec {40 + i}<&{s.fileno()} {s.fileno()}<&-; " for i, s in enumerate(sockets))
    moves += "".join(f"exec {3 + i}<&{40 + i} {40 + i}<&-; " for i in range(len(sockets)))
    count = len(sockets) if count is None else count
    script = f'{moves} export LISTEN_PID={pid} LISTEN_FDS={count}; exec "$0" "$@"'
    return person.start("bash", "-c", script, w.bin / "imindex", *args, env=env,
                        pass_fds=[s.fileno() for s in sockets])


def _serving(w, sockets, *args, **kwargs):
    index = _start(w, sockets, "--print-env", *args, **kwargs)
    server = matches(r"IM_SERVER=(\S+)", index.line())[1]
    return index, server


def it_serves_them_and_tells_of_their_roster_port(w):
    udp, tcp = _pair(w)
    _, server = _serving(w, [udp, tcp])
    equal(server, "127.0.0.1:%d" % udp.getsockname()[1])
    with Peer() as peer:
        equal(peer.login("bob", server), tcp.getsockname()[1])
        equal(dict(fetch_roster("127.0.0.1", tcp.getsockname()[1])), {"bob": peer.endpoint})


def udp_alone_gets_a_roster_port_of_its_number(w):
    udp = w.closing(_socket(socket.SOCK_DGRAM, port=free_port()))
    _, server = _serving(w, [udp])
    with Peer() as peer:
        equal(peer.login("bob", server), udp.getsockname()[1])
        equal(dict(fetch_roster("127.0.0.1", udp.getsockname()[1])), {"bob": peer.endpoint})


def a_restart_loses_no_datagram(w):
    sockets, person = _pair(w), w.person("index")
    index, server = _serving(w, sockets, person=person)
    with Peer() as alice, Peer() as bob, Peer() as carol:
        alice.login("alice", server)
        index.kill9()
        bob.send(f"login,bob,{bob.endpoint}", server)
        carol.send(f"login,carol,{carol.endpoint}", server)
        assert bob.has_nothing() and carol.has_nothing(), "nobody serves"
        _serving(w, sockets, person=person)
        for peer in (bob, carol):
            equal(peer.answer(), "Accept,%d" % sockets[1].getsockname()[1])
        until(lambda: set(dict(fetch_roster(*sockets[1].getsockname()))) == {"alice", "bob", "carol"}, "all")


def a_visitor_of_the_roster_waits_as_well(w):
    sockets, person = _pair(w), w.person("index")
    index, server = _serving(w, sockets, person=person)
    with Peer() as peer:
        peer.login("bob", server)
        index.kill9()
        with socket.create_connection(sockets[1].getsockname()) as visitor:
            _serving(w, sockets, person=person)
            visitor.settimeout(10)
            got = b""
            while piece := visitor.recv(65536):
                got += piece
    assert b"bob," in got, got


def the_state_file_has_the_given_port_in_its_name(w):
    sockets, person = _pair(w), w.person("index")
    _serving(w, sockets, person=person)
    port = sockets[0].getsockname()[1]
    assert (person.home / ".local/state/im" / f"index-{port}.db").is_file()


def on_ipv4_and_ipv6_at_once(w):
    needs(has_ipv6(), "no IPv6 on the loopback interface")
    six = w.closing(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    six.bind(("::", 0))
    udp, tcp = _pair(w)
    _serving(w, [udp, six, tcp])
    with Peer() as four, Peer("::1") as other:
        four.login("four", "127.0.0.1:%d" % udp.getsockname()[1])
        other.login("six", "[::1]:%d" % six.getsockname()[1])


def addresses_said_twice_are_64_or_78(w):
    for option in ("-p1", "-b127.0.0.1", "--tcp-port=1"):
        run = _start(w, _pair(w), option).ends(64)
        assert "LISTEN_FDS" in run.err, run.err
    person = w.person("index")
    person.write_config("im.conf", "[imindex]\nport = 5000\n")
    run = _start(w, _pair(w), person=person).ends(78)
    assert "im.conf:2" in run.err and "LISTEN_FDS" in run.err, run.err


def what_cannot_be_served_is_78(w):
    udp, tcp = _pair(w)
    unix = w.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    for sockets in ([tcp], [udp, unix], [w.closing(open("/dev/null"))]):
        run = _start(w, sockets).ends(78)
        assert "LISTEN_FDS" in run.err, run.err
    _start(w, [udp], count="many").ends(78)
    needs(has_ipv6(), "no IPv6 on the loopback interface")
    both = w.closing(_socket(socket.SOCK_DGRAM, "::", family=socket.AF_INET6))
    run = _start(w, [both]).ends(78)
    assert "BindIPv6Only=ipv6-only" in run.err, run.err


def a_descriptor_that_is_not_there_is_71(w):
    _start(w, _pair(w)[:1], count=2).ends(71)


def what_is_given_to_another_process_is_not_taken(w):
    udp, tcp = _pair(w)
    port = free_port()
    _, server = _serving(w, [udp, tcp], "-b", "127.0.0.1", "-p", str(port), pid="1")
    equal(server, f"127.0.0.1:{port}")


def it_still_ends_and_reloads_as_always(w):
    index, server = _serving(w, _pair(w))
    index.signal(signal.SIGHUP)
    index.signal(signal.SIGUSR1)
    index.says("logins=0")
    with Peer() as peer:
        peer.login("bob", server)
    index.signal(signal.SIGTERM)
    index.ends(0)
