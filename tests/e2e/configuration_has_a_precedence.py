# SPDX-License-Identifier: BSL-1.0
"""Command line, environment, $XDG_CONFIG_HOME/im/im.conf, /etc/im/im.conf, built-in; sections;
unknown keys; flags."""
from classic import Peer, ScriptedIndex
from im import equal, needs


def _user_of(w, me, *args, env=None):
    """Under which name `imlogin` logs in."""
    with ScriptedIndex() as index:
        me.run("imlogin", "-q", "--classic", "-s", index.server, *args, env=env)
        me.run("imlogin", "-o", "-s", index.server, *args, env=env)
        return index.heard[0][0].split(",")[1]


def each_layer_wins_over_the_next(w):
    me = w.person("me")
    me.write_config("im.conf", "user = from-file\n")
    equal(_user_of(w, me), "from-file")
    equal(_user_of(w, me, env={"IM_USER": "from-env"}), "from-env")
    equal(_user_of(w, me, "-u", "from-option", env={"IM_USER": "from-env"}), "from-option")


def the_file_may_be_named(w):
    me = w.person("me")
    me.write_config("im.conf", "user = usual\n")
    other, third = me.home / "other.conf", me.home / "third.conf"
    other.write_text("user = other\n")
    third.write_text("user = third\n")
    equal(_user_of(w, me, "-C", str(other)), "other")
    equal(_user_of(w, me, f"--config={other}", env={"IM_CONFIG": str(third)}), "other")
    equal(_user_of(w, me, env={"IM_CONFIG": str(third)}), "third")


def xdg_config_home_is_followed(w):
    me = w.person("me")
    (me.home / "cfg" / "im").mkdir(parents=True)
    (me.home / "cfg" / "im" / "im.conf").write_text("user = moved\n")
    equal(_user_of(w, me, env={"XDG_CONFIG_HOME": str(me.home / "cfg")}), "moved")


def the_server_and_the_timeout_come_from_anywhere(w):
    silent = w.closing(Peer())
    me = w.person("me")
    import time
    for env, conf in (({"IM_SERVER": silent.endpoint, "IM_TIMEOUT": "0.3"}, ""),
                      ({}, f"server = {silent.endpoint}\n[imlogin]\ntimeout = 0.3\n")):
        me.write_config("im.conf", conf)
        start = time.monotonic()
        me.run("imlogin", "--classic", "-u", "x", env=env, status=69)
        assert time.monotonic() - start < 4, "the timeout was taken"
        while not (text := silent.text()).startswith("login,"):
            pass
        assert text.startswith("login,x,"), text


def each_tool_reads_the_common_part_and_its_own_section(w):
    me = w.person("me")
    me.write_config("im.conf", """
# comments and blank lines
user = common   
quiet = true

[imindex]
port = 0
rate = 7
[imlogin]
classic = true
[imlisten]
type = talk
count = 2
[imsend]
commas = wide
""")
    equal(_user_of(w, me), "common")
    with ScriptedIndex() as index, Peer() as peer:
        run = me.run("imlogin", "-s", index.server)
        equal((run.out, run.err), ("", ""), "quiet and classic")
        me.send(f"bob@{peer.endpoint}", "a,b")
        equal(peer.text().split(",", 3)[3], "a，b")
        endpoint = me.local_endpoint()
        listener = me.start_ready("imlisten")
        peer.send("login,carol,127.0.0.1:5000", endpoint)
        peer.send("talk,T,carol,one", endpoint)
        peer.send("talk,T,carol,two", endpoint)
        equal([line.split("\t")[4] for line in listener.ends(0).out.splitlines()], ["one", "two"])
    me.run("imindex", "--test")


def an_option_of_the_command_line_undoes_a_flag(w):
    me = w.person("me")
    me.write_config("im.conf", "quiet = false\n")
    with ScriptedIndex() as index:
        run = me.run("imlogin", "-s", index.server, "-u", "x")
        assert run.out
        me.write_config("im.conf", "quiet = true\n")
        run = me.run("imlogin", "-s", index.server, "-u", "x")
        equal((run.out, run.err), ("", ""))


WRONG = ["nonsense = 1", "[imsend]\nnonsense = 1", "[nonsense]\nx = 1", "server", "= x", "quiet = maybe",
         "quiet = yes", "[imsend\nrate = 1", "[imsend]\nrate = fast", "user = a/b", "server = 127.0.0.1:99999",
         "[imsend]\nserver = 127.0.0.1:1", "rate = 3", "help = true"]


