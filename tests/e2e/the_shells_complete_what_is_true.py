# SPDX-License-Identifier: BSL-1.0
"""contrib/completions in bash, zsh and fish: the options are those of --help, and users come from the
session's roster and the aliases, quoted so that the tool gets the very name.  The shells run on a
terminal; what is typed there is run, by a stand-in that shows its arguments."""
import pathlib
import re
import shutil
import termios
import time

from im import TOOLS, equal, needs, until

FOLDER = pathlib.Path(__file__).parents[2] / "contrib" / "completions"

SESSION = """im session 1
profile classic
user {}
endpoint 127.0.0.1:40112
server {}
server-name localhost:4649
tcp 4649
users {}

"""
ROSTER = ["alice", "anna lee", "bob", "it's $me", "robin", "x=y&z", "天涯"]
ENUMERATIONS = {
    "imindex": ["--profile", "--classic-source", "--classic-confirm", "--time", "--color"],
    "imlogin": ["--time", "--color"], "imlisten": ["--time", "--color"],
    "imsend": ["--commas", "--color"],
}
# With --help it is the tool; else it says what it was given.
STAND_IN = """#!/bin/sh
[ "$*" != --help ] || exec {} --help
{{ for word; do printf '<%s>' "$word"; done; echo; }} >>"$HOME/ran"
"""


class Shell:
    """A shell on a terminal with the completions loaded, in the hands of alice."""

    def __init__(self, w, start_text, *how):
        name = how[0]
        needs(shutil.which(name), f"no {name} here")
        self.person = w.person("alice")
        self.home = self.person.home
        folder = w.dir / f"stand-ins-{name}"
        folder.mkdir()
        for tool in TOOLS:
            (folder / tool).write_text(STAND_IN.format((w.bin / tool).resolve()))
            (folder / tool).chmod(0o755)
        self.person.env.update({"TERM": "xterm", "PS1": "$ ", "COLUMNS": "200", "LINES": "50",
                                "PATH": f"{folder}:/usr/bin:/bin"})
        self.session("alice@127.0.0.1:4649", ROSTER)
        self.person.write_config("aliases", "# who\noncall: bob, 天涯 # both\n")
        (self.home / "plans").write_text("")
        for start in ("start", ".zshrc"):
            (self.home / start).write_text(start_text.replace("FOLDER", str(FOLDER)))
        self.program = self.person.start(*how, on_terminal=("in", "out", "err"))
        until(lambda: (self.home / "loaded").exists(), f"{name} has started")
        self.count = 0

    def session(self, name, users):
        folder = self.person.run_dir / "im"
        folder.mkdir(exist_ok=True)
        user, server = name.split("@")
        lines = "".join(f"{other}\t127.0.0.1:{4000 + i}\n" for i, other in enumerate(users))
        (folder / f"{name}.session").write_text(SESSION.format(user, server, len(users)) + lines)

    def type(self, text):
        """Not before the shell edits its line: until then the terminal would take ^U for itself."""
        until(lambda: not termios.tcgetattr(self.program.terminal)[3] & termios.ICANON, "a prompt")
        self.program.type(text)

    def runs(self, typed):
        """The arguments a tool got from what was typed; a TAB completes."""
        self.type(typed + "\r")
        self.count += 1
        ran = self.home / "ran"
        until(lambda: ran.exists() and ran.read_text().count("\n") == self.count,
              self.program.story(f"{typed!r} runs"))
        return ran.read_text().splitlines()[-1]

    def candidates(self, line):
        """What the shell says may stand in place of the last word."""
        file = self.home / "candidates"
        file.unlink(missing_ok=True)
        self.ask(line)
        text = until(lambda: file.exists() and "END\n" in file.read_text() and file.read_text(),
                     self.program.story(f"candidates of {line!r}"))
        return {word for word in text.splitlines() if word not in ("", "END")}


