# SPDX-License-Identifier: BSL-1.0
"""imindex --metrics: /metrics in two formats, /healthz, and nothing of it without the option."""
import http.client
import os
import shutil
import socket
import threading
import time
import urllib.request

from classic import Peer
from im import PATIENCE, equal, has_ipv6, matches, needs, until

OPEN = "application/openmetrics-text"


def _index(w, *args, metrics="127.0.0.1:0", **kwargs):
    """An index with metrics, and where they are."""
    index = w.index(f"--metrics={metrics}", *args, **kwargs)
    return index, matches(r"IM_METRICS=(http://(\S+)/metrics)", index.line())[1]


def _scrape(url, accept="*/*"):
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def _samples(page):
    """Series to value."""
    lines = (line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
    return {series: float(value) for series, value in lines}


def _ask(url, method, path, body=None):
    connection = http.client.HTTPConnection(url.split("/")[2], timeout=PATIENCE)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def the_page_has_what_happened(w):
    index, url = _index(w)
    with Peer() as bob, Peer() as carol:
        bob.login("bob", index.server)
        bob.login("bob", index.server)
        carol.login("carol", index.server)
        carol.send("nonsense", index.server)
        carol.logout("carol", index.server)
        until(lambda: index.counter("logouts") == 1, "carol's logout")
        assert "bob" in index.roster()
    page = _samples(_scrape(url)[1])
    for series, value in {
        'imindex_users{profile="classic"}': 1,
        'imindex_logins_total{profile="classic"}': 2,
        'imindex_renewals_total{profile="classic"}': 1,
        'imindex_logouts_total{profile="classic",reason="bye"}': 1,
        'imindex_refusals_total{profile="classic",reason="undecodable"}': 1,
        "imindex_received_datagrams_total": 5,
        "imindex_announcements_total": 2,
        "imindex_fanout_last_datagrams": 1,
        "imindex_roster_fetches_total": 1,
    }.items():
        equal(page[series], value, series)
    equal(page["imindex_sent_datagrams_total"], 3 + 2, "answers and announcements")
    assert page["imindex_received_bytes_total"] > page["imindex_received_datagrams_total"]
    assert page["imindex_roster_bytes_total"] > len("bob,127.0.0.1:1;end")
    assert page["imindex_turn_seconds_count"] >= 5
    assert page["process_resident_memory_bytes"] > 1 << 20


def both_formats_are_served(w):
    _, url = _index(w)
    kind, page = _scrape(url, OPEN + ";version=1.0.0,text/plain;q=0.5")
    equal(kind, OPEN + "; version=1.0.0; charset=utf-8")
    assert page.endswith("# EOF\n") and "# UNIT imindex_turn_seconds seconds\n" in page
    kind, page = _scrape(url)
    equal(kind, "text/plain; version=0.0.4; charset=utf-8")
    assert "# EOF" not in page and "# TYPE imindex_logins_total counter\n" in page


def counters_never_fall_while_users_come_and_go(w):
    index, url = _index(w, "--rate=0", f"--state={w.dir / 'state.db'}")
    done = threading.Event()
    scrapes, faults = [], []

    def scrape():
        try:
            while not done.is_set():
                scrapes.append(_samples(_scrape(url, OPEN)[1]))
        except Exception as e:
            faults.append(e)

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        with Peer() as peer:
            for n in range(300):
                peer.login(f"user{n}", index.server)
        until(lambda: len(scrapes) > 5, "some scrapes")
    finally:
        done.set()
        thread.join()
    equal(faults, [])
    scrapes.append(_samples(_scrape(url, OPEN)[1]))
    rising = [s for s in scrapes[0] if any(k in s for k in ("_total", "_bucket", "_count", "_sum"))]
    assert len(rising) > 40, rising
    for earlier, later in zip(scrapes, scrapes[1:]):
        for series in rising:
            assert earlier[series] <= later[series], series
    equal(scrapes[-1]['imindex_logins_total{profile="classic"}'], 300)
    assert scrapes[-1]["imindex_state_commits_total"] > 0
    equal(scrapes[-1]["imindex_state_unwritten_changes"], 0)


def usr1_and_the_page_agree(w):
    index, url = _index(w)
    with Peer() as peer:
        for n in range(5):
            peer.login(f"user{n}", index.server)
        page = _samples(_scrape(url)[1])
        for name, series in (("users", 'imindex_users{profile="classic"}'),
                             ("logins", 'imindex_logins_total{profile="classic"}'),
                             ("sent", "imindex_sent_datagrams_total")):
            equal(index.counter(name), page[series], name)


def healthz_is_ok_and_other_things_are_refused(w):
    _, url = _index(w)
    equal(_ask(url, "GET", "/healthz"), (200, b"ok\n"))
    equal(_ask(url, "HEAD", "/healthz"), (200, b""))
    equal(_ask(url, "GET", "/metrics?x=y")[0], 200)
    equal(_ask(url, "GET", "/")[0], 404)
    equal(_ask(url, "POST", "/metrics")[0], 405)
    equal(_ask(url, "GET", "/healthz", b"body")[0], 413)


def slow_visitors_cost_the_users_nothing(w):
    index, url = _index(w)
    host, port = url.split("/")[2].split(":")
    for _ in range(50):
        w.closing(socket.create_connection((host, int(port))))
    with Peer() as peer:
        start = time.monotonic()
        peer.login("bob", index.server)
        peer.logout("bob", index.server)
        peer.login("bob", index.server)
        assert time.monotonic() - start < 1, "less than a visitor's time"
    equal(set(index.roster()), {"bob"})


def without_the_option_there_is_no_second_thread_and_no_port(w):
    index = w.index()  # and without a state file, which has threads of its own
    equal(len(os.listdir(f"/proc/{index.pid}/task")), 1)
    equal(index.out, f"IM_SERVER={index.server}\n")


def it_takes_an_address_of_ipv6(w):
    needs(has_ipv6(), "no IPv6 here")
    _, url = _index(w, metrics="[::1]:0")
    assert url.startswith("http://[::1]:"), url
    equal(_ask(url, "GET", "/healthz")[0], 200)


def a_port_in_use_is_said_and_is_71(w):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        at = "127.0.0.1:%d" % taken.getsockname()[1]
        run = w.person("second").start("imindex", "-p", "0", f"--metrics={at}")
        run.fails(71, rf"imindex: cannot bind TCP {at}: address already in use")
        assert "hint: --metrics" in run.err, run.err


def a_wrong_address_is_64(w):
    for wrong in ("127.0.0.1", ":9464", "localhost:9464", "127.0.0.1:", "127.0.0.1:65536", "::1:9464", ""):
        w.person("admin").start("imindex", "-p", "0", f"--metrics={wrong}").fails(
            64, rf"imindex: --metrics.*{wrong}.*")


def it_may_stand_in_the_configuration(w):
    person = w.person("index")
    person.write_config("im.conf", "[imindex]\nmetrics = 127.0.0.1:0\n")
    index = w.index(person=person)
    equal(_ask(matches(r"IM_METRICS=(\S+)", index.line())[1], "GET", "/healthz")[0], 200)


def it_ends_at_once_with_visitors_there(w):
    index, url = _index(w)
    host, port = url.split("/")[2].split(":")
    for _ in range(8):
        w.closing(socket.create_connection((host, int(port)))).sendall(b"GET /metrics HT")
    index.signal(15)
    index.ends(0, 3)


def promtool_finds_no_fault(w):
    needs(shutil.which("promtool"), "no promtool")
    _, url = _index(w)
    run = w.person("admin").start("promtool", "check", "metrics", stdin=_scrape(url)[1].encode())
    run.ends(0)
    equal(run.out + run.err, "")


def the_strict_parser_of_openmetrics_takes_it(w):
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
    except ImportError:
        needs(False, "no python3-prometheus-client")
    index, url = _index(w)
    with Peer() as peer:
        peer.login("bob", index.server)
        families = {family.name: family for family in parse(_scrape(url, OPEN)[1])}
    equal(families["imindex_turn_seconds"].type, "histogram")
    equal(families["imindex_build"].type, "info")
    equal(families["imindex_received_bytes"].unit, "bytes")
