"""Parent watchdog: stops a program once the process that started it is gone.

``python -m demo.parent_watchdog GRACE program argument…``

The parent holds the other end of this process's standard input. However the parent ends, the
kernel closes that end; the program then gets ``GRACE`` seconds to exit, and its process group is
killed. So no program holds a port when the demo is started again.
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
    """Run the program until it ends, this process gets SIGTERM, or the parent is gone."""
    grace, *command = arguments
    signals = _signal_pipe(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    _wait_for_end(program, signals)
    return _stop(program, float(grace))


def _signal_pipe(*numbers: signal.Signals) -> int:
    """Turn signals into bytes on a pipe, so that one ``select`` waits for both."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    return read_end


def _wait_for_end(program: subprocess.Popen[bytes], signals: int) -> None:
    while program.poll() is None:
        ready, _, _ = select.select([STDIN, signals], [], [])
        if STDIN in ready or signal.SIGTERM in os.read(signals, 64):
            return


def _stop(program: subprocess.Popen[bytes], grace: float) -> int:
    """Terminate the program, then kill what is left of its process group."""
    if program.poll() is None:
        program.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(grace)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    return program.wait()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]) % 256)