class Bash(Shell):
    START = """
        bind 'set enable-bracketed-paste off'
        . FOLDER/bash/im
        asked() { _im "$@"; printf '%s\\n' "${COMPREPLY[@]}" END >~/candidates; }
        complete -F asked imindex imlogin imlisten imsend
        : >~/loaded
    """

    def __init__(self, w):
        super().__init__(w, self.START, "bash", "--noprofile", "--rcfile", "start", "-i")

    def ask(self, line):
        self.type(f"{line}\t\x15")


class Zsh(Shell):
    START = """
        fpath=(FOLDER/zsh $fpath)
        autoload -Uz compinit && compinit -u -D
        unsetopt list_ambiguous list_beep
        LISTMAX=10000
        compadd() { local -a got; builtin compadd -O got "$@"; print -rl -- $got >>~/candidates
                    builtin compadd "$@" }
        : >~/loaded
    """

    def __init__(self, w):
        super().__init__(w, self.START, "zsh", "-d", "-i")

    def ask(self, line):
        self.type(f"{line}\t\x15 print END >>~/candidates\r")


class Fish(Shell):
    START = """
        source FOLDER/fish/im.fish
        function fish_prompt; echo '$ '; end
        true >~/loaded
    """

    def __init__(self, w):
        super().__init__(w, self.START, "fish", "--no-config", "-i", "-C", "source ~/start")

    def ask(self, line):
        self.type(f" begin; complete -C '{line}' | string replace -r '\\t.*' ''; echo END; end "
                          ">~/candidates\r")


def _offered(help_text):
    """The options that --help lists and this release takes, as they are offered: "--port=" wants a
    value.  And the values of those that say all of them."""
    usable = re.sub(r"\nsealed profile \(not in this release\):\n(  .*\n)+", "", help_text)
    options, values = set(), {}
    for letter, name, value in re.findall(r"^  (?:(-\S)(?:, )?| {4})(?:(--[a-z0-9-]+)(?:=(\S+))?)?",
                                          usable, re.M):
        if letter:
            options.add(letter)
        if name:
            options.add(name + ("=" if value else ""))
        if "|" in value:
            values[name] = set(value.split("|"))
    return options, values


def _options_are_those_of_help(shell):
    for tool in TOOLS:
        run = shell.person.run(tool, "--help")
        options, values = _offered(run.out)
        assert len(options) > 15 and "--color" in values, (options, values)
        equal(shell.candidates(f"{tool} -"), options, f"options of {tool}")
        for name, wanted in values.items():
            equal(shell.candidates(f"{tool} {name} "), wanted, f"{tool} {name}")
            equal({word.rsplit("=", 1)[-1] for word in shell.candidates(f"{tool} {name}=")}, wanted,
                  f"{tool} {name}=")


def _what_is_typed_reaches_the_tool(shell):
    for typed, arguments in (
            ("imsend b\t'x y'", "<bob><x y>"),
            ("imsend an\thi", "<anna lee><hi>"),
            ("imsend anna\\ l\thi", "<anna lee><hi>"),
            ("imsend 'anna l\thi", "<anna lee><hi>"),
            ('imsend "it\thi', "<it's $me><hi>"),
            ("imsend it\thi", "<it's $me><hi>"),
            ("imsend x\thi", "<x=y&z><hi>"),
            ("imsend x=\thi", "<x=y&z><hi>"),
            ("imsend 天\thi", "<天涯><hi>"),
            ("imsend on\thi", "<oncall><hi>"),             # the alias
            ("imsend bob,天\thi", "<bob,天涯><hi>"),        # the last of a list
            ("imsend bob,an\thi", "<bob,anna lee><hi>"),
            ("imsend bob al\t", "<bob><al>"),               # a message is not completed
            ("imsend -T al\t", "<-T><al>"),                 # nor is there a recipient
            ("imsend -qt 5s al\thi", "<-qt><5s><alice><hi>"),
            ("imsend --us\tal\tbob", "<--user=alice><bob>"),
            ("imsend -s lo\tbob", "<-s><localhost:4649><bob>"),
            ("imlogin -i rob\tal\t", "<-i><robin><alice>"),
            ("imlogin rob\t", "<rob>"),                     # takes no operand
            ("imlisten -f an\t", "<-f><anna lee>"),
            ("imlisten -T talk,logi\t", "<-T><talk,login>"),
            ("imlisten -x setsi\t", "<-x><setsid>"),
            ("imindex --state pl\t", "<--state><plans>"),
            ("imindex --state=pl\t", "<--state=plans>")):
        equal(shell.runs(typed).rstrip(), arguments, typed)


