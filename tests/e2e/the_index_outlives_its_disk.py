# SPDX-License-Identifier: BSL-1.0
"""The state file's disk is full, read-only or hangs: at start a clear error, under way the index
serves from memory, says so once, counts it, and recovers by itself."""
import ctypes
import os
import pathlib
import resource
import subprocess

from classic import Peer
from im import SANITIZED, equal, free_port, needs, until

FULL, ROOM = (0, resource.RLIM_INFINITY), (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def a_disk_that_fills_up_under_way(w):
    port, state = free_port(), w.dir / "state.db"
    index = w.index(f"--state={state}", port=port)
    with Peer() as before, Peer() as during, Peer() as after:
        before.login("before", index.server)
        resource.prlimit(index.pid, resource.RLIMIT_FSIZE, FULL)
        for _ in range(3):
            during.login("during", index.server)
            during.logout("during", index.server)
            until(lambda: "during" not in index.roster(), "gone")
        during.login("during", index.server)
        index.says(f"imindex: {state}: cannot write: ")
        equal(sorted(index.roster()), ["before", "during"])
        assert int(index.counter("state-unwritten")) > 0, index.counters()
        resource.prlimit(index.pid, resource.RLIMIT_FSIZE, ROOM)
        index.says(f"imindex: {state}: written again")
        after.login("after", index.server)
        equal(index.err.count("cannot write"), 1, "said once")
        equal(index.err.count("written again"), 1)
        index.kill9()
        again = w.index(f"--state={state}", port=port)
        equal(sorted(again.roster()), ["after", "before", "during"])


def a_disk_that_hangs_under_way(w):
    """As a file server that is away does: the thread that writes is stopped."""
    needs(os.geteuid() == 0, "root, to stop one thread of the index")
    port, state = free_port(), w.dir / "state.db"
    index = w.index(f"--state={state}", port=port)
    with Peer() as alice, Peer() as bob:
        alice.login("alice", index.server)
        with _stopped(_thread(index.pid, "state-writer")):
            bob.login("bob", index.server)
            index.says(f"imindex: {state}: cannot write: the disk does not answer; serving from memory")
            equal(sorted(index.roster()), ["alice", "bob"])
            bob.logout("bob", index.server)
            until(lambda: "bob" not in index.roster(), "gone")
        index.says(f"imindex: {state}: written again")
        index.kill9()
        equal(list(w.index(f"--state={state}", port=port).roster()), ["alice"])


def no_room_at_start_is_73(w):
    with _file_system(w, "size=4k") as folder:
        (folder / "full").write_bytes(b"x" * 4096)
        _starts_not(w, folder / "state.db", 73)


def a_file_that_may_not_be_written_is_73(w):
    with _file_system(w, "size=1m") as folder:
        state = folder / "state.db"
        w.index(f"--state={state}").kill9()
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        _starts_not(w, state, 73)
        equal(sorted(p.name for p in folder.iterdir() if p.name == "state.db"), ["state.db"])


def a_file_that_is_removed_under_way_is_said(w):
    port, state = free_port(), w.dir / "state.db"
    index = w.index(f"--state={state}", port=port)
    with Peer() as alice, Peer() as bob:
        alice.login("alice", index.server)
        state.unlink()
        bob.login("bob", index.server)
        index.says(f"imindex: {state}: removed or replaced under way")
        equal(sorted(index.roster()), ["alice", "bob"])
        equal(index.counter("state-failures"), 1)


def without_threads_for_the_disk_it_does_not_start(w):
    needs(os.geteuid() == 0, "root, to be a user who may have no thread")
    needs(not SANITIZED, "a build whose runtime has no thread of its own")
    w.dir.chmod(0o777)
    imindex, state = w.person("index").sh("command -v imindex").line(), w.dir / "state.db"
    script = (f"exec prlimit --nproc=1:1 setpriv --reuid=65534 --regid=65534 --clear-groups "
              f"{imindex} -p 0 --profile=classic --print-env --state={state}")
    run = w.person("nobody").sh(script)
    run.fails(71, f"imindex: {state}: cannot start a thread: resource temporarily unavailable")
    equal(run.out, "")


def _starts_not(w, state, status):
    run = w.person("index").run("imindex", "-p", "0", f"--state={state}", status=status)
    assert run.err.startswith(f"imindex: {state}: "), run.err


class _file_system:
    """A small one, for this scenario alone."""

    def __init__(self, w, options):
        needs(os.geteuid() == 0, "root, to mount a file system")
        self.folder = w.dir / "disk"
        self.folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)],
                                 capture_output=True, check=False)
        needs(mounted.returncode == 0, "a machine that lets mount a tmpfs")

    def __enter__(self):
        return self.folder

    def __exit__(self, *ignored):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


def _thread(pid, name):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return int(task.name)
    raise AssertionError(f"no thread {name}")


class _stopped:
    """One thread of a program, by ptrace(2)."""
    SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000

    def __init__(self, thread):
        self.thread = thread

    def __enter__(self):
        self._ptrace(self.SEIZE)
        self._ptrace(self.INTERRUPT)
        os.waitpid(self.thread, self.WALL)

    def __exit__(self, *ignored):
        self._ptrace(self.DETACH)

    def _ptrace(self, request):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        if libc.ptrace(request, self.thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")
