# SPDX-License-Identifier: BSL-1.0
"""imevents(5): the printed loop undoes the escape byte by byte, in dash and in bash."""
from classic import Peer
from im import equal, until
from records import BIDI_CONTROL

LOOP = r"""imlisten -T talk | while IFS="$(printf '\t')" read -r t y u k m; do printf '%b\n' "$m"; done"""

TEXTS = [
    "plain", "", "  blanks around  ", "\ttabs\tin it\t", "two\nlines", "cr\r\nlf", "\\", "\\\\", "\\n", "\\0101",
    "\\c cut?", "\\x41", "%s %d %%", "-n", "-e x", "$HOME `id` $(id) 'q' \"q\" * ?", "\x1b]0;pwned\x07",
    "\0 and \x01 to \x1f", "7\x0178", "\x7f\x80\x9f", "你好，世界！ 😀👍🏽", "\u2028\u2029" + BIDI_CONTROL,
    "".join(map(chr, range(0x250))),
]


def _round_trip(w, shell):
    index = w.index()
    (bob,) = w.people(index, "bob")
    loop = bob.sh(LOOP, shell=shell)
    until(lambda: "bob" in index.roster() and bob.sessions(), "bob listens")
    with Peer() as peer:
        for text in TEXTS:
            peer.send(f"talk,12:00:00,alice,{text}", bob.local_endpoint())
    expected = "".join(text + "\n" for text in TEXTS).encode()
    until(lambda: len(loop.out_stream.data) >= len(expected), "all texts came")
    equal(loop.out_stream.data, expected, shell)


def in_dash(w):
    _round_trip(w, "dash")


def in_bash(w):
    _round_trip(w, "bash")