def _users_come_from_the_session_that_was_chosen(shell):
    shell.session("zoe@127.0.0.2:5000", ["alf", "zoe"])
    everybody = {word.replace("\\", "") for word in shell.candidates("imsend ")}
    equal(everybody, {*ROSTER, "alf", "zoe", "oncall"})
    for chosen in ("-u zoe", "--user=zoe", "-s 127.0.0.2:5000", "--server 127.0.0.2:5000"):
        equal(shell.candidates(f"imsend {chosen} "), {"alf", "zoe", "oncall"}, chosen)
    equal(shell.candidates("imsend -u nobody "), {"oncall"})
    equal(shell.candidates("imsend -u "), {"alice", "zoe"})


def bash_offers_the_options_of_help(w):
    _options_are_those_of_help(Bash(w))


def zsh_offers_the_options_of_help(w):
    _options_are_those_of_help(Zsh(w))


def fish_offers_the_options_of_help(w):
    _options_are_those_of_help(Fish(w))


def bash_gives_the_tool_the_very_name(w):
    _what_is_typed_reaches_the_tool(Bash(w))


def zsh_gives_the_tool_the_very_name(w):
    _what_is_typed_reaches_the_tool(Zsh(w))


def fish_gives_the_tool_the_very_name(w):
    _what_is_typed_reaches_the_tool(Fish(w))


def bash_knows_which_session(w):
    _users_come_from_the_session_that_was_chosen(Bash(w))


def zsh_knows_which_session(w):
    _users_come_from_the_session_that_was_chosen(Zsh(w))


def fish_knows_which_session(w):
    _users_come_from_the_session_that_was_chosen(Fish(w))


def types_offered_are_types_imlisten_takes(w):
    alice = w.person("alice")
    run = alice.run("awk", "-f", FOLDER / "complete.awk", "--", "imlisten", "-T", "")
    types = run.out.split()
    assert {"talk", "roster"} <= set(types), types
    # A bad duration is found behind the types, without anything being started.
    alice.start("imlisten", "-T", "tock", "-t", "x").fails(64, r".*'tock'.*")
    alice.start("imlisten", "-T", ",".join(types), "-t", "x").fails(64, r".*'x'.*")


def a_real_login_is_what_is_completed(w):
    index = w.index()
    alice, bob = w.people(index, "alice", "bob marley")
    bob.login()
    alice.login()
    run = alice.run("awk", "-f", FOLDER / "complete.awk", "--", w.bin / "imsend", "bob")
    equal(run.out, f"bob marley\t{bob.local_endpoint()}\n")


def every_awk_says_the_same(w):
    """Debian's own is mawk, which knows bytes and no characters."""
    index = w.index()
    alice, *others = w.people(index, "alice", "天涯", "anna lee")
    for one in (*others, alice):
        one.login()
    said = {}
    for awk in ("mawk", "gawk", "original-awk", "busybox awk"):
        if shutil.which(awk.split()[0]):
            ask = [*awk.split(), "-f", FOLDER / "complete.awk", "--", w.bin / "imsend"]
            said[awk] = [alice.run(*ask, *words).out for words in (["-"], [""], ["-u", ""], ["alice,天"])]
    needs(len(said) > 1, f"only {list(said)} here")
    assert "天涯" in said["mawk" if "mawk" in said else "gawk"][1], said
    equal(len({str(text) for text in said.values()}), 1, str(said))
