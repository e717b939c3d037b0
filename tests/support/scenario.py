# SPDX-License-Identifier: BSL-1.0
"""Runs one scenario file: scenario.py FILE [FUNCTION]...

Every function of the file that takes `w` is one case and gets a World of its own.  A name is a
sentence; the case fails when it is not true.  Ends with 0 when all held, 77 when some could not be
tried on this machine (im.Skip), 1 when one failed.
"""
import importlib.util
import inspect
import pathlib
import signal
import sys
import time
import traceback

import im

OK, SKIPPED, FAILED = "ok", "SKIPPED", "FAILED"
LIMIT = 50 * im.SLOW  # seconds for the file; ctest's own limit lies above, so we clean up


def load(path):
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(module, wanted):
    for name, function in vars(module).items():
        if inspect.isfunction(function) and function.__module__ == module.__name__ \
                and list(inspect.signature(function).parameters) == ["w"] \
                and not name.startswith("_") and (not wanted or name in wanted):
            yield name, function


def run(name, function):
    start = time.monotonic()
    world = im.World()
    fault = skipped = ""
    try:
        function(world)
    except im.Skip as reason:
        skipped = str(reason)
    except (Exception, KeyboardInterrupt):  # also the alarm
        fault = traceback.format_exc()
    finally:
        fault += "\n".join(world.end())
    took = time.monotonic() - start
    verdict = FAILED if fault else SKIPPED if skipped else OK
    print(f"{verdict:<7} {name.replace('_', ' ')} ({took:.1f} s){skipped and ': ' + skipped}", flush=True)
    if fault:
        print(fault, flush=True)
    return verdict


def out_of_time(*_):
    raise AssertionError(f"not done within {LIMIT} s")


def main(path, *wanted):
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(LIMIT)
    sys.dont_write_bytecode = True
    results = [run(name, function) for name, function in cases(load(path), wanted)]
    if not results:
        print(f"{path}: no such case")
    if not results or FAILED in results:
        return 1
    return 77 if SKIPPED in results else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
