# SPDX-License-Identifier: BSL-1.0
"""imsend's input: lines, -w, -0, -T, -J, -e, -, -p, --rate, -n."""
import json
import time

from classic import Peer
from im import equal


def _sent(w, argv, stdin, count, status=0):
    """What arrives (texts) when `argv` is fed with `stdin`; PEER stands for the recipient."""
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        fill = lambda a: a.replace("PEER", f"bob@{peer.endpoint}")
        run = alice.send("--classic", *map(fill, argv), stdin=fill(stdin.decode("latin1")).encode("latin1"),
                         status=status)
        got = [peer.text().split(",", 3)[3] for _ in range(count)]
        peer.send("fence", peer.endpoint)
        equal(peer.text(), "fence", "no more than that")
    return got, run


def each_line_is_a_message(w):
    equal(_sent(w, ["PEER"], b"one\ntwo\n", 2)[0], ["one", "two"])
    equal(_sent(w, ["PEER", "-"], b"one\ntwo\n", 2)[0], ["one", "two"])


def a_last_line_without_lf_counts(w):
    equal(_sent(w, ["PEER"], b"one\ntwo", 2)[0], ["one", "two"])


def an_empty_line_is_an_empty_message(w):
    equal(_sent(w, ["PEER"], b"one\n\ntwo\n\n", 4)[0], ["one", "", "two", ""])
    for option in ("-e", "--skip-empty"):
        equal(_sent(w, [option, "PEER"], b"\none\n\ntwo\n\n", 2)[0], ["one", "two"])


def nothing_is_nothing(w):
    equal(_sent(w, ["PEER"], b"", 0)[0], [])


def carriage_returns_and_control_characters_pass(w):
    equal(_sent(w, ["PEER"], b"one\r\n\x1b\tx\0y\n", 2)[0], ["one\r", "\x1b\tx\0y"])


def whole_is_to_the_last_byte(w):
    for option in ("-w", "--whole"):
        equal(_sent(w, [option, "PEER"], b"one\ntwo\n\n", 1)[0], ["one\ntwo\n\n"])
    equal(_sent(w, ["-w", "PEER"], b"", 1)[0], [""])


def null_records(w):
    for option in ("-0", "--null"):
        equal(_sent(w, [option, "PEER"], b"one\ntwo\n\0three\0\0four", 4)[0], ["one\ntwo\n", "three", "", "four"])


def to_first_takes_the_recipient_of_each_line(w):
    for option in ("-T", "--to-first"):
        equal(_sent(w, [option], b"PEER\tone\nPEER\ttwo\tthree\nPEER\t\n", 3)[0], ["one", "two\tthree", ""])
    equal(_sent(w, ["-T0"], b"PEER\tone\ntwo\0PEER\tx\0", 2)[0], ["one\ntwo", "x"])


def a_bad_line_is_said_and_the_rest_goes_on(w):
    got, run = _sent(w, ["-T"], b"PEER\tone\nno tab here\na/b\tx\nPEER\ttwo\n", 2, status=65)
    equal(got, ["one", "two"])
    lines = [line for line in run.err.splitlines() if "hint" not in line]
    equal(len(lines), 2, run.err)
    assert "line 2" in lines[0] or ":2:" in lines[0] or "2" in lines[0], lines
    got, run = _sent(w, ["PEER"], b"one\n\xff\xfe\ntwo\n", 2, status=65)
    equal(got, ["one", "two"])


def json_lines(w):
    for option in ("-J", "--json-in"):
        records = [{"to": "PEER", "text": "one\ntwo"}, {"to": "PEER", "text_b64": "w6TDtsO8"},
                   {"text": "你好 😀", "to": "PEER", "more": [1, {"x": None}]}, {"to": "PEER", "text": "\u2028\"\\"}]
        data = "".join(json.dumps(r) + "\n" for r in records).encode()
        equal(_sent(w, [option], data, 4)[0], ["one\ntwo", "äöü", "你好 😀", "\u2028\"\\"])
    equal(_sent(w, ["-J"], '{"to":"PEER","text":"raw utf-8 ä"}'.encode(), 1)[0], ["raw utf-8 ä"])


