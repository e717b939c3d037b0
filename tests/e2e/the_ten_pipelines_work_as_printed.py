# SPDX-License-Identifier: BSL-1.0
"""The pipelines of the manuals that classic can do, run as they are printed."""
from classic import Peer
from im import equal, until
from records import event


def _people(w):
    index = w.index()
    return index, *w.people(index, "alice", "bob")


def _online(index, person):
    until(lambda: person.name in index.roster() and person.sessions(), f"{person.name} is online")


def p1_a_log_to_whoever_is_on_call(w):
    index, alice, bob = _people(w)
    alice.write_config("aliases", "oncall: bob\n")
    listener = bob.listen("-T", "talk")
    alice.login()
    log = alice.home / "app.log"
    log.write_text("")
    alice.sh("tail -F app.log | grep --line-buffered ERROR | imsend oncall")
    with log.open("a") as out:
        for line in ("INFO fine", "ERROR disk", "INFO fine", "ERROR 磁盘 full"):
            out.write(line + "\n")
            out.flush()
    equal([listener.fields()[4] for _ in range(2)], ["ERROR disk", "ERROR 磁盘 full"])


def p2_talk_through_grep_and_cut(w):
    index, alice, bob = _people(w)
    pipe = bob.sh("imlisten -T talk | grep -i --line-buffered deploy | cut -f3,5")
    _online(index, bob)
    alice.login()
    for text in ("hello", "Deploy now?", "no deploy\ttoday"):
        alice.send("bob", text)
    for _ in range(3):  # cut gives its lines away by the block
        alice.send("bob", "deploy " + "x" * 4000)
    equal([pipe.line() for _ in range(2)], ["alice\tDeploy now?", "alice\tno deploy\\ttoday"])


def p4_or_else_by_sms(w):
    index, alice, bob = _people(w)
    w.stub("sms", '#!/bin/sh\necho "sms $*"\n')
    script = "imsend bob 'disk 91%' || sms +4912345 'disk 91%'"
    alice.login()
    equal(alice.sh(script).ends(0).out, "sms +4912345 disk 91%\n")
    listener = bob.listen("-T", "talk")
    equal(alice.sh(script).ends(0).out, "")
    equal(listener.fields()[4], "disk 91%")
    listener.kill9()
    equal(alice.sh(script).ends(0).out, "sms +4912345 disk 91%\n")


def p5_wait_and_send(w):
    index, alice, bob = _people(w)
    alice.login()
    shell = alice.sh("imlogin -w -t 10m bob && imsend bob 'you there? build is broken'")
    listener = bob.listen("-T", "talk")
    shell.ends(0)
    equal(listener.fields()[4], "you there? build is broken")
    assert shell.out.startswith("bob\tonline\t"), shell.out


def p6_count_who_is_online(w):
    index, alice, bob = _people(w)
    alice.login()
    pipe = bob.sh("""imlisten -r -T roster,login,logout --time=unix | gawk -F'\\t' '$2=="logout"{n--} """
                  """$2!="logout"{n++} {print $1, n; fflush()}'""")
    equal([pipe.line().split()[1] for _ in range(2)], ["1", "2"])
    with Peer() as carol:
        carol.login("carol", index.server)
        time, count = pipe.line().split()
        equal(count, "3")
        assert len(time.split(".")[1]) == 3
        carol.logout("carol", index.server)
        equal(pipe.line().split()[1], "2")


def p7_answer_by_json(w):
    index, alice, bob = _people(w)
    listener = alice.listen("-T", "talk")
    bob.sh("""imlisten -j | jq -c --unbuffered 'select(.type=="talk" and .text=="!uptime") | """
           """{to:.user, re:.id, text:(now|todate)}' | imsend -J""")
    _online(index, bob)
    alice.send("bob", "hello")
    alice.send("bob", "!uptime")
    _, user, trust, text = event(listener.line())[1:]
    equal((user, trust), ("bob", "none"))
    from im import matches
    matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)


def p8_a_message_into_a_file(w):
    index, alice, bob = _people(w)
    shell = bob.sh("imlisten -0 -T talk -F '%rm' -c 1 -t 30s -f alice > received.bin")
    _online(index, bob)
    alice.login()
    data = b"any\nbytes \x01\x1b\t of \xe4\xbd\xa0 text\n"
    alice.send("-w", "bob", stdin=data)
    shell.ends(0)
    equal((bob.home / "received.bin").read_bytes(), data + b"\0")


def p9_make_with_tee_and_tail(w):
    index, alice, _ = _people(w)
    (channel,) = w.people(index, "ci-channel")
    listener = channel.listen("-T", "talk")
    alice.login()
    (alice.home / "Makefile").write_text("all:\n\t@echo one; echo two >&2; echo done\n")
    shell = alice.sh("make 2>&1 | imsend -p --rate=20 ci-channel | tail -1")
    shell.ends(0)
    equal(shell.out, "done\n")
    equal([listener.fields()[4] for _ in range(3)], ["one", "two", "done"])


def p10_mail_when_a_key_is_bad(w):
    index, alice, bob = _people(w)
    w.stub("mail", '#!/bin/sh\necho "mail $*"\n')
    alice.login()
    script = """imlogin -l | awk -F'\\t' '$3=="BAD"{print $1; bad=1} END{exit bad}' || mail -s 'key changed' root </dev/null"""
    equal(alice.sh(script).ends(0).out, "")
    (w.bin / "imlogin").unlink()
    w.stub("imlogin", "#!/bin/sh\nprintf 'bob\\tonline\\tBAD\\t127.0.0.1:1\\t-\\n'\n")
    equal(alice.sh(script).ends(0).out, "bob\nmail -s key changed root\n")
