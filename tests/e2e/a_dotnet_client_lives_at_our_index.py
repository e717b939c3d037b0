# SPDX-License-Identifier: BSL-1.0
"""With all defaults on one machine: a .NET client logs in at our imindex, sees our users come and
go, and talks with imsend and imlisten, both ways."""
from dotnet import DotnetClient
from im import equal, until

TEXTS = ["hello", "你好，世界！", "ok 😀👍🏽", "a;b:c", "  padded  ", "line1\r\nline2", "", "שלום مرحبا", "%s {0} \\ \" '"]
CLOCKS = ["%H:%M:%S", "9:06:05", "9:06:05 AM", "上午 09:06:05", "오전 9:06:05", "9:06:05\u202fPM", ""]


def _client(w, name, index, **kwargs):
    """Bound to 127.7.7.2 and logged in; it sends from 127.0.0.1, as the real one."""
    client = w.closing(DotnetClient(name, index.server, "127.7.7.2", **kwargs))
    client.login()
    until(lambda: name in client.names(), f"{name} sees the roster")
    return client


def it_logs_in_and_is_listed(w):
    index = w.index()
    zhang = _client(w, "张三", index)
    equal(index.roster(), {"张三": zhang.endpoint})
    zhang.assert_hearing()


def it_sees_our_users_come_and_go(w):
    index = w.index()
    zhang = _client(w, "张三", index)
    alice, bob = w.people(index, "alice", "天涯")
    alice.run("imlogin")
    until(lambda: zhang.names() == ["张三", "alice"], "alice came")
    listener = bob.start_ready("imlisten")
    until(lambda: zhang.names() == ["张三", "alice", "天涯"], "天涯 came")
    equal(dict(map(tuple, zhang.list))["天涯"], bob.local_endpoint())
    alice.run("imlogin", "-o")
    until(lambda: zhang.names() == ["张三", "天涯"], "alice left")
    listener.signal(15)
    listener.dies_by(15)
    until(lambda: zhang.names() == ["张三"], "天涯 left")
    zhang.assert_hearing()


def it_sees_who_was_there_before(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.run("imlogin")
    equal(sorted(_client(w, "张三", index).names()), ["alice", "张三"])


def our_users_see_it_come_and_go(w):
    index = w.index()
    bob, = w.people(index, "bob")
    listener = bob.start_ready("imlisten")
    for misspelt in (False, True):
        zhang = _client(w, "张三", index, misspelt=misspelt)
        equal(listener.fields()[1:], ["login", "张三", "none", zhang.endpoint])
        zhang.logout()
        equal(listener.fields()[1:], ["logout", "张三", "none", "bye"])
    bob.run("imlogin", "-i", "张三", status=1)


def they_talk_both_ways(w):
    index = w.index()
    zhang = _client(w, "张三", index)
    bob, = w.people(index, "bob")
    listener = bob.start_ready("imlisten", "-T", "talk", "-0", "-F", "%u %k %rm")
    until(lambda: "bob" in zhang.names(), "bob is listed")
    zhang.open_window("bob")
    for text in TEXTS:
        bob.send("张三", text)
        zhang.talk("bob", text)
        equal(listener.record().decode(), f"张三 none {text}")
    until(lambda: len(zhang.windows["bob"]) == len(TEXTS), "all are shown")
    equal(zhang.windows["bob"], TEXTS)
    zhang.assert_hearing()


def commas_reach_us_and_can_be_widened_for_it(w):
    index = w.index()
    zhang = _client(w, "张三", index)
    bob, = w.people(index, "bob")
    listener = bob.start_ready("imlisten", "-T", "talk")
    until(lambda: "bob" in zhang.names(), "bob is listed")
    zhang.open_window("bob")
    zhang.talk("bob", "one,two,,three")
    equal(listener.fields()[4], "one,two,,three")
    bob.send("张三", "one,two,,three")
    bob.send("--commas=wide", "张三", "one,two,,three")
    until(lambda: len(zhang.windows["bob"]) == 2, "both are shown")
    equal(zhang.windows["bob"], ["one", "one，two，，three"])


def its_time_in_every_culture_is_kept(w):
    index = w.index()
    bob, = w.people(index, "bob")
    listener = bob.start_ready("imlisten", "-T", "talk", "-j")
    zhang = _client(w, "张三", index)
    import json
    for clock in CLOCKS:
        zhang.clock = clock
        zhang.talk("bob", "早安")
        event = json.loads(listener.line())
        equal((event["user"], event["text"]), ("张三", "早安"))
        if "%" not in clock:
            equal(event.get("sent", ""), clock)


def a_talk_without_a_window_is_lost_and_harmless(w):
    index = w.index()
    zhang = _client(w, "张三", index)
    bob, = w.people(index, "bob")
    bob.run("imlogin")
    bob.send("张三", "unseen")  # handed to the network and not refused: 0
    zhang.open_window("bob")
    bob.send("张三", "seen")
    until(lambda: zhang.windows["bob"] == ["seen"], "the second is shown")
    zhang.assert_hearing()


def the_longest_text_does_not_hurt_it(w):
    index = w.index()
    zhang = _client(w, "张三", index)
    bob, = w.people(index, "bob")
    bob.run("imlogin")
    zhang.open_window("bob")
    bob.send("-w", "张三", stdin=b"x" * 32000)
    until(lambda: zhang.windows["bob"] == ["x" * 32000], "shown")
    zhang.assert_hearing()


def a_second_login_of_it_is_no_second_entry(w):
    index = w.index()
    zhang = _client(w, "张三", index, misspelt=True)
    zhang.login()
    until(lambda: len([t for t in zhang.log if t.startswith("Accept")]) == 2, "answered again")
    equal(list(index.roster()), ["张三"])


def two_of_them_talk_over_our_index(w):
    index = w.index()
    one = _client(w, "李四", index)
    two = w.closing(DotnetClient("王五", index.server, "127.7.7.3"))
    two.login()
    until(lambda: one.names() == ["李四", "王五"] and sorted(two.names()) == ["李四", "王五"], "both listed once")
    two.open_window("李四")
    one.talk("王五", "你好")
    until(lambda: two.windows["李四"] == ["你好"], "shown")
    two.logout()
    until(lambda: one.names() == ["李四"], "gone")
    one.assert_hearing()
    two.assert_hearing()


def a_long_roster_reaches_it(w):
    index = w.index("--rate=0")
    from classic import Peer
    with Peer() as peer:
        for n in range(1000):
            peer.send(f"login,user{n:04},{peer.endpoint}", index.server)
            if n % 100 == 99:
                until(lambda: f"user{n:04}" in index.roster(), "taken")
        zhang = _client(w, "张三", index)
        until(lambda: len(zhang.names()) == 1001, "all of them")
        zhang.assert_hearing()
