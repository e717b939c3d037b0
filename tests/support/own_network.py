# SPDX-License-Identifier: BSL-1.0
"""A network of the scenario's own, where any address may be given to the loopback interface, so
that public and private ranges can be played on one machine.  Linux; needs user namespaces or root."""
import ctypes
import fcntl
import os
import socket
import struct

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_SIOCSIFADDR, _SIOCSIFNETMASK, _SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8916, 0x891C, 0x8913, 0x8914


def enter(*addresses):
    """Moves this process (before it has threads) there.  False where the kernel gives none."""
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
            return False
        try:
            for path, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
                with open(f"/proc/self/{path}", "w", encoding="ascii") as out:
                    out.write(text)
        except OSError:
            return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        _up(s, b"lo")
        for n, address in enumerate(addresses):
            name = b"lo:%d" % n
            _set(s, _SIOCSIFADDR, name, address)
            _set(s, _SIOCSIFNETMASK, name, "255.255.255.255")
    return True


def take_away(number):
    """The host has the address of that number in enter() no longer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        _up(s, b"lo:%d" % number, False)


def _up(s, name, yes=True):
    flags = struct.unpack("16sH", fcntl.ioctl(s, _SIOCGIFFLAGS, struct.pack("16sH14x", name, 0))[:18])[1]
    fcntl.ioctl(s, _SIOCSIFFLAGS, struct.pack("16sH14x", name, flags | 1 if yes else flags & ~1))


def _set(s, what, name, address):
    fcntl.ioctl(s, what, struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton(address)))
