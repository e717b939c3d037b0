# SPDX-License-Identifier: BSL-1.0
"""imindex -v: login and logout records on stdout, in the form of imlisten, so that grep works."""
from classic import Peer
from im import equal, until
from records import rest


def in_five_fields(w):
    index = w.index("-v")
    with Peer() as peer:
        peer.login("天涯", index.server)
        equal(rest(index.line()), ["login", "天涯", "none", peer.endpoint])
        peer.logout("天涯", index.server)
        equal(rest(index.line()), ["logout", "天涯", "none", "bye"])


def a_replaced_login_is_told_as_logout_and_login(w):
    index = w.index("-v")
    with Peer() as old, Peer() as new:
        old.login("bob", index.server)
        index.line()
        new.login("bob", index.server)
        equal(rest(index.line()), ["logout", "bob", "none", "replaced"])
        equal(rest(index.line()), ["login", "bob", "none", new.endpoint])


def without_v_it_prints_nothing(w):
    index = w.index()
    with Peer() as peer:
        peer.login("bob", index.server)
        index.signal(15)
        index.ends(0)
    equal(index.out, f"IM_SERVER={index.server}\n")


def grep_works_on_it(w):
    person = w.person("index")
    pipe = person.sh("imindex -v -p 0 --print-env | grep --line-buffered -v renew")
    server = pipe.line().split("=")[1]
    with Peer() as peer:
        peer.login("bob", server)
        until(lambda: "\tlogin\tbob\t" in pipe.out, "the record behind grep")
