# SPDX-License-Identifier: BSL-1.0
"""The published .NET programs as they behave on the wire, faults included (doc/protocol.md).

DotnetServer and DotnetClient live in threads of the scenario.  What would end the receive loop
of the real program ends it here; `hearing` tells.  What would end its process sets `alive` to
False and closes every socket.  The window of the client is a dictionary: `windows`.
"""
import random
import re
import socket
import struct
import threading
import time

from classic import decode, encode, prefix

DEFAULT_UDP_PORT = 11000  # the random TCP port lies above it


class FormatException(Exception):
    """Any exception of the runtime; which one does not matter to the wire."""


def parse_int(text):
    """int.Parse: white space around, a sign, trailing U+0000."""
    found = re.fullmatch(r"[\t-\r ]*([+-]?[0-9]+)[\t-\r ]*\0*", text)
    if not found:
        raise FormatException(text)
    return int(found[1])


def parse_ip(text):
    """IPAddress.Parse for IPv4: one to four parts, octal and hexadecimal too."""
    parts = text.split(".")
    if len(parts) > 4 or not all(re.fullmatch("0[xX][0-9a-fA-F]+|[0-9]+", p) for p in parts):
        raise FormatException(text)
    try:
        numbers = [int(p, 16 if p[:2] in ("0x", "0X") else 8 if p[0] == "0" else 10) for p in parts]
    except ValueError:
        raise FormatException(text) from None
    *head, last = numbers
    if any(n > 255 for n in head) or last >= 256 ** (4 - len(head)):
        raise FormatException(text)
    value = last
    for position, number in enumerate(head):
        value |= number << (24 - 8 * position)
    return socket.inet_ntoa(struct.pack("!I", value))


def parse_endpoint(field):
    """Third field: cut at colons, the first two parts are used."""
    parts = field.split(":")
    if len(parts) < 2:
        raise FormatException(field)
    ip, port = parse_ip(parts[0]), parse_int(parts[1])
    if not 0 <= port <= 65535:
        raise FormatException(field)
    return ip, port


def field(fields, n):
    if n >= len(fields):
        raise FormatException("IndexOutOfRange")
    return fields[n]


def remove_while_walking(items, matches):
    """The walk of both programs: forward, by position, so the one behind a hit is skipped."""
    i = 0
    while i < len(items):
        if matches(items[i]):
            del items[i]
        i += 1


def roster_writes(text):
    """The writes of BinaryWriter.Write(string): each prefix byte, then the body."""
    body = text.encode()
    yield from (bytes([b]) for b in prefix(len(body)))
    if len(body) <= 256:
        yield body
        return
    units = encode(text)
    held = b""
    for at in range(0, len(units), 84):  # 42 UTF-16 units
        piece = held + units[at:at + 84]
        held = b""
        if 0xD8 <= piece[-1] <= 0xDB and at + 84 < len(units):
            piece, held = piece[:-2], piece[-2:]  # the encoder keeps half a pair
        yield piece.decode("utf-16-le").encode()


