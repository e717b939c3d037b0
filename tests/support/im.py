# SPDX-License-Identifier: BSL-1.0
"""The four programs in the hands of a scenario.

A World is one scenario's own temporary directory with homes in it; a Person is a home and an
environment; a Program is something started.  Nothing waits for ever and nothing sleeps hoping:
what a scenario waits for is a line, an end, or a condition, each with a deadline.  At the end of
the World every process it started is gone, and none of them may have crashed.
"""
import fcntl
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import termios
import threading
import time

import classic

TOOLS = ("imindex", "imlogin", "imlisten", "imsend")


def _find(tool):
    for folder in os.environ.get("IM_BIN", "").split(":"):
        path = pathlib.Path(folder) / tool
        if folder and path.is_file():
            return path.resolve()
    raise SystemExit(f"{tool}: not in the folders of IM_BIN")


PATHS = {tool: _find(tool) for tool in TOOLS}
_IMAGES = {tool: path.read_bytes() for tool, path in PATHS.items()}
SANITIZED = any(b"__asan_init" in image or b"__tsan_init" in image for image in _IMAGES.values())
del _IMAGES
SLOW = 6 if SANITIZED else 2      # sanitizers, and four scenarios on two cores
PATIENCE = 10 * SLOW              # for things that come at once when all is well

_SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "exitcode=99"),
    "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1:exitcode=99"),
}


def until(condition, what, patience=None):
    """Waits until condition() is true and returns what it gave."""
    end = time.monotonic() + (patience or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.01)


class Skip(Exception):
    """This machine cannot show it; said aloud, and ctest counts the scenario as skipped."""


def needs(condition, what):
    if not condition:
        raise Skip(what)


def equal(got, expected, what=""):
    assert got == expected, f"{what}\n  expected {expected!r}\n  got      {got!r}"


def matches(pattern, text):
    found = re.fullmatch(pattern, text, re.DOTALL)
    assert found, f"{text!r}\n  is not {pattern!r}"
    return found


class _Ports:
    """A hundred port numbers that no other scenario uses while this one runs, outside the range
    the kernel gives out: who holds the lock of a slot owns its numbers."""

    def __init__(self):
        folder = pathlib.Path(tempfile.gettempdir()) / f"im-e2e-ports-{os.getuid()}"
        folder.mkdir(exist_ok=True)
        for slot in range(200):
            self._lock = (folder / str(slot)).open("w", encoding="ascii")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._lock.close()
                continue
            self.numbers = iter(range(12000 + 100 * slot, 12100 + 100 * slot))
            return
        raise AssertionError("no port numbers left")


_ports = None


def free_port(host="127.0.0.1"):
    """A number that is free for UDP and TCP."""
    global _ports
    _ports = _ports or _Ports()
    for port in _ports.numbers:
        try:
            with socket.socket(classic.family(host), socket.SOCK_DGRAM) as udp, \
                 socket.socket(classic.family(host)) as tcp:
                udp.bind((host, port))
                tcp.bind((host, port))
                return port
        except OSError:
            continue
    raise AssertionError("a hundred port numbers are not enough")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.bind(("::1", 0))
            return True
    except OSError:
        return False


def other_host():
    """An address of this machine that is another host to the index than 127.0.0.0/8 is; traffic to
    it does not leave the machine."""
    if has_ipv6():
        return "::1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("192.0.2.1", 9))  # sends nothing
        return s.getsockname()[0]


class Stream:
    """What came from one descriptor so far; a thread reads it."""

    def __init__(self, fd):
        self._fd = fd
        self.data = b""
        self.ended = False
        self._taken = 0
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            try:
                piece = os.read(self._fd, 65536)
            except OSError:  # EIO: the other side of a terminal has gone
                piece = b""
            with self._change:
                self.data += piece
                self.ended = not piece
                self._change.notify_all()
            if not piece:
                os.close(self._fd)
                return

    def record(self, separator, patience):
        """The next record, or None when the stream ended or time ran out."""
        end = time.monotonic() + patience
        with self._change:
            while True:
                at = self.data.find(separator, self._taken)
                if at >= 0:
                    record = self.data[self._taken:at]
                    self._taken = at + len(separator)
                    return record
                left = end - time.monotonic()
                if self.ended or left <= 0:
                    return None
                self._change.wait(left)

    def wait_for(self, wanted, patience):
        with self._change:
            return self._change.wait_for(lambda: wanted in self.data or self.ended, patience) \
                and wanted in self.data

    def wait_end(self, patience):
        with self._change:
            return self._change.wait_for(lambda: self.ended, patience)

    @property
    def rest(self):
        return self.data[self._taken:]


