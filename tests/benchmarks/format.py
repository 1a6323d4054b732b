# SPDX-License-Identifier: GPL-2.0-or-later
"""`intact format` beside `cryptsetup luksFormat --integrity`, which writes one request at a time: a
disk in the guest's memory, and the same with a delay before each write, as a disk over a network
has. One guest, the two in turn; the clock is the guest's. Each is measured as a whole, with a
header that takes no time to make.

`--through-kernel` shows what the temporary mapping costs where intact computes otherwise.
"""

import re

from lib import disks, lab, ours
from lib.proc import Failed

from . import table

SIZE = 512                 # MiB
SLOW_SIZE = 128
DELAY = 20                 # ms
# What is printed, ours, theirs.
MODES = (
    ("aes-xts-plain64, hmac-sha256", "", "--integrity hmac-sha256"),
    ("  through the kernel", "--through-kernel", "--integrity hmac-sha256"),
    ("aes-gcm-random", "--cipher aes-gcm-random",
     "--cipher aes-gcm-random --key-size 256 --integrity aead"),
    ("serpent-xts-plain64, hmac-sha256", "--cipher serpent-xts-plain64",
     "--cipher serpent-xts-plain64 --key-size 512 --integrity hmac-sha256"),
)
KDF = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000 --sector-size 4096 --key-file /lab/passphrase"
SCRIPT = """
modprobe -a -q loop dm-crypt dm-integrity dm-delay
turn() {{
	read -r before rest </proc/uptime
	"$@" >/dev/null 2>/tmp/said || {{ cat /tmp/said; exit 1; }}
	read -r after rest </proc/uptime
	echo "BENCH-TOOK $before $after"
}}
both() {{
	turn intact format --batch {kdf} $1 $disk
	turn cryptsetup luksFormat -q --type luks2 {kdf} $2 $disk
}}
disk=/dev/loop0
truncate -s {size}M /tmp/disk
dd if=/dev/zero of=/tmp/disk bs=1M count={size} conv=notrunc 2>/dev/null
losetup $disk /tmp/disk
{modes}
losetup -d $disk
truncate -s {slow_size}M /tmp/disk
losetup $disk /tmp/disk
dmsetup create slow --table "0 $(blockdev --getsz $disk) delay $disk 0 0 $disk 0 {delay}"
dmsetup mknodes slow
disk=/dev/mapper/slow
{modes}
"""


def bench(runs: int) -> None:
    table.head("Format, in the lab guest")
    table.note(f"{SIZE} MiB; then {SLOW_SIZE} MiB on a disk that takes {DELAY} ms for each write.")
    modes = "\n".join(f"both '{own}' '{theirs}'" for _, own, theirs in MODES for _ in range(runs))
    job = lab.Job(SCRIPT.format(kdf=KDF, size=SIZE, slow_size=SLOW_SIZE, delay=DELAY, modes=modes),
                  add={"lab/passphrase": disks.PASSPHRASE, "bin/intact": ours.program(ours.TOOL)},
                  memory=1536, timeout=600 * runs)
    result = lab.lab(job)
    times = [float(after) - float(before)
             for before, after in re.findall(r"^BENCH-TOOK ([0-9.]+) ([0-9.]+)", result.output,
                                             re.MULTILINE)]
    if result.exit or len(times) != 4 * runs * len(MODES):
        raise Failed(f"exit {result.exit}\n{result.output[-600:]}")
    for part in ("", f", {DELAY} ms"):
        for label, _, _ in MODES:
            found, times = times[:2 * runs], times[2 * runs:]
            table.row(f"{label}{part}", found[0::2], found[1::2])
