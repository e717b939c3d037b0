# SPDX-License-Identifier: BSL-1.0
"""Every example of the manuals is run as it is printed: here, or, where it is one of the ten
pipelines, in that scenario.  An example that nobody runs is a failure."""
import pathlib
import re
import signal

from im import equal, needs, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
ELSEWHERE = (pathlib.Path(__file__).with_name("the_ten_pipelines_work_as_printed.py"),
             pathlib.Path(__file__).with_name("printf_b_gives_the_exact_bytes_back.py"))

# The blocks of EXAMPLES, in order of the page.
IMSEND = ("""imsend --classic --commas=wide bob@127.0.0.1:4002 'one, two, three'""",
          """printf 'bob\\tlunch?\\nalice\\tno lunch\\n' | imsend -T""")
IMLISTEN = ("""imlisten -T talk -x 'logger -t "im:$IM_FROM"'""",)
IMLOGIN = ("""imlogin""", """imlogin -i bob >/dev/null && imsend bob 'lunch?'""")
IMINDEX = ("""imindex -b 127.0.0.1 -p 0 --print-env""", """imindex -v | grep --line-buffered login""",
           """imindex --test && kill -HUP "$(pidof imindex)\"""")
IMEVENTS = ("""imlisten -T talk | awk -F'\\t' '$4=="BAD"{print $3; fflush()}'""",)
IMFILES = ("""awk -F'\\t' '$1=="user" && $5=="verified"{print $3}' ~/.local/share/im/known""",)
TOUR = ("""imlisten -T talk""",)


def _unroff(text):
    for roff, plain in (("\\(aq", "'"), ("\\(dq", '"'), ("\\&", ""), ("\\e", "\\")):
        text = text.replace(roff, plain)
    return text


