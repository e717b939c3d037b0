# SPDX-License-Identifier: BSL-1.0
"""imevents(5), text records: the escapes, nothing else escaped, one line per event whatever a peer
writes into its text or its name."""
from classic import Peer
from im import equal
from records import ESCAPED_BYTEWISE, SHORT, escape, event, rest


def _listener(w, *args):
    (bob,) = w.people(w.index(), "bob")
    return bob.listen("-T", "talk", *args), bob.local_endpoint(), w.closing(Peer())


def every_character_is_escaped_that_must_be(w):
    listener, bob, mallory = _listener(w)
    for char in [*SHORT, *ESCAPED_BYTEWISE]:
        mallory.send(f"talk,12:00:00,mallory,a{char}b", bob)
        equal(rest(listener.line()), ["talk", "mallory", "none", f"a{escape(char)}b"])


def nothing_else_is_escaped(w):
    listener, bob, mallory = _listener(w)
    printable = "".join(map(chr, range(0x20, 0x7f))).replace("\\", "")
    for text in (printable, "\u00a0\u00ad\u034f", "e\u0301 \u200b\u200c\u200d\u2060\ufeff", "你好，世界！",
                 "ok 😀👍🏽", "שלום مرحبا", "\ufffd\uffff\U0010ffff", "  padded  ", "", "one,two,,three"):
        mallory.send(f"talk,12:00:00,mallory,{text}", bob)
        equal(rest(listener.line()), ["talk", "mallory", "none", text])


def the_printed_examples_hold(w):
    listener, bob, mallory = _listener(w)
    mallory.send("talk,12:00:00,bobby,lunch?\nat noon", bob)
    equal(listener.fields()[4], r"lunch?\nat noon")
    mallory.send("talk,12:00:00,mallory,\x1b]0;pwned\x07hi", bob)
    equal(listener.fields()[4], r"\0033]0;pwned\0007hi")


def a_name_cannot_forge_a_field_or_a_line(w):
    listener, bob, mallory = _listener(w)
    for name in ("x\ty", "x\ny", "x\x1b[2Jy", "", "\u202eevil", "a\0b", "n" * 3000, "\r"):
        mallory.send(f"talk,12:00:00,{name},hi", bob)
        mallory.send("talk,12:00:00,fence,hi", bob)
        fields = rest(listener.line())
        if fields[1] != "fence":  # it may also be dropped whole
            equal(fields, ["talk", escape(name) or "-", "none", "hi"])
            equal(rest(listener.line())[1], "fence")


def a_time_field_cannot_either(w):
    listener, bob, mallory = _listener(w)
    for time in ("\t\t", "\n", "\x1b[2J", "", "t" * 3000):
        mallory.send(f"talk,{time},mallory,hi", bob)
        equal(rest(listener.line()), ["talk", "mallory", "none", "hi"])


def lone_surrogates_become_replacement_characters(w):
    listener, bob, mallory = _listener(w)
    for text, shown in (("a\ud83db", "a\ufffdb"), ("a\ude00b", "a\ufffdb"), ("\ud83d", "\ufffd"),
                        ("\ude00\ud83d", "\ufffd\ufffd"), ("😀\ud83d😀", "😀\ufffd😀")):
        mallory.send(f"talk,12:00:00,mallory,{text}", bob)
        equal(event(listener.line())[4], shown)


def a_stray_byte_becomes_a_replacement_character(w):
    listener, bob, mallory = _listener(w)
    mallory.send_bytes("talk,12:00:00,mallory,ab".encode("utf-16-le") + b"A", bob)
    equal(event(listener.line())[4], "ab\ufffd")