def anonymous(data, to):
    """Every datagram leaves a socket of its own, bound to nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(data, to)


class DotnetServer:
    def __init__(self, address="127.0.0.1"):
        self.address = address
        self.users = []      # [name, (ip, port)], in order of login
        self.log = []        # every datagram heard, as text
        self.sources = []    # and where each came from
        self.alive = True
        self.hearing = True
        self.why_deaf = None
        self.unread = []     # rosters that a client did not read to the end
        self.fetches = 0
        self._lock = threading.RLock()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, 0))
        self.port = self._udp.getsockname()[1]
        self.server = f"{address}:{self.port}"
        self._tcp = self._listen()
        threading.Thread(target=self._receive, daemon=True).start()
        threading.Thread(target=self._accept, args=(self._tcp,), daemon=True).start()

    def _listen(self):
        while True:
            self.tcp_port = random.randint(DEFAULT_UDP_PORT + 1, 65535)
            try:
                tcp = socket.socket()
                tcp.bind((self.address, self.tcp_port))
                tcp.listen(100)
                return tcp
            except OSError:
                tcp.close()

    def roster(self):
        with self._lock:
            return "".join(f"{n},{e[0]}:{e[1]};" for n, e in self.users) + "end"

    def names(self):
        with self._lock:
            return [n for n, _ in self.users]

    def _receive(self):
        try:
            while True:
                data, source = self._udp.recvfrom(65536)
                with self._lock:
                    self._handle(decode(data), source)
        except (FormatException, OSError) as why:
            self.hearing = False
            self.why_deaf = why

    def _handle(self, text, source):
        self.log.append(text)
        self.sources.append(source)
        fields = text.split(",")
        endpoint = parse_endpoint(field(fields, 2))  # before the verb is looked at
        if fields[0] == "login":
            self.users.append([fields[1], endpoint])
            anonymous(encode(f"Accept,{self.tcp_port}"), endpoint)
            self._relay(text, [e for n, e in self.users if n != fields[1]])
        elif fields[0] == "logout":
            remove_while_walking(self.users, lambda user: user[0] == fields[1])
            self._relay(text, [e for _, e in self.users])

    def _relay(self, text, endpoints):
        for endpoint in endpoints:
            anonymous(encode(text), endpoint)

    def _accept(self, tcp):
        while True:
            try:
                conn, _ = tcp.accept()
            except OSError:
                return
            self.fetches += 1
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        """On a thread without exception handling: a failing write ends the process."""
        try:
            with conn:
                for piece in roster_writes(self.roster()):
                    conn.sendall(piece)
                # The real server closes here.  This one half-closes, which looks the same to
                # the client, to see also the reader whose reset came a moment too late to kill.
                conn.shutdown(socket.SHUT_WR)
                conn.settimeout(30)
                while conn.recv(4096):
                    pass
        except OSError as why:
            self.unread.append(why)
            self.kill(why)

    def stop_and_start(self):
        """The two buttons: the list stays, the TCP port is another one."""
        self._shut(self._tcp)
        self._tcp = self._listen()
        threading.Thread(target=self._accept, args=(self._tcp,), daemon=True).start()

    def kill(self, why="killed"):
        self.alive = False
        self.hearing = False
        self.why_deaf = why
        self._shut(self._udp)
        self._shut(self._tcp)

    close = kill

    @staticmethod
    def _shut(sock):
        try:
            sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it
        except OSError:
            pass
        sock.close()

    def assert_hearing(self):
        assert not self.unread, f"a client left a roster unread: {self.unread}"
        assert self.alive and self.hearing, f"deaf: {self.why_deaf!r} after {self.log[-1:]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class DotnetClient:
    """`misspelt`: the least modified published copy, whose logout says `lohout`."""

    def __init__(self, name, server, address="127.0.0.1", misspelt=False, clock="%H:%M:%S"):
        self.name = name
        host, port = server.rsplit(":", 1)
        self._server = (host, int(port))
        self.misspelt = misspelt
        self.clock = clock
        self.list = []           # [name, endpoint text]: the window's list of users
        self.windows = {}        # title: shown texts, or None once the window was closed
        self.log = []            # every datagram heard, as text
        self.hearing = True
        self.why_deaf = None
        self.modal = threading.Event()  # a message box is open
        self._ok = threading.Event()
        self._lock = threading.RLock()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, 0))
        self.port = self._udp.getsockname()[1]
        self.endpoint = f"{address}:{self.port}"
        threading.Thread(target=self._receive, daemon=True).start()

    def login(self):
        anonymous(encode(f"login,{self.name},{self.endpoint}"), self._server)

    def logout(self):
        verb = "lohout" if self.misspelt else "logout"
        anonymous(encode(f"{verb},{self.name},{self.endpoint}"), self._server)

    def names(self):
        with self._lock:
            return [n for n, _ in self.list]

    def open_window(self, name):
        self.windows[name] = []

    def close_window(self, name):
        self.windows[name] = None

    def press_ok(self):
        self._ok.set()

    def talk(self, name, text):
        """What the chat window's button does: the first row of that name, no answer awaited."""
        with self._lock:
            where = next(e for n, e in self.list if n == name)
        message = f"talk,{time.strftime(self.clock)},{self.name},{text}"
        anonymous(encode(message), parse_endpoint(where))

    def _receive(self):
        try:
            while True:
                data, source = self._udp.recvfrom(65536)
                self._handle(decode(data), source)
        except (FormatException, OSError) as why:
            self.hearing = False
            self.why_deaf = why

    def _handle(self, text, source):
        with self._lock:
            self.log.append(text)
        fields = text.split(",")
        if fields[0] == "Accept":
            self._accepted(fields, source[0])
        elif fields[0] == "login":
            with self._lock:
                self.list.append([field(fields, 1), field(fields, 2)])
        elif fields[0] == "logout":
            gone = field(fields, 1)
            with self._lock:
                remove_while_walking(self.list, lambda row: row[0] == gone)
        elif fields[0] == "talk":
            self._talked(fields)

    def _accepted(self, fields, host):
        try:
            port = parse_int(field(fields, 1))
            conn = socket.create_connection((host, port), timeout=30)
        except (FormatException, OSError, OverflowError):
            self._message_box()
            return
        threading.Thread(target=self._fetch, args=(conn,), daemon=True).start()

    def _message_box(self):
        """Modal: the loop stands still until somebody presses OK."""
        self._ok.clear()
        self.modal.set()
        self._ok.wait()
        self.modal.clear()

    def _talked(self, fields):
        for title, shown in list(self.windows.items()):
            if title != field(fields, 2):
                continue
            if shown is None:
                raise FormatException("ObjectDisposed: the window was closed")
            shown.append(field(fields, 3).split("\0")[0])

    def _fetch(self, conn):
        with conn, conn.makefile("rb") as stream:
            try:
                text = self._read_string(stream)
                while not text.rstrip("\0\ufeff").endswith("end"):
                    text = self._read_string(stream)
            except (EOFError, OSError):
                return
            self._fill(text)

    def _fill(self, roster):
        for item in roster.split(";")[:-1]:
            parts = item.split(",")
            if len(parts) < 2:
                return  # the list ends there
            with self._lock:
                self.list.append(parts[:2])

    @staticmethod
    def _read_string(stream):
        length = shift = 0
        while True:
            byte = stream.read(1)
            if not byte:
                raise EOFError
            length |= (byte[0] & 0x7F) << shift
            shift += 7
            if byte[0] < 0x80:
                break
        body = stream.read(length)
        if len(body) < length:
            raise EOFError
        return body.decode("utf-8", "replace")

    def assert_hearing(self):
        assert self.hearing, f"{self.name} is deaf: {self.why_deaf!r} after {self.log[-1:]}"
        assert not self.modal.is_set(), f"{self.name} shows a message box after {self.log[-1:]}"

    def close(self):
        self.press_ok()
        DotnetServer._shut(self._udp)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