def a_record_without_to_is_answered_to_its_user(w):
    index = w.index()
    alice, = w.people(index, "alice")
    with Peer() as bob:
        bob.login("bob", index.server)
        alice.login()
        alice.send("-J", stdin=b'{"v":1,"type":"talk","user":"bob","trust":"none","text":"echo"}\n')
        bob_got = [bob.text() for _ in range(2)][-1]
        equal(bob_got.split(",")[2:], ["alice", "echo"])


def bad_json_is_65_and_the_rest_goes_on(w):
    bad = [b"{", b"[]", b"null", b"17", b'{"text":"x"}', b'{"to":1,"text":"x"}', b'{"to":"PEER"}',
           b'{"to":"PEER","text":7}', b'{"to":"PEER","text_b64":"***"}', b'{"to":"a/b","text":"x"}',
           b'{"to":"PEER","text":"x"} trailing', b'\xff', b'{"to":"PEER","text":"\xff"}', b'[' * 100000]
    for line in bad:
        got, run = _sent(w, ["-J"], line + b'\n{"to":"PEER","text":"good"}\n', 1, status=65)
        equal(got, ["good"], line[:50])
        assert run.err.startswith("imsend: "), run.err


def tee_copies_what_was_acknowledged(w):
    equal(_sent(w, ["-p", "PEER"], b"one\n\ntwo", 3)[1].out, "one\n\ntwo\n")
    equal(_sent(w, ["-0p", "PEER"], b"one\ntwo\0three", 2)[1].out, "one\ntwo\0three\0")
    equal(_sent(w, ["--tee", "-T"], b"PEER\tone\nbad\nPEER\ttwo\n", 2, status=65)[1].out.count("\n"), 2)
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        dead = peer.endpoint
    equal(alice.send("--classic", "-p", f"bob@{dead}", stdin=b"lost\n", status=69).out, "")


def rate_is_at_most_n_a_second(w):
    start = time.monotonic()
    equal(_sent(w, ["--rate=20", "PEER"], b"x\n" * 21, 21)[0], ["x"] * 21)
    took = time.monotonic() - start
    assert took >= 0.9, took


def without_rate_it_is_faster(w):
    start = time.monotonic()
    equal(len(_sent(w, ["PEER"], b"x\n" * 100, 100)[0]), 100)
    assert time.monotonic() - start < 10


def dry_run_sends_nothing(w):
    for option in ("-n", "--dry-run"):
        got, run = _sent(w, [option, "PEER"], b"one\ntwo\n", 0)
        equal(len(run.out.splitlines()), 2, run.out)
        assert "bob" in run.out and "one" in run.out and "two" in run.out, run.out
    got, run = _sent(w, ["-n", "PEER", "hi", "there"], b"", 0)
    assert "hi there" in run.out and "127.0.0.1:" in run.out, run.out


def words_are_joined_by_one_space(w):
    equal(_sent(w, ["PEER", "disk", "91%", "  full "], b"", 1)[0], ["disk 91%   full "])


def verbose_and_json_receipts(w):
    got, run = _sent(w, ["-v", "PEER"], b"one\ntwo\n", 2)
    for line in run.out.splitlines():
        fields = line.split("\t")
        equal(len(fields), 4, line)
        equal(fields[0], "-")
        assert fields[1].startswith("bob"), line
        assert fields[2] in ("sent", "delivered") and float(fields[3]) >= 0, line
    equal(len(run.out.splitlines()), 2)
    got, run = _sent(w, ["-j", "PEER"], b"one\n", 1)
    equal(json.loads(run.out)["type"], "receipt")

def white_space_between_json_records_is_skipped(w):
    got, run = _sent(w, ["-J"], b'\n \t\r\n{"to":"PEER","text":"one"}\n\n{"to":"PEER","text":"two"}\n', 2)
    equal(got, ["one", "two"])
    equal(run.err, "")


def the_framing_of_stdin_does_not_go_with_a_message(w):
    alice, = w.people(w.index(), "alice")
    for option in ("-w", "--whole", "-0", "--null"):
        alice.run("imsend", "--classic", option, "bob@127.0.0.1:9", "hi", status=64)


def the_rate_is_of_messages_to_each(w):
    alice, = w.people(w.index(), "alice")
    with Peer() as one, Peer() as two:
        start = time.monotonic()
        alice.send("--classic", "--rate=5", f"a@{one.endpoint},b@{two.endpoint}", stdin=b"1\n2\n3\n")
        assert time.monotonic() - start >= 0.95, "six messages, five a second"
