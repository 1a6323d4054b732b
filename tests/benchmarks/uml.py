# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole unlock in user-mode Linux, where programs run at the CPU's own speed: from Enter until
the program returned.

One guest, the two in turn; and an earlier intact-unlock beside them, when BENCH_BEFORE names one.
Modules are loaded before, which only cryptsetup gains from: intact-unlock loads them while the
passphrase is typed.
"""

import os
import tempfile
from pathlib import Path

from lib import disks, lab, ours
from lib.console import Console
from lib.proc import Failed, Missing
from lib.qemu import Drive

from . import table

# Nobody types at once.
TYPING = 3.0
# Each disk, and what is printed about it.
DISKS = (("bench-256", "Argon2id 256 MiB x1"), ("bench-no-kdf", "no key derivation"))
ENDS = r"^BENCH-RETURNED (\d+)\n"
# A program's turn: whether what it opened is what it should be is looked at when the clock has
# stopped.
SCRIPT = """
turn() {{
	"$@"
	echo "BENCH-RETURNED $?"
	dmsetup table root | grep -q 'authenc(hmac(sha256),xts(aes))' || exit 1
	cryptsetup close root
	rm -rf /run/intact
}}
: >/lab/cmdline
for disk in $DISK0 $DISK1; do
	# A passphrase that was kept would open the next volume without a question.
	echo "root $disk none luks,password-cache=no,x-intact.integrity=hmac(sha256)" >/lab/crypttab
	cryptsetup open --key-file /lab/passphrase "$disk" root
	cryptsetup close root
	for run in $(seq {runs}); do
		turn intact-unlock --config /lab/crypttab --cmdline /lab/cmdline
		turn cryptsetup open "$disk" root
		[ ! -x /lab/before ] ||
			turn /lab/before --config /lab/crypttab --cmdline /lab/cmdline
	done
done
"""


def wait_typing(console: Console, seconds: float = TYPING) -> None:
    """The time that somebody needs to type a passphrase; what can be done in it, is done."""
    deadline = console.elapsed() + seconds
    while console.elapsed() < deadline:
        console.pump(deadline - console.elapsed())


def _turn(console: Console, prompt: str) -> float:
    """Seconds from Enter until the program has returned."""
    console.question(prompt, 60, unless="INTACT-LAB-EXIT|Kernel panic")
    wait_typing(console)
    console.send(disks.PASSPHRASE + b"\n")
    enter = console.elapsed()
    found = console.expect(ENDS, 120, unless="INTACT-LAB-EXIT|Kernel panic")
    if found.group(1) != "0":
        raise Failed(f"{prompt} exit {found.group(1)}\n{console.tail()}")
    return console.when(found.start()) - enter


def bench(runs: int) -> None:
    table.head("The whole unlock, in user-mode Linux")
    if not lab.have_uml():
        raise Missing("user-mode-linux is not installed (see tests/packages)")
    before = os.environ.get("BENCH_BEFORE", "")
    prompts = ["Please unlock disk root: ", r"Enter passphrase for \S+: "]
    if before:
        prompts.append(prompts[0])
    job = lab.Job(
        SCRIPT.format(runs=runs), drives=[Drive(disks.disk(name)) for name, _ in DISKS],
        add={"lab/passphrase": disks.PASSPHRASE, "bin/intact-unlock": ours.program(ours.UNLOCK),
             **({"lab/before": Path(before)} if before else {})})
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as scratch:
        guest = lab.start(job, Path(scratch), "uml")
        try:
            guest.console.expect("INTACT-LAB-START .*\n", 120, unless="Kernel panic")
            for _, label in DISKS:
                now, theirs, *earlier = zip(*([_turn(guest.console, prompt) for prompt in prompts]
                                              for _ in range(runs)))
                table.row(f"Enter to opened, {label}", now, theirs)
                if earlier:
                    table.row("  beside the earlier intact-unlock", now, earlier[0])
        finally:
            guest.stop()
