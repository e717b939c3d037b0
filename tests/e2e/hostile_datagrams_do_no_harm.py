# SPDX-License-Identifier: BSL-1.0
"""100,000 random and mutated datagrams at a running imindex and at a running imlisten: they live,
their memory is bounded, and no legitimate user is lost."""
import random

from classic import Peer, ScriptedIndex, address, encode
from im import SANITIZED, equal, rss, until
from records import event

COUNT = 100_000
SEEDS = ["login,alice,127.0.0.1:7", "logout,alice,127.0.0.1:7", "lohout,bob,127.0.0.1:7", "Accept,4649",
         "talk,18:25:01,alice,hello", "talk,18:25:03,alice,ok 😀", "reject,taken,no", "login,张三,127.7.7.3:7",
         "login,q😀,127.7.7.3:7,v2,k=A", "hello,v2,127.0.0.1:1", "logout,end,127.0.0.1:1", "login,,0.0.0.0:0",
         "login,x,[::1]:4000", "login,x,255.255.255.255:9", "login,x,1.2.3.4:99999", ""]


def _datagrams(seed, count):
    """A third random bytes, a third random text with verbs, a third mutated good ones."""
    rng = random.Random(seed)
    verbs = ["login", "logout", "talk", "Accept", "reject", "lohout", ",", ";", "\0", "\ufeff", "\ud83d"]
    bases = [encode(s) for s in SEEDS]
    for n in range(count):
        kind = n % 3
        if kind == 0:
            yield rng.randbytes(rng.choice((0, 1, 2, 3, 7, 50, 176, 511, 512, 513, 1400)))
        elif kind == 1:
            fields = [rng.choice(verbs + [chr(rng.randrange(1, 0x3000)) * rng.randrange(5)]) for _ in range(rng.randrange(6))]
            yield encode(",".join(fields))
        else:
            data = bytearray(rng.choice(bases))
            for _ in range(rng.randrange(1, 4)):
                if not data:
                    break
                at = rng.randrange(len(data))
                what = rng.randrange(4)
                if what == 0:
                    data[at] ^= 1 << rng.randrange(8)
                elif what == 1:
                    del data[at:]
                elif what == 2:
                    data[at:at] = rng.randbytes(rng.randrange(1, 5))
                else:
                    data *= 2
            yield bytes(data)


def _shower(peer, target, seed, fence, count=COUNT):
    """Sends them in bursts that the receiver's buffer holds, so that all are really looked at."""
    for n, data in enumerate(_datagrams(seed, count)):
        peer.send_bytes(data, target)
        if n % 100 == 99:
            fence()


def _legitimate(index):
    users = {}
    for n in range(20):
        peer = Peer("127.0.3.1")
        peer.login(f"legit{n}", index.server)
        users[f"legit{n}"] = peer
    return users


def at_imindex_with_no_rate_limit(w):
    index = w.index("--rate=0")
    users = _legitimate(index)
    listener_home, = w.people(index, "listener")
    listener = listener_home.listen("-T", "login", "-f", "at-last")
    with Peer("127.0.2.1") as attacker, Peer("127.0.2.2") as probe:
        def fence():
            probe.send(f"login,probe,{probe.endpoint}", index.server)
            while not probe.text().startswith("Accept"):
                pass

        _shower(attacker, index.server, 1, fence, COUNT // 10)
        before = rss(index.pid)
        _shower(attacker, index.server, 2, fence, COUNT - COUNT // 10)
        grown = rss(index.pid) - before
    assert index.counter("datagrams") > COUNT, "all of them were looked at"
    equal(index.counter("lost-receive-buffer-full"), 0)
    assert grown < (300 if SANITIZED else 16) << 20, f"{grown >> 10} KiB"
    roster = index.roster()
    for name, peer in users.items():
        equal(roster.get(name), peer.endpoint, f"{name} is lost")
        peer.close()
    equal(roster["listener"], listener_home.local_endpoint())
    with Peer() as late:
        late.login("at-last", index.server)
    equal(listener.fields()[2], "at-last")


def at_imindex_with_all_defaults(w):
    index = w.index()
    users = _legitimate(index)
    with Peer("127.0.2.1") as attacker, Peer("127.0.2.2") as probe:
        before = rss(index.pid)
        for n, data in enumerate(_datagrams(3, COUNT)):
            attacker.send_bytes(data, index.server)
            if n % 2000 == 1999:  # a legitimate user is served in the middle of it
                until(lambda: _answers(probe, index), "the probe is answered")
        grown = rss(index.pid) - before
    assert index.counter("refused-rate") > COUNT // 2, "the rest of the flood was met by the limit"
    assert grown < (300 if SANITIZED else 16) << 20, f"{grown >> 10} KiB"
    roster = index.roster()
    for name, peer in users.items():
        equal(roster.get(name), peer.endpoint, f"{name} is lost")
        peer.close()


def _answers(probe, index):
    probe.send(f"login,probe,{probe.endpoint}", index.server)
    try:
        while not probe.text(1).startswith("Accept"):
            pass
        return True
    except AssertionError:
        return False


def at_imlisten(w):
    index = w.index()
    bob, = w.people(index, "bob")
    with Peer() as friend:
        friend.login("friend", index.server)
        listener = bob.listen("-T", "talk", "-f", "fence")
        target = bob.local_endpoint()
        with Peer("127.0.2.1") as attacker, Peer() as peer:
            def fence():
                peer.send("talk,12:00:00,fence,x", target)
                while listener.fields()[4] != "x":
                    pass

            _shower(attacker, target, 4, fence, COUNT // 10)
            before = rss(listener.pid)
            _shower(attacker, target, 5, fence, COUNT - COUNT // 10)
            grown = rss(listener.pid) - before
            assert grown < (300 if SANITIZED else 16) << 20, f"{grown >> 10} KiB"
            assert listener.running
        equal(index.roster(), {"bob": target, "friend": friend.endpoint})


def at_imlisten_from_the_index_itself(w):
    """The same from the address of the index, so that presence is believed."""
    index = w.closing(ScriptedIndex())
    bob, = w.people(index, "bob")
    listener = bob.listen()
    target = bob.local_endpoint()
    with Peer() as peer:
        for n, data in enumerate(_datagrams(6, COUNT // 5)):
            index.udp.sendto(data, address(target))
            if n % 100 == 99:
                peer.send(f"talk,12:00:00,fence,number {n}", target)
                until(lambda: f"\tfence\tnone\tnumber {n}\n" in listener.out, "the fence")
    assert listener.running
    for line in listener.out.splitlines():
        event(line)
