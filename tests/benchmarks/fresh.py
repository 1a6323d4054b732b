# SPDX-License-Identifier: GPL-2.0-or-later
"""What the check of freshness costs after Enter: one guest with an emulated TPM and two disks that
differ in nothing but the record, in turn. The clock is the guest's."""

import re
import tempfile
from pathlib import Path

from lib import disks, lab, ours, swtpm
from lib.console import Console
from lib.paths import MEMORY
from lib.proc import Failed
from lib.qemu import Drive

from . import table
from .uml import wait_typing

# Both as a boot has them: the first run of intact-unlock after the machine was switched on.
SCRIPT = """
mkdir -p /etc /run/intact
off() {{
	dmsetup remove root
	dmsetup remove root_dif
	rm -rf /run/intact/*
}}
turn() {{
	echo "root $1 none luks,password-cache=no,x-intact.integrity=hmac(sha256)$2" >/lab/crypttab
	intact-unlock --config /lab/crypttab --cmdline /dev/null
	echo "BENCH-RETURNED $?"
	read -r up rest </proc/uptime
	grep '^step=prompt ' /run/intact/root
	echo "BENCH-UP $up"
	off
}}
cryptsetup luksUUID -q --uuid 99999999-9999-4999-8999-999999999999 $DISK1 || exit 1
echo "root $DISK0 /lab/passphrase luks,x-intact.integrity" >/etc/crypttab
intact-unlock --config /etc/crypttab --cmdline /dev/null || exit 1
# No generator is installed here, so its last step fails.
intact pin --fresh --no-rebuild --key-file /lab/passphrase root
off
for run in $(seq {runs}); do
	turn $DISK0 ,x-intact.fresh=require
	turn $DISK1
done
"""
ENDS = r"^BENCH-RETURNED (\d+)\n(?:.*\n)*?(step=prompt .*\n)(?:.*\n)*?BENCH-UP ([0-9.]+)\n"


def _turn(console: Console) -> float:
    """Seconds from Enter until the program has returned."""
    console.question("Please unlock disk root: ", 120, unless="INTACT-LAB-EXIT|Kernel panic")
    wait_typing(console)
    console.send(disks.PASSPHRASE + b"\n")
    found = console.expect(ENDS, 120, unless="INTACT-LAB-EXIT|Kernel panic")
    times = re.match(r"step=prompt ([0-9.]+) ([0-9.]+) ok ", found.group(2))
    if found.group(1) != "0" or not times:
        raise Failed(f"exit {found.group(1)}\n{console.tail()}")
    return float(found.group(3)) - float(times.group(1)) - float(times.group(2))


def bench(runs: int) -> None:
    table.head("Freshness, from Enter to opened")
    disk = disks.disk("tiny")
    job = lab.Job(SCRIPT.format(runs=runs), drives=[Drive(disk), Drive(disk)],
                  append=swtpm.APPEND, memory=1024,
                  add={"lab/passphrase": disks.PASSPHRASE,
                       **{f"bin/{one.name}": ours.program(one)
                          for one in (ours.UNLOCK, ours.TOOL)}})
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as scratch, \
            tempfile.TemporaryDirectory(dir=MEMORY) as state, \
            swtpm.Swtpm(Path(state)) as device:
        job.extra = device.arguments
        guest = lab.start(job, Path(scratch), "qemu")
        try:
            guest.console.expect("INTACT-LAB-START .*\n", 120, unless="Kernel panic")
            times = [(_turn(guest.console), _turn(guest.console)) for _ in range(runs)]
            table.row("with a record, without one", *zip(*times))
        finally:
            guest.stop()
