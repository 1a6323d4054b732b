# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of intact-unlock on standalone dm-integrity devices (integritysetup), in the lab guest;
direct.py explains the rows.
"""

from .direct import PROMPT, TAB, Direct

RUN = "intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline --integritytab /tmp/itab"


def leg(number: int, algorithm: str = "crc32c", more: str = "", size: int = 32) -> str:
    """Shell: /dev/loopNUMBER is such a device, with a valid tag on every block."""
    name, loop = f"int{number}", f"/dev/loop{number}"
    return (f"dd if=/dev/zero of=/tmp/leg{number} bs=1M count={size} 2>/dev/null; "
            f"losetup {loop} /tmp/leg{number}; integritysetup format -q --integrity {algorithm} "
            f"{more} --no-wipe {loop} >/dev/null; "
            f"integritysetup open --integrity {algorithm} {more} --integrity-no-journal {loop} "
            f"{name}; dd if=/dev/zero of=/dev/mapper/{name} bs=1M 2>/dev/null; "
            f"integritysetup close {name}; ")


def tab(*lines: str) -> str:
    return f"printf '%s\\n' {' '.join(repr(line) for line in lines)} >/tmp/itab; "


KEY = "printf 0123456789abcdef0123456789abcdef >/tmp/key; "
HMAC = "--integrity-key-file /tmp/key --integrity-key-size 32"
SEPARATE = ("for n in 0 1; do dd if=/dev/zero of=/tmp/leg$n bs=1M count=16 2>/dev/null; "
            "losetup /dev/loop$n /tmp/leg$n; done; integritysetup format -q --integrity crc32c "
            "--no-wipe /dev/loop0 --data-device /dev/loop1 >/dev/null; ")
RECALCULATE = ("integritysetup open --integrity-recalculate /dev/loop0 int0; "
               "wait_for \"dmsetup status int0 | awk "
               "'{ exit !(\\$6 == \\$5 || \\$6 == \\\"-\\\") }'\"; integritysetup close int0; ")
OPEN = "dmsetup table int0 | grep -q '{}'"
RECORD = "grep '^{}$' /run/intact/int0"


def row(setup: str, **more) -> Direct:
    usual = {"disk": "", "crypttab": "", "run": RUN, "dialogue": ()}
    return Direct(**{**usual, "setup": setup, **more})


def opened(algorithm: str, mode: str, letter: str) -> Direct:
    return row(leg(0, algorithm)
               + tab(f"int0 /dev/loop0 - integrity-algorithm={algorithm},mode={mode}"),
               check=f"{OPEN.format(f' {letter} .*internal_hash:{algorithm}$')} && "
                     f"dmsetup info -c --noheadings -o uuid int0 | grep -x CRYPT-INTEGRITY-int0 && "
                     f"{RECORD.format(f'mode={mode}')} && {RECORD.format('mismatches=0')}",
               shows=(rf"int0: /dev/loop0 is open, with {algorithm} checksums \({mode}\)",),
               hides=("did not match",))


DIRECT = {
    "standalone/crc32c": opened("crc32c", "journal", "J"),
    "standalone/xxhash64-bitmap": opened("xxhash64", "bitmap", "B"),
    "standalone/sha256-direct": opened("sha256", "direct", "D"),
    "standalone/crc32-recovery": opened("crc32", "recovery", "R"),
    # The line of the table is integritysetup's.
    "standalone/same-table": row(
        KEY + leg(0, "hmac-sha256", HMAC) + tab("int0 /dev/loop0 /tmp/key mode=bitmap")
        + f"integritysetup open --integrity hmac-sha256 {HMAC} --integrity-bitmap-mode /dev/loop0 "
          "int0; dmsetup table --showkeys int0 >/tmp/theirs; integritysetup close int0",
        check="dmsetup table --showkeys int0 | cmp - /tmp/theirs"),
    "standalone/data-device": row(
        SEPARATE + tab("int0 /dev/loop0 - data-device=/dev/loop1,allow-discards"),
        check=OPEN.format("7:1 0 4 J .*meta_device:7:0.*allow_discards"),
        hides=("loop1 was",)),
    "standalone/no-data-device": row(
        SEPARATE + tab("int0 /dev/loop0"),
        exit=4, check="closed int0", shows=("holds only the tags of another disk",)),
    # The superblock does not name the algorithm.
    "standalone/wrong-algorithm": row(
        leg(0) + tab("int0 /dev/loop0 - integrity-algorithm=crc32"),
        shows=("no block that was read from /dev/loop0 matches its checksum.*crc32 is wrong",),
        hides=("blocks of /dev/loop0 did not match",)),
    # The kernel has computed the tags of all data; the superblock's mark stays.
    "standalone/wrong-algorithm-recalculated": row(
        leg(0) + tab("int0 /dev/loop0 - integrity-algorithm=crc32") + RECALCULATE,
        shows=("no block that was read from /dev/loop0 matches its checksum.*crc32 is wrong",),
        check=OPEN.format("recalculate.*internal_hash:crc32$")),
    "standalone/recalculated": row(
        leg(0) + tab("int0 /dev/loop0") + RECALCULATE, hides=("no block that was read",),
        check=f"{OPEN.format('recalculate.*internal_hash:crc32c$')} && "
              f"{RECORD.format('mismatches=0')}"),
    "standalone/wrong-key": row(
        KEY + leg(0, "hmac-sha256", HMAC) + tab("int0 /dev/loop0 /tmp/other-key")
        + "printf 0123456789abcdef0123456789abcdeX >/tmp/other-key",
        shows=("no block that was read from /dev/loop0 matches its checksum.*or the key file",)),
    "standalone/no-key": row(
        KEY + leg(0, "hmac-sha256", HMAC) + tab("int0 /dev/loop0 /tmp/none"), exit=4,
        shows=("the key file /tmp/none cannot be used: No such file",), check="closed int0"),
    # Of the blocks that are looked at, the first is damaged: what is said at the end, and kept.
    "standalone/damaged-block": row(
        leg(0) + tab("int0 /dev/loop0")
        + "cp /tmp/leg0 /tmp/other; integritysetup open --integrity-no-journal /dev/loop0 int0; "
          "printf marked | dd of=/dev/mapper/int0 bs=4096 seek=1 conv=notrunc,fsync 2>/dev/null; "
          "integritysetup close int0; sync; "
          # The tags lie before the data.
          "at=$(cmp -l /tmp/leg0 /tmp/other | tail -n 1 | awk '{print $1 - 1}'); "
          "printf X | dd of=/tmp/leg0 bs=1 seek=$at conv=notrunc 2>/dev/null",
        shows=(r"warning: blocks of /dev/loop0 did not match their crc32c checksum: \d+ time",),
        hides=("no block that was read",),
        check="grep '^mismatches=[1-9]' /run/intact/int0"),
    "standalone/was-open": row(
        leg(0) + tab("int0 /dev/loop0") + "integritysetup open /dev/loop0 int0",
        shows=("int0: is already open",), check=RECORD.format("outcome=was-open")),
    "standalone/name-taken": row(
        leg(0) + tab("int0 /dev/loop0") + "dmsetup create int0 --table '0 8 zero'", exit=4,
        shows=("the name int0 is taken by a device that is not on /dev/loop0",)),
    "standalone/in-use-for-a-while": row(
        leg(0) + tab("int0 /dev/loop0")
        + "dmsetup create above --table '0 8 linear /dev/loop0 2048'; "
          "(wait_for pidof intact-unlock; sleep 2; dmsetup remove above) &",
        check=OPEN.format("internal_hash:crc32c")),
    "standalone/in-use": row(
        leg(0) + tab("int0 /dev/loop0")
        + "dmsetup create above --table '0 8 linear /dev/loop0 2048'", exit=5,
        shows=("/dev/loop0 is in use by above",), check="closed int0"),
    "standalone/not-one": row(
        "dd if=/dev/zero of=/tmp/leg0 bs=1M count=16 2>/dev/null; losetup /dev/loop0 /tmp/leg0; "
        + tab("int0 /dev/loop0"), exit=4, shows=("/dev/loop0 has no dm-integrity superblock",)),
    "standalone/truncated": row(
        leg(0) + tab("int0 /dev/loop0") + "losetup -d /dev/loop0; truncate -s 20M /tmp/leg0; "
        "losetup /dev/loop0 /tmp/leg0", exit=4, check="closed int0",
        shows=("/dev/loop0 has 20 MiB, but had 3. MiB when it was formatted",)),
    "standalone/nonsense": row(
        leg(0) + tab("int0 /dev/loop0", "x", "y vdb", "z /dev/vdb - mode=fast", "\x01"),
        check=OPEN.format("internal_hash:crc32c"),
        shows=(r'itab line 2: "x" has no device', 'line 4: "mode=fast" is none of')),
    # One run opens both, the volume on top of what it has opened itself.
    "standalone/below-luks": row(
        leg(0, size=96) + tab("int0 /dev/loop0")
        + "integritysetup open --integrity-no-journal /dev/loop0 int0; "
          'dd if="$(disk tiny)" of=/dev/mapper/int0 bs=1M 2>/dev/null; integritysetup close int0',
        crypttab=TAB.replace("timeout=3", "timeout=30"),
        dialogue=((PROMPT, b"intact\n"),),
        shows=("int0: /dev/loop0 is open", "root: /dev/dm-0 is open and protected"),
        check="dmsetup table root_dif && mount -o ro /dev/mapper/root /mnt && umount /mnt"),
    # The time for the volume's disk, 30 seconds, starts anew when what is below it is open.
    "standalone/below-late-luks": row(
        leg(0, size=96) + tab("int0 /dev/loop0")
        + "integritysetup open --integrity-no-journal /dev/loop0 int0; "
          'dd if="$(disk tiny)" of=/dev/mapper/int0 bs=1M seek=1 2>/dev/null; '
          "integritysetup close int0; losetup -d /dev/loop0; "
          "(wait_for pidof intact-unlock; sleep 15; losetup /dev/loop0 /tmp/leg0; "
          "wait_for dmsetup info int0; sleep 18; dmsetup create above --table "
          '"0 $(($(blockdev --getsz /dev/mapper/int0) - 2048)) linear /dev/mapper/int0 2048") &',
        crypttab=TAB.replace("timeout=3", "timeout=30"), seconds=60,
        dialogue=((PROMPT, b"intact\n"),), check="dmsetup table root_dif"),
    # It appears when intact-unlock waits already; nothing of it is in the crypttab.
    "standalone/late": row(
        leg(0) + tab("int0 /dev/loop0")
        + "losetup -d /dev/loop0; (wait_for pidof intact-unlock; sleep 4; "
          "losetup /dev/loop0 /tmp/leg0) &",
        shows=("waiting for the disk with /dev/loop0",), check=OPEN.format("internal_hash:crc32c")),
}
