# SPDX-License-Identifier: BSL-1.0
"""`cmake --install` into a prefix of its own; a program that knows nothing else is built against it,
by CMake and by pkg-config, and logs in, listens and sends through it.  And the examples run."""
import os
import pathlib
import subprocess

from im import equal, until

BUILD = os.environ["IM_BUILD"]
CXX = os.environ["IM_CXX"]
FLAGS = os.environ["IM_CXX_FLAGS"].split()
PROGRAM = pathlib.Path(__file__).parent / "program"


def _do(*argv, **env):
    done = subprocess.run([str(a) for a in argv], env={**os.environ, **env}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"{argv}: {done.stdout}"
    return done.stdout


def _installed(w):
    prefix = w.dir / "prefix"
    _do("cmake", "--install", BUILD, "--prefix", prefix)
    return prefix


def _chats(w, program):
    index = w.index()
    person = w.person("somebody")
    person.run(program, index.host, index.port)
    until(lambda: not index.roster(), "both have logged out")


def by_find_package(w):
    prefix, build = _installed(w), w.dir / "build"
    _do("cmake", "-S", PROGRAM, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_CXX_FLAGS={' '.join(FLAGS)}")
    _do("cmake", "--build", build)
    _chats(w, build / "chat")


def by_pkg_config(w):
    prefix = _installed(w)
    pc, = prefix.rglob("libim.pc")
    flags = _do("pkg-config", "--cflags", "--libs", "libim", PKG_CONFIG_PATH=str(pc.parent)).split()
    _do(CXX, "-std=c++20", *FLAGS, PROGRAM / "chat.cpp", "-o", w.dir / "chat", *flags)
    _chats(w, w.dir / "chat")


def what_is_installed_is_all_there(w):
    prefix = _installed(w)
    names = {str(p.relative_to(prefix)) for p in prefix.rglob("*") if p.is_file()}
    for tool in ("imindex", "imlogin", "imlisten", "imsend"):
        assert f"bin/{tool}" in names, names
        assert any(n.rsplit("/", 1)[-1].startswith(f"{tool}.") and "/man/man" in n for n in names), names
    assert any(n.endswith("/libim.a") for n in names), names
    for tool in ("imindex", "imlogin", "imlisten", "imsend"):
        for folder in ("bash-completion/completions", "fish/vendor_completions.d"):
            file, = (prefix / "share" / folder).glob(f"{tool}*")
            assert (file.parent / "../../im/complete.awk").resolve().is_file(), file
    assert "include/libim/node/client.hpp" in names, names
    # Public headers include nothing that is not installed, and nothing of POCO.
    for header in (prefix / "include").rglob("*.hpp"):
        for line in header.read_text().splitlines():
            if line.startswith('#include "'):
                assert (prefix / "include" / line.split('"')[1]).is_file(), (header, line)
            assert not line.startswith("#include <Poco"), (header, line)


def _example(name):
    return pathlib.Path(BUILD) / "doc" / "examples" / name


def example_login_and_roster(w):
    index = w.index()
    bob, = w.people(index, "bob")
    bob.login()
    here = (index.host, index.port)
    run = bob.run(_example("login"), "alice", *here)
    equal(run.out.splitlines()[1:], ["bob is online"])
    assert run.out.startswith("logged in at 127.0.0.1:"), run.out
    until(lambda: set(index.roster()) == {"bob"}, "alice has logged out")
    equal(bob.run(_example("roster"), *here).out, f"bob\t{bob.local_endpoint()}\n")


def example_listen_and_send(w):
    index = w.index()
    person = w.person("somebody")
    here = (index.host, index.port)
    listener = person.start(_example("listen"), "echo", *here)
    equal(listener.line(), "listening")
    equal(person.run(_example("send"), "alice", *here, "echo", "hello").out, "you said: hello\n")
    person.run(_example("send"), "alice", *here, "echo", "bye", status=1)
    listener.ends(0)
    assert "alice: hello\n" in listener.out, listener.out
    run = person.run(_example("send"), "alice", *here, "echo", "anybody?", status=67)
    equal(run.err, "send: echo: no such user\n")


def examples_say_what_is_wrong(w):
    person = w.person("somebody")
    run = person.run(_example("roster"), "127.0.0.1", "9", status=69)
    assert run.err.startswith("roster: 127.0.0.1: "), run.err
    person.run(_example("login"), "a/b", "127.0.0.1", "9", status=64)