def what_is_wrong_in_it_is_78(w):
    me = w.person("me")
    for text in WRONG:
        me.write_config("im.conf", text + "\n")
        run = me.start("imsend", "-n", "--classic", "bob@127.0.0.1:9", "x")
        assert run.wait() == 78, run.story(f"{text!r} is taken")
        assert run.err.startswith("imsend: ") and "im.conf" in run.err, run.story(text)
        equal(run.out, "", text)


def the_section_of_another_tool_is_not_read(w):
    me = w.person("me", "127.0.0.1:9")
    me.write_config("im.conf", "[imlisten]\nnonsense = 1\n")
    me.run("imsend", "-n", "--classic", "bob@127.0.0.1:9", "x")
    me.run("imlisten", status=78)


def a_missing_usual_file_is_no_error(w):
    me = w.person("me", "127.0.0.1:9")
    me.run("imsend", "-n", "--classic", "bob@127.0.0.1:9", "x")


def wrong_environment_is_said(w):
    me = w.person("me")
    for env in ({"IM_SERVER": "127.0.0.1:99999"}, {"IM_USER": "a/b"}, {"IM_TIMEOUT": "soon"}):
        run = me.start("imlogin", "--classic", "-t0.1" if "IM_TIMEOUT" not in env else "-q", env=env)
        assert run.wait() in (64, 78), run.story(str(env))
        assert next(iter(env)) in run.err or next(iter(env.values())) in run.err, run.err


def errors_are_not_colored_where_it_is_not_wanted(w):
    me = w.person("me", "127.0.0.1:9")
    argv = ["imsend", "--classic", "bob@127.0.0.1:9", "x"]

    def colored(*options, env=None):
        run = me.start(*argv[:1], *options, *argv[1:], on_terminal=("err", "out"), env={"TERM": "xterm", **(env or {})})
        run.ends(69)
        return "\x1b[" in run.screen

    equal("\x1b[" in me.run(*argv, status=69).err, False)
    equal("\x1b[" in me.run(argv[0], "--color=never", *argv[1:], status=69).err, False)
    equal(colored("--color=never"), False)
    equal(colored(env={"NO_COLOR": "1"}), False)
    me.run(argv[0], "--color=sometimes", *argv[1:], status=64)


def the_system_file_is_the_last(w):
    """/etc/im/im.conf, in a mount namespace of our own, whose /etc is that one file."""
    me = w.person("me")
    needs(me.start("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt").wait() == 0, "no mount namespace of our own")
    (w.dir / "etc" / "im").mkdir(parents=True)
    (w.dir / "etc" / "im" / "im.conf").write_text("user = from-etc\n")

    def in_it(command):
        me.run("unshare", "-rm", "sh", "-c", f"cp /etc/ld.so.cache {w.dir}/etc/ && mount --bind {w.dir}/etc /etc && {command}")

    with ScriptedIndex() as index:
        in_it(f"imlogin -q --classic -s {index.server}")
        assert index.heard[0][0].startswith("login,from-etc,"), index.heard
        me.run("imlogin", "-o")
    me.write_config("im.conf", "user = from-home\n")
    with ScriptedIndex() as index:
        in_it(f"imlogin -q --classic -s {index.server}")
        assert index.heard[0][0].startswith("login,from-home,"), index.heard


def color_marks_records_on_a_terminal_only(w):
    index = w.closing(ScriptedIndex())
    alice, = w.people(index, "alice")
    alice.login()

    def colored(*options, terminal=False, env=None):
        run = alice.start("imlogin", *options, "-l", on_terminal=("out",) if terminal else (),
                          env={"TERM": "xterm", **(env or {})})
        run.ends(0)
        shown = run.screen if terminal else run.out
        assert "alice" in shown, run.story("the record")
        return "\x1b[" in shown

    equal(colored(), False)
    equal(colored(terminal=True), True)
    equal(colored("--color=auto", terminal=True), True)
    equal(colored("--color=always"), True)
    equal(colored("--color=never", terminal=True), False)
    equal(colored(terminal=True, env={"NO_COLOR": "1"}), False)
    equal(colored("--color=always", env={"NO_COLOR": "1"}), True)
