# SPDX-License-Identifier: BSL-1.0
"""imindex -b, -p, --tcp-port, --profile, --ready-fd, --print-env, sd_notify, --test."""
import os
import socket

from classic import Peer, fetch_roster
from im import equal, free_port, has_ipv6, matches, needs, wait_ready


def on_all_addresses_by_default(w):
    index = w.index()
    matches(r"127\.0\.0\.1:\d+", index.server)
    hosts = ["127.0.0.1", "127.5.5.5"] + (["::1"] if has_ipv6() else [])
    for n, host in enumerate(hosts):
        with Peer(host) as peer:
            server = f"[{host}]:{index.port}" if ":" in host else f"{host}:{index.port}"
            tcp = peer.login(f"user{n}", server)
            equal(dict(fetch_roster(host, tcp))[f"user{n}"], peer.endpoint)


def the_answer_comes_from_the_address_that_was_asked(w):
    index = w.index()
    with Peer("127.5.5.6") as peer:
        peer.send(f"login,bob,{peer.endpoint}", f"127.5.5.5:{index.port}")
        equal(peer.receive()[1], ("127.5.5.5", index.port))


def only_where_b_says(w):
    index = w.index("-b", "127.5.5.5", "-b", "127.6.6.6")
    matches(r"127\.5\.5\.5:\d+", index.server)
    with Peer() as peer:
        for host in ("127.5.5.5", "127.6.6.6"):
            tcp = peer.login("bob", f"{host}:{index.port}")
            fetch_roster(host, tcp)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", index.port))
            s.send(b"x")
            try:
                s.settimeout(5)
                s.recv(10)
                assert False, "it serves 127.0.0.1"
            except ConnectionRefusedError:
                pass


def b_may_have_a_port(w):
    port = free_port("127.5.5.7")
    index = w.index(f"--bind=127.5.5.7:{port}")
    equal(index.server, f"127.5.5.7:{port}")
    with Peer() as peer:
        peer.login("bob", index.server)


def ipv6_alone(w):
    needs(has_ipv6(), "no IPv6 on the loopback interface")
    index = w.index("-b", "::1")
    matches(r"\[::1\]:\d+", index.server)
    alice, bob = w.people(index, "alice", "bob")
    listener = bob.listen("-T", "talk")
    alice.login()
    alice.send("bob", "over six")
    equal(listener.fields()[2:], ["alice", "none", "over six"])


def p_names_the_port_of_both(w):
    port = free_port()
    index = w.index(port=port)
    equal(index.port, port)
    with Peer() as peer:
        equal(peer.login("bob", index.server), port)
        equal(index.roster(), {"bob": peer.endpoint})


def tcp_port_is_told_at_login(w):
    port = free_port()
    index = w.index(f"--tcp-port={port}")
    other = w.index("--tcp-port=0", port=free_port())
    with Peer() as peer:
        equal(peer.login("bob", index.server), port)
        equal(dict(fetch_roster(index.host, port)), {"bob": peer.endpoint})
        tcp = peer.login("bob", other.server)
        assert tcp not in (0, port), tcp
        equal(dict(fetch_roster(other.host, tcp)), {"bob": peer.endpoint})


def the_default_port_is_4649(w):
    person = w.person("index")
    reader, writer = os.pipe()
    index = person.start("imindex", "-b", "127.46.49.2", "--state=none", "--print-env", f"--ready-fd={writer}",
                         pass_fds=(writer,))
    os.close(writer)
    wait_ready(reader, index)
    equal(index.line(), "IM_SERVER=127.46.49.2:4649")


def profile_both_and_classic_are_served(w):
    for profile in ("both", "classic"):
        index = w.index(f"--profile={profile}")
        with Peer() as peer:
            peer.login("bob", index.server)


def ready_means_serving_at_once(w):
    for _ in range(5):
        index = w.index()  # waits for the newline
        with Peer() as peer:
            peer.login("bob", index.server)


def the_ready_descriptor_is_closed_behind_the_newline(w):
    person = w.person("index")
    reader, writer = os.pipe()
    person.start("imindex", "-p", "0", f"--ready-fd={writer}", pass_fds=(writer,))
    os.close(writer)
    data = b""
    while piece := os.read(reader, 10):
        data += piece
    os.close(reader)
    equal(data, b"\n")


def a_ready_descriptor_that_is_not_open_is_said(w):
    run = w.person("index").start("imindex", "-p", "0", "--ready-fd=77")
    assert run.wait() in (64, 71, 74), run.story("")
    assert run.err.startswith("imindex: "), run.err


def print_env_can_be_evaluated(w):
    person = w.person("index")
    shell = person.sh('imindex -p 0 --print-env > env & until [ -s env ]; do :; done; export $(cat env); '
                      'imlogin -q --classic -u bob && imlogin -i bob | cut -f1; kill $!; wait $!; echo $?')
    shell.ends(0)
    equal(shell.out, "bob\n0\n")


def _notify_socket(w, name):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(name)
    s.settimeout(20)
    return w.closing(s)


def systemd_is_told(w):
    for name, env in ((str(w.dir / "notify"), str(w.dir / "notify")), ("\0im-notify-test-" + w.dir.name, "@im-notify-test-" + w.dir.name)):
        notify = _notify_socket(w, name)
        index = w.index(env={"NOTIFY_SOCKET": env})
        assert b"READY=1" in notify.recv(1000).split(b"\n")
        index.signal(15)
        index.ends(0)


def a_wrong_notify_socket_does_no_harm(w):
    index = w.index(env={"NOTIFY_SOCKET": "/nonexistent"})
    with Peer() as peer:
        peer.login("bob", index.server)


def test_checks_the_configuration(w):
    person = w.person("index")
    equal(person.run("imindex", "--test").out, "")
    person.run("imindex", "--test", "--classic-from=10.0.0.0/8", "-b", "127.0.0.1:1")
    person.write_config("im.conf", "[imindex]\nrate = 100\nclassic-confirm = tcp\n")
    person.run("imindex", "--test")
    person.write_config("im.conf", "[imindex]\nrate = fast\n")
    run = person.run("imindex", "--test", status=78)
    assert "rate" in run.err, run.err
    equal(list((person.home / ".local").rglob("*.db")) if (person.home / ".local").exists() else [], [])


def on_ipv4_and_ipv6_at_once(w):
    needs(has_ipv6(), "no IPv6 on the loopback interface")
    index = w.index("-b", "127.0.0.1", "-b", "::1", port=free_port())
    with Peer() as four, Peer("::1") as six:
        four.login("four", f"127.0.0.1:{index.port}")
        tcp = six.login("six", f"[::1]:{index.port}")
        equal(dict(fetch_roster("::1", tcp)), {"four": four.endpoint, "six": six.endpoint})
