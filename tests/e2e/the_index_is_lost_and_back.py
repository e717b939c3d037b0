# SPDX-License-Identifier: BSL-1.0
"""imlisten when the index falls silent: `server lost`, peers stay reachable, retry, `server back`,
and what was missed comes as login and logout records."""
from classic import Peer
from im import equal, free_port, until
from records import rest


def and_presence_missed_comes_as_records(w):
    port = free_port()
    home = w.person("index")
    index = w.index("--state=none", person=home, port=port)
    bob, = w.people(index, "bob")
    leaver, stayer = w.closing(Peer()), w.closing(Peer())
    leaver.login("leaver", index.server)
    stayer.login("stayer", index.server)
    listener = bob.start_ready("imlisten", "--classic", on_terminal=("err",))
    until(lambda: "\nleaver\t" in bob.session(), "the roster was read")
    index.kill9()
    until(lambda: "\tserver\t-\t-\tlost" in listener.out, "lost", 60)
    equal(rest(listener.line()), ["server", "-", "-", "lost"])
    listener.shows("imlisten: ")  # on a terminal it says what it waits for
    # Peers stay reachable.
    stayer.send("talk,12:00:00,stayer,still here", bob.local_endpoint())
    equal(rest(listener.line()), ["talk", "stayer", "none", "still here"])
    # While it was away one left, one came.
    index = w.index("--state=none", person=home, port=port)
    comer = w.closing(Peer())
    comer.login("comer", index.server)
    stayer.login("stayer", index.server)
    until(lambda: "\tserver\t-\t-\tback" in listener.out, "back", 100)
    records = [rest(listener.line()) for _ in range(3)]
    assert ["server", "-", "-", "back"] in records, records
    assert ["login", "comer", "none", comer.endpoint] in records, records
    assert ["logout", "leaver", "none", "bye"] in records, records
    equal(index.roster()["bob"], bob.local_endpoint(), "and bob is listed again")


def a_pipe_gets_no_progress(w):
    index = w.index()
    bob, = w.people(index, "bob")
    listener = bob.start_ready("imlisten", "--classic", "-T", "server")
    until(lambda: "\nbob\t" in bob.session(), "the roster was read")
    index.kill9()
    equal(rest(listener.line(60)), ["server", "-", "-", "lost"])
    equal(listener.err, "")
    listener.signal(15)
    listener.dies_by(15)