class Program:
    """One started command.  Its streams are read as they come."""

    def __init__(self, argv, env, cwd, stdin=None, stdout="capture", stderr="capture",
                 pass_fds=(), on_terminal=()):
        self.argv = [str(a) for a in argv]
        self.terminal = self.out_stream = self.err_stream = self.terminal_stream = None
        streams = {"stdin": self._stdin(stdin), "stdout": stdout, "stderr": stderr}
        streams = {k: subprocess.PIPE if v == "capture" else v for k, v in streams.items()}
        command, own_session, slave = self.argv, True, None
        if on_terminal:
            self.terminal, slave = pty.openpty()
            _no_output_processing(slave)
            for name in on_terminal:
                streams["std" + name] = slave
            if "in" in on_terminal:  # makes it the controlling terminal, so ^C is a signal
                command, own_session = ["setsid", "--ctty", "--", *self.argv], False
        self.process = subprocess.Popen(command, env=env, cwd=cwd, pass_fds=pass_fds,
                                        start_new_session=own_session, **streams)
        self.pid = self.process.pid
        if slave is not None:
            os.close(slave)
            self.terminal_stream = Stream(os.dup(self.terminal))
        if isinstance(stdin, bytes):
            threading.Thread(target=self._feed, args=(stdin,), daemon=True).start()
        if self.process.stdout:
            self.out_stream = Stream(os.dup(self.process.stdout.fileno()))
            self.process.stdout.close()
        if self.process.stderr:
            self.err_stream = Stream(os.dup(self.process.stderr.fileno()))
            self.process.stderr.close()

    @staticmethod
    def _stdin(stdin):
        if stdin is None:
            return subprocess.DEVNULL
        return subprocess.PIPE if stdin == "pipe" or isinstance(stdin, bytes) else stdin

    def _feed(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.close()
        except OSError:
            pass

    # What it says.

    @property
    def out(self):
        return self.out_stream.data.decode("utf-8", "surrogateescape")

    @property
    def err(self):
        return self.err_stream.data.decode("utf-8", "surrogateescape")

    @property
    def screen(self):
        return self.terminal_stream.data.decode("utf-8", "surrogateescape")

    def line(self, patience=None):
        """The next line of stdout, without its LF."""
        return self._record(self.out_stream, b"\n", patience).decode("utf-8", "surrogateescape")

    def record(self, patience=None):
        """The next NUL-terminated record of stdout, as bytes."""
        return self._record(self.out_stream, b"\0", patience)

    def fields(self, patience=None):
        return self.line(patience).split("\t")

    def err_line(self, patience=None):
        return self._record(self.err_stream, b"\n", patience).decode("utf-8", "surrogateescape")

    def _record(self, stream, separator, patience):
        record = stream.record(separator, patience or PATIENCE)
        assert record is not None, self.story("no record came")
        return record

    def says(self, text, patience=None):
        """Waits for text anywhere on stderr."""
        assert self.err_stream.wait_for(text.encode(), patience or PATIENCE), \
            self.story(f"did not say {text!r}")

    def shows(self, text, patience=None):
        """Waits for text anywhere on its terminal."""
        assert self.terminal_stream.wait_for(text.encode(), patience or PATIENCE), \
            self.story(f"did not show {text!r}")

    # What is done to it.

    def write(self, data):
        self.process.stdin.write(data.encode() if isinstance(data, str) else data)
        self.process.stdin.flush()

    def close_stdin(self):
        self.process.stdin.close()

    def type(self, data):
        os.write(self.terminal, data.encode())

    def signal(self, number):
        self.process.send_signal(number)

    def kill9(self):
        self.process.kill()
        self.process.wait()

    # How it ends.

    @property
    def running(self):
        return self.process.poll() is None

    def wait(self, patience=None):
        try:
            status = self.process.wait(patience or PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(self.story("does not end")) from None
        for stream in (self.out_stream, self.err_stream, self.terminal_stream):
            if stream:
                stream.wait_end(PATIENCE)
        return status

    def ends(self, status, patience=None):
        """Waits for its end and checks the status; -n: died by signal n.  Returns itself."""
        got = self.wait(patience)
        assert got == status, self.story(f"ended with {got}, not {status}")
        return self

    def dies_by(self, number, patience=None):
        return self.ends(-number, patience)

    def fails(self, status, first_line, patience=None):
        """Ends with status, and the first line on stderr is (as a pattern) first_line."""
        self.ends(status, patience)
        first = self.err.split("\n")[0]
        assert re.fullmatch(first_line, first), self.story(f"{first!r} is not {first_line!r}")
        return self

    def story(self, what):
        parts = [f"{what}: {' '.join(self.argv)} [pid {self.pid}, status {self.process.poll()}]"]
        for name, stream in (("stdout", self.out_stream), ("stderr", self.err_stream),
                             ("terminal", self.terminal_stream)):
            if stream:
                parts.append(f"  {name}: {stream.data[-2000:]!r}")
        return "\n".join(parts)

    def clean_up(self):
        """Ends it and what it started.  Says what is wrong with how it behaved, if anything."""
        for number in (signal.SIGCONT, signal.SIGKILL):
            try:
                os.killpg(self.pid, number)
            except (ProcessLookupError, PermissionError):
                pass
        self.process.wait()
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except OSError:
                pass
        if self.terminal is not None:
            os.close(self.terminal)
        crashed = -self.process.returncode in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS,
                                               signal.SIGILL, signal.SIGFPE)
        said = b"".join(s.data for s in (self.err_stream, self.terminal_stream) if s)
        if crashed or b"Sanitizer" in said or b"runtime error:" in said:
            return self.story("crashed")
        return None


def _no_output_processing(fd):
    """So that the terminal shows LF as LF."""
    mode = termios.tcgetattr(fd)
    mode[1] &= ~termios.OPOST
    termios.tcsetattr(fd, termios.TCSANOW, mode)


def rss(pid):
    """Resident memory in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def cpu(pid):
    """Seconds of processor time used so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        raise Skip("root, to see the descriptors of a process that has confined itself") from None


class Index(Program):
    """A running imindex: `.host`, `.port`, `.server`, and `.tcp`, the roster's port."""

    def __init__(self, argv, env, cwd, **kwargs):
        reader, writer = os.pipe()
        try:
            super().__init__([*argv, f"--ready-fd={writer}", "--print-env"], env, cwd,
                             pass_fds=(writer,), **kwargs)
        finally:
            os.close(writer)
        wait_ready(reader, self)
        printed = self.line()
        self.server = matches(r"IM_SERVER=(\S+)", printed)[1]
        self.host, port = classic.address(self.server)
        self.port = int(port)

        self.tcp = self.port  # the default; scenarios of --tcp-port say otherwise

    def roster(self):
        """Name to endpoint of everybody online."""
        return dict(classic.fetch_roster(self.host, self.tcp))

    def counter(self, name):
        return int(re.search(rf"\b{name}=(\d+)", self.counters())[1])

    def counters(self):
        """The line that USR1 prints."""
        seen = len(self.err)
        self.signal(signal.SIGUSR1)
        until(lambda: "\n" in self.err[seen:], "a line of counters")
        return self.err[seen:].split("\n")[0]


def wait_ready(reader, program):
    """One newline on the descriptor of --ready-fd, within PATIENCE."""
    got = []

    def read():
        got.append(os.read(reader, 16))
        os.close(reader)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert got == [b"\n"], program.story(f"is not ready, wrote {got}")


# Most scenarios are about the classic profile, or about what both do alike; those about the sealed
# one ask for people with sealed=True.
CLASSIC = "\n[imlogin]\nclassic = true\n[imlisten]\nclassic = true\n"


class Person:
    """A home directory and the environment of whoever lives there."""

    def __init__(self, world, name, server=None, sealed=False):
        self.world = world
        self.name = name
        self.sealed = sealed
        self.home = world.dir / f"home-{len(world.persons)}"
        self.run_dir = self.home / "run"
        self.run_dir.mkdir(parents=True, mode=0o700)
        self.run_dir.chmod(0o700)
        self.env = {
            "PATH": f"{world.bin}:/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8",
            "TZ": "UTC0", "XDG_RUNTIME_DIR": str(self.run_dir), "USER": name, "LOGNAME": name,
            **_SANITIZER_OPTIONS,
        }
        if server:
            self.env["IM_SERVER"] = server
            self.env["IM_USER"] = name
        self.write_config("im.conf", "")

    # Files.

    @property
    def config_dir(self):
        return self.home / ".config" / "im"

    def write_config(self, name, text):
        self.config_dir.mkdir(parents=True, exist_ok=True)
        path = self.config_dir / name
        path.write_text(text if self.sealed or name != "im.conf" else text + CLASSIC)
        return path

    def sessions(self):
        """Session files, by name."""
        folder = self.run_dir / "im"
        return sorted(folder.glob("*.session")) if folder.is_dir() else []

    def session(self):
        """The text of the only session file."""
        (path,) = self.sessions()
        return path.read_text()

    def local_endpoint(self):
        return re.search(r"^endpoint (\S+)$", self.session(), re.M)[1]

    # Programs.

    def start(self, *argv, env=None, **kwargs):
        argv = [self.world.bin / argv[0] if argv[0] in TOOLS else argv[0], *argv[1:]]
        merged = {k: v for k, v in {**self.env, **(env or {})}.items() if v is not None}
        return self.world.own(Program(argv, merged, self.home, **kwargs))

    def run(self, *argv, status=0, patience=None, **kwargs):
        """Starts, waits for the end, checks the status."""
        return self.start(*argv, **kwargs).ends(status, patience)

    def sh(self, script, shell="sh", **kwargs):
        return self.start(shell, "-c", script, **kwargs)

    def listen(self, *args, **kwargs):
        """A running imlisten that says it is ready."""
        return self.start_ready("imlisten", "-q", *self.profile(), *args, **kwargs)

    def start_ready(self, *argv, **kwargs):
        reader, writer = os.pipe()
        try:
            tool, *rest = argv
            program = self.start(tool, f"--ready-fd={writer}", *rest, pass_fds=(writer,), **kwargs)
        finally:
            os.close(writer)
        wait_ready(reader, program)
        return program

    def login(self, *args):
        return self.run("imlogin", "-q", *self.profile(), *args)

    def profile(self):
        return [] if self.sealed else ["--classic"]

    def send(self, *args, status=0, **kwargs):
        return self.run("imsend", *args, status=status, **kwargs)


class World:
    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="im-"))
        self.bin = self.dir / "bin"
        self.bin.mkdir()
        for tool, path in PATHS.items():
            (self.bin / tool).symlink_to(path)
        self.persons = []
        self._programs = []
        self._closing = []

    def person(self, name, server=None, sealed=False):
        person = Person(self, name, server, sealed)
        self.persons.append(person)
        return person

    def people(self, server, *names, sealed=False):
        """Persons who use that index; `server` is an Index, a model of one, or "IP:PORT"."""
        return [self.person(name, getattr(server, "server", server), sealed) for name in names]

    def stub(self, name, script):
        """A command of the scenario's own, found first in PATH."""
        path = self.bin / name
        path.write_text(script)
        path.chmod(0o755)

    def own(self, program):
        self._programs.append(program)
        return program

    def closing(self, thing):
        """thing.close() is called at the end."""
        self._closing.append(thing)
        return thing

    def index(self, *args, person=None, port=0, **kwargs):
        """A running imindex on a free port, with all defaults but what `args` say."""
        person = person or self.person("index")
        env = {**person.env, **kwargs.pop("env", {})}
        argv = [self.bin / "imindex", "-p", str(port), *args]
        return self.own(Index(argv, env, person.home, **kwargs))

    def end(self):
        """Everything down.  Returns what went wrong on the way."""
        faults = [fault for p in reversed(self._programs) if (fault := p.clean_up())]
        for thing in self._closing:
            thing.close()
        shutil.rmtree(self.dir, ignore_errors=True)
        return faults


def shrink_pipe(fd, size=4096):
    """So that a test of a full pipe needs few records."""
    return fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, size)
