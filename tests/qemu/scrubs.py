# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of `intact scrub` on open volumes in the lab guest; direct.py explains the rows."""

from .direct import Direct

OPEN = "printf intact | cryptsetup open --key-file - {} root"
LOOP = OPEN.format("/dev/loop0")
CLEAN = "^root: all .* are what was written there"
STATE = "rm -rf /var/lib/intact; "
# What udev would say: it saw the mappings after all that the kernel's log holds.
SEEN = ("mkdir -p /run/udev/data; for dev in /sys/block/dm-*; do "
        "awk '{ printf \"I:%.0f\\n\", ($1 + 100) * 1000000 }' /proc/uptime "
        ">/run/udev/data/b$(cat $dev/dev); done; ")
UNSEEN = "rm -rf /run/udev"


def row(run: str, disk: str = "tiny", setup: str = LOOP, **more) -> Direct:
    return Direct(**{**{"crypttab": "", "dialogue": ()}, "disk": disk, "run": run,
                     "setup": f"{STATE}{setup}", **more})


DIRECT: dict[str, Direct] = {
    # It writes nothing, and does not go through the page cache.
    "scrub/clean": row("intact scrub root", shows=(CLEAN,), hides=("sector",),
                       setup=f"{LOOP} && sync && md5sum </tmp/disk >/tmp/sum",
                       check='sync; [ "$(md5sum </tmp/disk)" = "$(cat /tmp/sum)" ] && '
                             "intact scrub --status | grep 'root: last complete pass .*, 0 B bad'"),
    "scrub/all": row("intact scrub", shows=(CLEAN,)),
    "scrub/by-path": row("intact scrub /dev/mapper/root", shows=(CLEAN,)),
    "scrub/flipped": row("intact scrub root", "flip-fs", exit=8,
                         shows=("4.0 kB of .* are not what was written there",
                                r"^  sector \d+ +4096 bytes  the integrity tag does not match"),
                         check="intact scrub --status root | grep 'tag does not match'"),
    "scrub/json": row(
        "intact scrub --json root", "flip-fs", exit=8,
        shows=(r'^\{"event":"bad","volume":"root","offset":\d+,"length":4096,"kind":"integrity"\}$',
               r'^\{"event":"end","exit":8\}$')),
    # The disk below cannot read a block of the data.
    "scrub/medium": row(
        "intact scrub root", exit=8, shows=(r"bytes  the disk cannot read it",),
        setup="size=$(blockdev --getsz /dev/loop0); printf '%s\\n' '0 60000 linear /dev/loop0 0' "
              "'60000 8 error' \"60008 $((size - 60008)) linear /dev/loop0 60008\" | "
              f"dmsetup create sick && dmsetup mknodes sick; {OPEN.format('/dev/mapper/sick')}",
        check="dmsetup remove root; dmsetup remove root_dif; true"),
    "scrub/no-integrity": row("intact scrub root", "luks2-plain", exit=4,
                              shows=("root has no integrity protection",)),
    "scrub/absent": row("intact scrub nobody", exit=4,
                        shows=("no open LUKS2 volume is called nobody",)),
    "scrub/none-open": row("intact scrub", setup=":", exit=4,
                           shows=("no open volume has integrity protection",)),
    "scrub/never": row("intact scrub --status", shows=("^root: never scrubbed",)),
    "status/good": row(
        f"{SEEN} intact status", check=UNSEEN,
        shows=("^Volume: *root$", "^Cipher: *aes-xts-plain64", "^Tags by: *journal$",
               r"^Driver: *authenc\(hmac\(sha256-", "^Errors: *none",
               "^note: it was never read completely")),
    # The kernel gives a mapping the number of one that was closed.
    "status/number-of-another": row(
        f"intact scrub root >/dev/null 2>&1; {UNSEEN}; {STATE} intact status | "
        f"grep '^Errors: *at least' && {SEEN} intact status", "flip-fs", check=UNSEEN,
        shows=("^Errors: *none",)),
    "status/bad": row(
        "intact scrub root >/dev/null 2>&1; intact status root", "flip-fs", exit=8,
        shows=("^error: the last scrub found 4096 bytes",
               "^error: the kernel reported at least [0-9]+ integrity error")),
    "status/none-open": row("intact status", setup=":", exit=4,
                            shows=("no volume with integrity protection is open",)),
    "scrub/bad-rate": row("intact scrub --rate fast root", exit=1, shows=("--rate takes 1M",)),
    "scrub/two-at-once": row(
        "intact scrub --rate 1M root >/dev/null & pid=$!; until intact scrub --status | "
        "grep -q running; do usleep 50000; done; intact scrub root; code=$?; kill -TERM $pid; "
        "wait $pid; exit $code", exit=5, shows=(r"process \d+ scrubs root already",)),
    "scrub/stopped": row(
        "intact scrub --rate 2M root & pid=$!; sleep 2; kill -TERM $pid; wait $pid; "
        "[ $? = 130 ] || exit 1; intact scrub --status; intact scrub root",
        shows=("^Stopped at .* %; intact scrub root goes on", "^root: stopped at", CLEAN),
        check="intact scrub --status | grep 'last complete pass'"),
}
