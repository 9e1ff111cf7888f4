"""Ties a program to whoever started it: ``python -m demo.parent_watchdog GRACE program argument…``.

The starter keeps the other end of our standard input. However it ends, killed included, the kernel
closes that end; the program then gets ``GRACE`` seconds to leave in order, and its process group is
swept. A program outlived by nobody holds no port when the demo is started again.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys

STDIN = 0


def main(arguments: list[str]) -> int:
    """Run the program until it ends, we are told to stop, or the starter is gone."""
    grace, *command = arguments
    signals = _listen_for(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    _wait_for_end(program, signals)
    return _stop(program, float(grace))


def _listen_for(*numbers: signal.Signals) -> int:
    """Turn signals into bytes on a pipe, so that one ``select`` waits for everything."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    return ours


def _wait_for_end(program: subprocess.Popen[bytes], signals: int) -> None:
    while program.poll() is None:
        ready, _, _ = select.select([STDIN, signals], [], [])
        if STDIN in ready or signal.SIGTERM in os.read(signals, 64):
            return


def _stop(program: subprocess.Popen[bytes], grace: float) -> int:
    """Ask the program to leave, then sweep whatever is left of its group."""
    if program.poll() is None:
        program.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(grace)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    return program.wait()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]) % 256)
