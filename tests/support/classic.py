# SPDX-License-Identifier: BSL-1.0
"""The classic bytes (doc/protocol.md) and sockets that speak them, for the scenarios.

Written from the protocol's text, not from libim, so that the two can disagree.
"""
import re
import socket
import threading
import time


def encode(text):
    """One datagram.  Lone surrogates pass, so a scenario can send them."""
    return text.encode("utf-16-le", "surrogatepass")


def decode(data):
    """As .NET does: what is not UTF-16 becomes U+FFFD."""
    return data.decode("utf-16-le", "replace")


def prefix(length):
    """The 7-bit group integer before a .NET string."""
    out = bytearray()
    while length >= 0x80:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)
    return bytes(out)


def dotnet_string(text):
    body = text.encode()
    return prefix(len(body)) + body


def roster_text(users):
    """`users`: pairs of name and "IP:PORT", in order."""
    return "".join(f"{name},{endpoint};" for name, endpoint in users) + "end"


def parse_dotnet_string(data):
    """The text of one complete .NET string with nothing behind it; AssertionError otherwise."""
    length = shift = at = 0
    while True:
        assert at < len(data), f"prefix is cut short: {data[:8].hex()}"
        byte = data[at]
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    assert len(data) == at + length, f"announced {length} bytes, {len(data) - at} came"
    return data[at:].decode()


def parse_roster(data):
    """Pairs (name, endpoint) of a roster as it stands on the wire."""
    text = parse_dotnet_string(data)
    assert text.endswith("end"), text
    items = text[:-3].split(";")
    assert items.pop() == "", text
    return [tuple(item.split(",", 1)) for item in items]


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def endpoint(address):
    """("127.0.0.1", 4002) as it stands in messages."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def address(text):
    """The reverse of endpoint()."""
    host, port = re.fullmatch(r"\[?(.*?)\]?:(\d+)", text).groups()
    return host, int(port)


def fetch_raw(host, port, timeout=10):
    with socket.create_connection((host, port), timeout=timeout) as conn:
        data = b""
        while piece := conn.recv(65536):
            data += piece
        return data


def fetch_roster(host, port, timeout=10):
    return parse_roster(fetch_raw(host, port, timeout))


class Peer:
    """A bare UDP socket with an endpoint, which says what it is told to and hears everything."""

    def __init__(self, host="127.0.0.1", port=0, patience=10):
        self.socket = socket.socket(family(host), socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self.socket.bind((host, port))
        self.address = self.socket.getsockname()[:2]
        self.endpoint = endpoint(self.address)
        self.patience = patience

    def send(self, text, to):
        self.send_bytes(encode(text), to)

    def send_bytes(self, data, to):
        self.socket.sendto(data, to if isinstance(to, tuple) else address(to))

    def receive(self, patience=None):
        """(text, source address) of the next datagram; AssertionError when none comes."""
        data, source = self.receive_bytes(patience)
        return decode(data), source

    def receive_bytes(self, patience=None):
        self.socket.settimeout(self.patience if patience is None else patience)
        try:
            data, source = self.socket.recvfrom(65536)
            return data, source[:2]
        except socket.timeout:
            raise AssertionError(f"{self.endpoint}: no datagram came") from None

    def text(self, patience=None):
        return self.receive(patience)[0]

    def has_nothing(self):
        """True when nothing waits now.  Say it only behind a fence: after something later came."""
        self.socket.settimeout(0)
        try:
            self.socket.recvfrom(65536)
        except BlockingIOError:
            return True
        return False

    def answer(self, patience=None):
        """The next datagram that does not tell of somebody's coming or going."""
        while (text := self.text(patience)).startswith(("login,", "logout,")):
            pass
        return text

    def talk(self):
        """The text of the next talk."""
        fields = self.answer().split(",", 3)
        assert fields[0] == "talk", fields
        return fields[3]

    def login(self, name, index, claim=None):
        """Logs in at `index` ("IP:PORT"); returns the TCP port of the Accept."""
        self.send(f"login,{name},{claim or self.endpoint}", index)
        text = self.answer()
        assert text.startswith("Accept,"), text
        return int(text.split(",")[1])

    def tries_login(self, name, index, claim=None, patience=None):
        """The answer's first two fields ("Accept", PORT or "reject", CODE); None: no answer."""
        self.send(f"login,{name},{claim or self.endpoint}", index)
        try:
            return tuple(self.answer(patience).split(",")[:2])
        except AssertionError:
            return None

    def logout(self, name, index, claim=None):
        self.send(f"logout,{name},{claim or self.endpoint}", index)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ScriptedIndex:
    """An index that says what the scenario wants: an honest small one until something is replaced.

    `answer(text, source)` is called for each datagram and returns what to send to the claimed
    endpoint; `roster()` gives the bytes of one TCP answer, or a function that is given the
    connection.  Runs two threads; `heard` is what came, in order.
    """

    def __init__(self, host="127.0.0.1", port=0):
        self.users = []
        self.heard = []
        self.fetches = 0
        self.mute = False
        self.udp = socket.socket(family(host), socket.SOCK_DGRAM)
        self.udp.bind((host, port))
        self.udp.settimeout(0.1)
        self.tcp = socket.create_server((host, 0), family=family(host))
        self.tcp.settimeout(0.1)
        self.tcp_port = self.tcp.getsockname()[1]
        self.address = self.udp.getsockname()[:2]
        self.server = endpoint(self.address)
        self.answer = self.accept
        self.roster = self.honest_roster
        self._running = True
        self._threads = [threading.Thread(target=f, daemon=True) for f in (self._hear, self._serve)]
        for thread in self._threads:
            thread.start()

    def accept(self, text, _source):
        verb, name, where = text.split(",")[:3]
        if verb == "login":
            self.users = [u for u in self.users if u[0] != name] + [(name, where)]
            return [f"Accept,{self.tcp_port}"]
        if verb == "logout":
            self.users = [u for u in self.users if u[0] != name]
        return []

    def honest_roster(self):
        return dotnet_string(roster_text(self.users))

    def send(self, text, to):
        self.udp.sendto(encode(text), address(to))

    def wait_for(self, verb, patience=10):
        """The first datagram with that verb."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            for text, _ in list(self.heard):
                if text.startswith(verb + ","):
                    return text
            time.sleep(0.01)
        raise AssertionError(f"no {verb} came; heard {self.heard}")

    def _hear(self):
        while self._running:
            try:
                data, source = self.udp.recvfrom(65536)
            except (socket.timeout, ConnectionError):
                continue
            except OSError:
                return
            text = decode(data)
            self.heard.append((text, source[:2]))
            if self.mute:
                continue
            for line in self.answer(text, source):
                self.udp.sendto(encode(line), address(text.split(",")[2]))

    def _serve(self):
        while self._running:
            try:
                conn, _ = self.tcp.accept()
            except socket.timeout:
                continue
            except OSError:
                return
            self.fetches += 1
            threading.Thread(target=self._give, args=(conn,), daemon=True).start()

    def _give(self, conn):
        try:
            with conn:
                what = self.roster()
                if callable(what):
                    what(conn)
                else:
                    conn.sendall(what)
        except OSError:
            pass  # the reader had enough, which is its right

    def close(self):
        self._running = False
        for thread in self._threads:
            thread.join()
        self.udp.close()
        self.tcp.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