def _blocks(page, section):
    text = (ROOT / "man" / page).read_text()
    part = re.search(rf"^\.S[hs] {section}.*?\n(.*?)(?=^\.S[hs] )", text, re.M | re.S)[1]
    return [_unroff(block.strip("\n")) for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", part, re.M | re.S)]


def every_example_is_run_somewhere(w):
    # Python source writes a backslash twice; long pipelines stand in two adjoining literals.
    elsewhere = "".join(path.read_text() for path in ELSEWHERE).replace("\\\\", "\\")
    elsewhere = re.sub(r'"""\s*"""', "", elsewhere)
    here = {*IMSEND, *IMLISTEN, *IMLOGIN, *IMINDEX, *IMEVENTS, *IMFILES, *TOUR}
    found = set()
    for page in ("imsend.1", "imlisten.1", "imlogin.1", "imindex.8", "imevents.5", "imfiles.5", "im.7"):
        examples = _blocks(page, "EXAMPLES")
        assert examples, page
        for example in examples:
            found.add(example)
            assert example in here or example in elsewhere, f"{page}: nobody runs: {example}"
    equal(sorted(here - found), [], "run here, but in no manual")


def to_a_dotnet_client_without_an_index(w):
    bob = w.person("bob")
    listener = _at_port_4002(w, bob)
    needs(listener, "port 4002 of 127.0.0.1 is taken")
    w.person("alice").sh(IMSEND[0]).ends(0)
    from classic import decode
    equal(decode(listener.recv(2000)).split(",", 3)[3], "one， two， three")


def _at_port_4002(w, bob):
    import socket
    receiver = w.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    receiver.settimeout(10)
    try:
        receiver.bind(("127.0.0.1", 4002))
    except OSError:
        return None
    return receiver


def a_recipient_per_line(w):
    index = w.index()
    alice, bob = w.people(index, "alice", "bob")
    of_bob, of_alice = bob.listen("-T", "talk"), alice.listen("-T", "talk")
    alice.sh(IMSEND[1]).ends(0)
    equal(of_bob.fields()[4], "lunch?")
    equal(of_alice.fields()[4], "no lunch")


def a_command_per_message(w):
    index = w.index()
    alice, bob = w.people(index, "alice", "bob")
    w.stub("logger", '#!/bin/sh\nprintf "%s " "$@" >>"$HOME/log"\ncat >>"$HOME/log"; echo >>"$HOME/log"\n')
    bob.sh(IMLISTEN[0])
    until(lambda: "bob" in index.roster() and bob.sessions(), "bob is online")
    alice.login()
    alice.send("bob", "hi there")
    until(lambda: (bob.home / "log").exists() and (bob.home / "log").read_text() == "-t im:alice hi there\n",
          "the command has run")


def log_in_and_see_who_is_there(w):
    index = w.index()
    alice, bob = w.people(index, "alice", "bob")
    bob.login()
    lines = alice.sh(IMLOGIN[0]).ends(0).out.splitlines()
    equal([line.split("\t")[0] for line in lines], ["alice", "bob"])


def see_whose_keys_were_compared(w):
    alice = w.person("alice")
    known = alice.home / ".local/share/im/known"
    known.parent.mkdir(parents=True)
    known.write_text("im known 1\nuser\tX\tbob\tI\tok\t2026-11-22\nuser\tX\tcarol\tI\tverified\t2026-11-22\n")
    equal(alice.sh(IMFILES[0]).ends(0).out, "carol\n")


def write_only_when_bob_is_online(w):
    index = w.index()
    alice, bob = w.people(index, "alice", "bob")
    alice.login()
    alice.sh(IMLOGIN[1]).ends(1)
    listener = bob.listen("-T", "talk")
    equal(alice.sh(IMLOGIN[1]).ends(0).out, "")
    equal(listener.fields()[4], "lunch?")


def an_index_for_this_machine(w):
    index = w.person("index").sh("exec " + IMINDEX[0])
    line = index.line()
    assert re.fullmatch(r"IM_SERVER=127\.0\.0\.1:\d+", line), line
    (alice,) = w.people(line.split("=")[1], "alice")
    alice.login()
    index.signal(signal.SIGTERM)
    index.ends(0)


def watch_who_comes_and_goes(w):
    # The example serves the default port, which may be taken here: the configuration moves it.
    from im import free_port
    port = free_port()
    operator = w.person("index")
    operator.write_config("im.conf", f"[imindex]\nport = {port}\nbind = 127.0.0.1\nstate = none\n")
    pipe = operator.sh(IMINDEX[1])
    (alice,) = w.people(f"127.0.0.1:{port}", "alice")
    until(lambda: alice.start("imlogin", "-q", "--classic").wait() == 0, "the index serves")
    equal(pipe.fields()[1:3], ["login", "alice"])


def check_before_a_reload(w):
    index = w.index()
    w.stub("pidof", f"#!/bin/sh\necho {index.pid}\n")
    operator = w.person("operator")
    operator.sh(IMINDEX[2]).ends(0)
    operator.write_config("im.conf", "[imindex]\nrate = lots\n")
    operator.sh(IMINDEX[2]).ends(78)
    (alice,) = w.people(index, "alice")
    alice.login()


def who_wrote_from_elsewhere(w):
    from classic import Peer, ScriptedIndex
    index = w.closing(ScriptedIndex())
    index.users = [("far", "192.0.2.77:5000")]
    (bob,) = w.people(index, "bob")
    pipe = bob.sh(IMEVENTS[0])
    until(lambda: bob.sessions() and "far\t" in bob.session(), "bob has the roster")
    with Peer() as liar:
        liar.send("talk,12:00:00,far,trust me", bob.local_endpoint())
        equal(pipe.line(), "far")


def the_tour_works_as_it_is_told(w):
    """Typed line by line; who types waits until there is something to see, as people do."""
    person = w.person("both")
    shell = person.start("bash", stdin="pipe")
    heard = person.home / "bob.txt"

    def seen(line):
        if line.startswith("imlisten"):
            return person.sessions()
        if line.startswith("imlogin"):
            return len(person.sessions()) == 2 and heard.read_text().count("\tlogin\talice\t") == 1
        if line.startswith("imsend"):
            return "\ttalk\talice\t" in heard.read_text()
        return True

    for line in "\n".join(_blocks("im.7", "The first two minutes")).splitlines():
        shell.write(line + "\n")
        until(lambda: seen(line), f"what comes of: {line}")
    shell.write("kill $(jobs -p); wait\n")
    shell.close_stdin()
    shell.wait(patience=30)
    assert re.search(r"^alice\tonline\tself\t", shell.out, re.M), shell.out
    assert re.search(r"\ttalk\talice\tnone\tlunch\? at noon$", shell.out, re.M), shell.out


def everything_as_it_is_said(w):
    index = w.index()
    alice, bob = w.people(index, "alice", "bob")
    listener = bob.sh("exec " + TOUR[0])
    until(lambda: "bob" in index.roster() and bob.sessions(), "bob is online")
    alice.login()
    alice.send("bob", "said")
    equal(listener.fields()[4], "said")
