# SPDX-License-Identifier: BSL-1.0
"""imevents(5): -0 and -F, each letter, escapes, widths, raw fields, and what ends a record."""
from classic import Peer
from im import equal, matches


def _formatted(w, fmt, text="a\tb", *args):
    if not hasattr(w, "server"):
        w.server = w.index().server
    (bob,) = w.people(w.server, "bob")
    listener = bob.listen("-T", "talk", "-F", fmt, "-c", "1", *args)
    with Peer() as peer:
        peer.send(f"talk,18:25:01,mallory,{text}", bob.local_endpoint())
        listener.ends(0)
        w.source = peer.endpoint
    return listener.out


def each_letter_of_an_event(w):
    for fmt, shown in (("%y", "talk"), ("%u", "mallory"), ("%k", "none"), ("%m", r"a\tb"), ("%rm", "a\tb"),
                       ("%%", "%"), ("%i", "-"), ("%s", "-"), ("%u:%y", "mallory:talk"), ("100%%", "100%")):
        equal(_formatted(w, fmt), shown + "\n", fmt)
    equal(_formatted(w, "%e"), w.source + "\n")
    matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n", _formatted(w, "%t"))


def escapes_of_the_format(w):
    equal(_formatted(w, r"%u\n%y\t%k\\%m"), "mallory\ntalk\tnone\\a\\tb\n")
    equal(_formatted(w, r"%u\0%y"), "mallory\0talk\n")


def widths(w):
    equal(_formatted(w, "%-10u|%10u|%2u|%-10ru"), "mallory   |   mallory|mallory|mallory   \n")


def raw_text_is_raw(w):
    equal(_formatted(w, "%rm", "one\ntwo\x1b\\"), "one\ntwo\x1b\\\n")
    equal(_formatted(w, "%m", "one\ntwo\x1b\\"), "one\\ntwo\\0033\\\\\n")


def with_null_each_record_ends_in_nul(w):
    equal(_formatted(w, "%m", "one", "-0"), "one\0")
    equal(_formatted(w, "%rm", "one\ntwo", "-0"), "one\ntwo\0")


def null_alone_gives_the_usual_fields_with_raw_text(w):
    (bob,) = w.people(w.index(), "bob")
    listener = bob.listen("-0", "-T", "talk")
    with Peer() as peer:
        peer.send("talk,18:25:01,mallory,one\ntwo\t\\three", bob.local_endpoint())
        fields = listener.record().decode().split("\t", 4)
        equal(fields[1:], ["talk", "mallory", "none", "one\ntwo\t\\three"])


def the_roster_has_status_and_since(w):
    (alice,) = w.people(w.index(), "alice")
    run = alice.run("imlogin", "-q", "--classic")
    equal(run.out, "", "-q silences the roster")
    listed = alice.run("imlogin", "-l", "-F", "%u %l %k %e %n")
    equal(listed.out, f"alice online self {alice.local_endpoint()} -\n")
    listed = alice.run("imlogin", "-l", "-0")
    equal(listed.out, f"alice\tonline\tself\t{alice.local_endpoint()}\t-\0")


def a_wrong_format_is_a_usage_error(w):
    (bob,) = w.people("127.0.0.1:9", "bob")
    for fmt in ("%q", "%", "%r", "%-", r"\x", "%99999999999u"):
        bob.run("imlisten", "-F", fmt, status=64)
