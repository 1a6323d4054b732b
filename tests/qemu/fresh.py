# SPDX-License-Identifier: GPL-2.0-or-later
"""Freshness: stories of a disk and a TPM, each in one guest with an emulated TPM. A boot is one run
of intact-unlock, a power cut the end of all its processes."""

import lzma
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from lib import debian, debs, disks, lab, layouts, ours, swtpm
from lib.disks import ROOT_UUID
from lib.paths import REPO, MEMORY
from lib.proc import Failed
from lib.qemu import Drive
from lib.suite import Test

# Shell that the stories share. boot and shut print what came of it; same CODE REGEX judges that.
TOOLS = r"""
A='--config /tmp/crypttab --cmdline /dev/null'
mkdir -p /etc /run/intact
printf intact >/tmp/key
tab() {
    echo "root UUID=@UUID@ ${2-/tmp/key} luks,x-intact.integrity$1" >/tmp/crypttab
    cp /tmp/crypttab /etc/crypttab
}
tab
bad=0
same() {
    [ "$code" = "$1" ] && { [ -z "$2" ] || grep -qE "$2" /tmp/out; } && return
    echo "## wanted $1 \"$2\", got $code:"
    cat /tmp/out
    bad=1
}
run() {
    "$@" >/tmp/out 2>&1 </dev/null
    code=$?
}
boot() { run intact-unlock $A; }
off() {
    dmsetup remove root 2>/dev/null
    dmsetup remove root_dif 2>/dev/null
    sync
}
shut() {
    run intact bump --closed
    same 0 ''
    off
}
pin() {
    run intact pin "$1" --no-rebuild --key-file /tmp/key root
    # No generator is installed here, so the last step fails.
    [ $code != 1 ] || ! grep -q 'none of update-initramfs' /tmp/out || code=0
}
save() { dd if="$DISK0" of="/tmp/$1" bs=1M 2>/dev/null; }
restore() {
    dd if="/tmp/$1" of="$DISK0" bs=1M conv=notrunc 2>/dev/null
    sync
    echo 3 >/proc/sys/vm/drop_caches
}
# What a session leaves on an ext4: mounted, written to, unmounted.
session() {
    mount /dev/mapper/root /mnt && echo "$1" >/mnt/session && umount /mnt
    sync
}
modprobe -a ext4 2>/dev/null
"""

OLD_IMAGE = r"""
# "The system of 2025", copied; then two years.
boot; same 0 'is open and protected'
pin --fresh; same 0 'as it is, is the current one: no. [0-9]+ of'
tab ,headless,x-intact.fresh=require
session 2025
shut
boot; same 0 'is open and protected'
! grep -q 'cleanly' /tmp/out || { echo '## a notice after a clean shutdown'; bad=1; }
session 2025b
shut
save 2025
for year in 2026 2027 2028; do
    boot; same 0 'is open and protected'
    session $year
    shut
done
run intact status root; same 4 'not an open'
save now
restore 2025
boot; same 7 'older than this machine remembers: it was last used here as no. [0-9]+, and this'
grep -q 'of 20[0-9][0-9]-' /tmp/out || { echo '## no date'; bad=1; }
! dmsetup info root >/dev/null 2>&1 || { echo '## the mapping is there'; bad=1; }
# A header backup.
restore now
dd if=/tmp/2025 of="$DISK0" bs=1M count=16 conv=notrunc 2>/dev/null
boot; same 7 'older than this machine remembers'
# The current header over the old data.
restore 2025
dd if=/tmp/now of="$DISK0" bs=1M count=16 conv=notrunc 2>/dev/null; sync
boot; same 7 'the header is current .*, the data is not'
! dmsetup info root >/dev/null 2>&1 || { echo '## the mapping is there'; bad=1; }
# The real one, still.
restore now
boot; same 0 'is open and protected'
run intact status root; same 0 'this disk is the current one'
[ "$(grep -cE '^(Record|TPM|Covered|Not covered):' /tmp/out)" = 4 ] &&
    grep -q '^Driver: *authenc(' /tmp/out && grep -q '^Integrity: *hmac(sha256), tags' /tmp/out &&
    grep -q '^Tokens: *[a-z]' /tmp/out && ! grep -q '^error: ' /tmp/out ||
    { echo '## the status lacks something'; cat /tmp/out; bad=1; }
run intact status --json root; same 0 '"current": true'
# A power cut: every state since this boot.
off
boot; same 0 'not shut down cleanly'
# Counted on, and the copy from before.
save before
run intact bump; same 0 ''
off
restore before
boot; same 7 'older than this machine remembers'
exit $bad
"""

# This guest has no driver for it: the next generation, which each mount for writing leaves, is
# written into the superblock.
ON_BTRFS = r"""
generation=100
session() {
    generation=$((generation + 1))
    printf "\\x$(printf %02x $generation)" |
        dd of=/dev/mapper/root bs=1 seek=$((65536 + 72)) conv=notrunc 2>/dev/null
    sync
}
"""

RECORDS = r"""
json() { cryptsetup token export --token-id 0 "$DISK0" >/tmp/token; }
replace() {
    cryptsetup token remove --token-id 0 "$DISK0"
    [ -z "$1" ] || sed "$1" /tmp/token | cryptsetup token import --token-id 0 "$DISK0"
    sync
}
boot; same 0 ''
pin --fresh; same 0 'is the current one'
tab ,headless,x-intact.fresh=require
off
save good
json
# Deleted, edited, spelled otherwise, twice.
replace ''
boot; same 7 'has no freshness record, but the boot image asks for it'
tab ,headless
boot; same 7 "has no freshness record, but this machine's TPM has a counter for this disk"
tab ,headless,x-intact.fresh=require
restore good
replace 's/"counter":"[0-9]*"/"counter":"9"/'
boot; same 7 'was altered'
restore good
replace 's/"open"/"closed"/'
boot; same 7 'was altered'
restore good
replace 's/"version":1/"version":2/'
boot; same 7 'is damaged, or intact did not write it'
restore good
replace 's/"version":1/"version":1,"more":1/'
boot; same 7 'is damaged'
restore good
cryptsetup token import --token-id 5 "$DISK0" </tmp/token; sync
boot; same 7 'is damaged'
# Only to be told.
tab ,headless,x-intact.fresh=report
boot; same 0 'is damaged'
off
tab ,headless,x-intact.fresh=require
boot; same 7 'is damaged'
# The counter deleted; and another one made.
restore good
boot; same 0 ''
pin --no-fresh; same 0 'no record of freshness any more'
off
boot; same 7 'has no freshness record, but the boot image asks for it'
restore good
boot; same 7 "this machine's TPM does not know the disk"
tab ,headless
boot; same 0 'is open'
pin --fresh; same 0 'is the current one'
tab ,headless,x-intact.fresh=require
off
save later
restore good
boot; same 7 'older than this machine remembers'
restore later
boot; same 0 'is open'
# Another program has opened the volume; what checked it in this boot has left its keys.
boot; same 0 'is already open'
exit $bad
"""

ACCEPTED = r"""
boot; same 0 ''
pin --fresh; same 0 'is the current one'
tab ,x-intact.fresh=require none
off
save old
for i in 1 2; do
    tab ,headless,x-intact.fresh=require
    boot; same 0 ''
    shut
done
tab ,x-intact.fresh=require none
save new
restore old
echo '## refused'
intact-unlock $A
[ $? = 7 ] || bad=1
! dmsetup info root >/dev/null 2>&1 || bad=1
echo '## accepted'
intact-unlock $A
[ $? = 0 ] || bad=1
off
tab ,headless,x-intact.fresh=require
boot; same 0 'is open'
off
save accepted
# What was current before is an older one now.
restore new
boot; same 7 'older than this machine remembers'
exit $bad
"""
PROMPT, QUESTION = "Please unlock disk root: ", r"Then type accept; else press Enter: "
TYPED = [(PROMPT, b"intact\n"), (QUESTION, b"\n"), (PROMPT, b"intact\n"), (QUESTION, b"accept\n"),
         (PROMPT, b"intact\n")]

# Old blocks, at their own place, below the current header and the current superblock.
TAGS = r"""
boot; same 0 ''
pin --fresh=require,tags; same 0 'is the current one'
tab ,headless,x-intact.fresh=require,tags
# Some MiB of a file, so that there are blocks to put back.
session() {
    mount /dev/mapper/root /mnt && echo "$1" >/mnt/session && rm -f /mnt/file* &&
        yes "$1" | dd of="/mnt/file$1" bs=1M count=4 iflag=fullblock 2>/dev/null && umount /mnt
    sync
}
session old
shut
save old
boot; same 0 'is open and protected'
! grep -q 'cleanly\|tags' /tmp/out || { echo '## a notice after a clean shutdown'; bad=1; }
run intact status root; same 0 'all integrity tags are compared'
session new
shut
save new
# The first run of tags: after superblock and journal, in sections of 264 sectors.
sections=$(od -An -tu4 -j$((16777216 + 12)) -N4 "$DISK0")
run=$((16777216 + 4096 + sections * 264 * 512))
# The first block of the file system that differs, but for the one with its superblock.
block=$(cmp -l /tmp/old /tmp/new | awk -v data=$((run + 131072)) \
    '{ b = int(($1 - 1 - data) / 4096); if ($1 > data && b > 0) { print b; exit } }')
[ -n "$block" ] || { echo '## wanted a block that differs'; bad=1; }
# That block and its tag.
graft() {
    restore new
    dd if=/tmp/old of="$DISK0" bs=4096 count=1 conv=notrunc skip=$((run / 4096 + 32 + block)) \
        seek=$((run / 4096 + 32 + block)) 2>/dev/null
    dd if=/tmp/old of="$DISK0" bs=32 count=1 conv=notrunc skip=$((run / 32 + block)) \
        seek=$((run / 32 + block)) 2>/dev/null
    sync
    echo 3 >/proc/sys/vm/drop_caches
}
graft
boot; same 7 'its integrity tags are not those of the last shutdown: 1 of [0-9]+ runs of tags diff'
grep -q 'between 0 and 16 MiB of the volume' /tmp/out || { echo '## wanted the place'; bad=1; }
! dmsetup info root >/dev/null 2>&1 || { echo '## the mapping is there'; bad=1; }
! dmsetup info root_dif >/dev/null 2>&1 || { echo '## the mapping is there'; bad=1; }
# Old sectors in the journal, which the kernel would write to their places.
restore new
printf x | dd of="$DISK0" bs=1 seek=$((run - 600)) conv=notrunc 2>/dev/null
sync; echo 3 >/proc/sys/vm/drop_caches
boot; same 7 "dm-integrity's superblock or its journal differs"
# The real one, twice; power fails; then only what the header says is compared.
restore new
boot; same 0 'is open and protected'
off
boot; same 0 'not shut down cleanly: .*, and older single blocks too'
shut
boot; same 0 'is open and protected'
! grep -q 'cleanly\|tags' /tmp/out || { echo '## a notice after a clean shutdown'; bad=1; }
shut
# Another system opens the disk and writes.
printf intact | cryptsetup open --key-file - "$DISK0" root && session rescue
off
boot; same 7 'its integrity tags are not those'
# Only to be told.
tab ,headless,x-intact.fresh=report,tags
boot; same 0 'its integrity tags are not those'
off
# Without the digest the same block is put back unnoticed.
tab ,headless
restore new
boot; same 7 'older than this machine remembers'
tab ,headless,x-intact.fresh=report
boot; same 0 ''
pin --fresh; same 0 'is the current one'
tab ,headless,x-intact.fresh=require
shut
save new
graft
boot; same 0 'is open and protected'
exit $bad
"""

# Debian's package without systemd: what /etc/init.d/intact-closed does, after umountroot.
SYSVINIT = r"""
ln -sf /bin/intact /usr/sbin/intact
stop() { run sh /lab/intact-closed stop; }
boot; same 0 ''
pin --fresh; same 0 'is the current one'
tab ,headless,x-intact.fresh=require
mount /dev/mapper/root /mnt && echo session >/mnt/session || bad=1
stop; same 1 'is still mounted for writing'
mount -o remount,ro /mnt
stop; same 0 ''
umount /mnt
off
boot; same 0 'is open and protected'
! grep -q 'cleanly' /tmp/out || { echo '## a notice after a clean shutdown'; bad=1; }
run sh /lab/intact-closed start; same 0 ''
# With systemd its hook does it.
mkdir -p /run/systemd/system
stop; same 0 ''
rmdir /run/systemd/system
off
boot; same 0 'not shut down cleanly'
exit $bad
"""

# The disk does not keep what is written; libcryptsetup goes on without a word. Then the TPM must
# not count: after a power cut the disk would be an older one.
UNSYNCED = r"""
unsynced() { run /lab/traced/strace -f -o /dev/null -e trace=fsync -e inject=fsync:error=EIO "$@"; }
tpm_says() { intact status root | grep '^TPM:'; }
boot; same 0 ''
pin --fresh; same 0 'is the current one'
tab ,headless,x-intact.fresh=require
count=$(tpm_says)
unsynced intact bump; same 1 'the disk was not counted on: .*Input/output error|not keep the record'
[ -n "$count" ] && [ "$(tpm_says)" = "$count" ] || { echo "## wanted $count"; tpm_says; bad=1; }
off
unsynced intact-unlock $A; same 7 'this boot cannot be counted'
! dmsetup info root >/dev/null 2>&1 || { echo '## the mapping is there'; bad=1; }
boot; same 0 'is open and protected'
exit $bad
"""

# XFS, which writes its superblock when it is unmounted, and a logical volume in between. The end of
# the system leaves its root mounted read-only, and what runs after the closing record unmounts it.
STACKED = r"""
modprobe libcrc32c
insmod /lab/xfs/xfs.ko
# mkfs.xfs makes nothing this small for people.
export TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1
up() {
    [ $lv = no ] || { lvm vgchange -q -ay system; lvm vgmknodes; } >/dev/null 2>&1
    mount -t $fs $top /mnt || bad=1
}
ends() {
    echo "$1" >/mnt/session
    mount -o remount,ro /mnt || bad=1
    run intact bump --closed; same 0 ''
    umount /mnt
    [ $lv = no ] || lvm vgchange -q -an system >/dev/null 2>&1
    off
}
begins() {
    boot; same 0 'is open and protected'
    ! grep -q 'cleanly\|tags' /tmp/out || { echo "## a notice: $fs, $lv"; cat /tmp/out; bad=1; }
}
make() {
    if [ $lv = yes ]; then
        top=/dev/system/root
        lvm vgs system || {
            lvm pvcreate -ff -y /dev/mapper/root && lvm vgcreate system /dev/mapper/root &&
                lvm lvcreate -y -Zn -l 100%FREE -n root system
        }
        lvm vgchange -ay system
        lvm vgmknodes
    fi >/tmp/lvm 2>&1
    case $fs in
    xfs) /lab/xfs/mkfs.xfs -q -f $top ;;
    *) /usr/sbin/mke2fs -q -t $fs -F $top ;;
    esac || { cat /tmp/lvm; bad=1; }
}
for stack in xfs:no ext4:yes xfs:yes; do
    fs=${stack%:*} lv=${stack#*:} top=/dev/mapper/root
    tab
    boot; same 0 'is open and protected'
    make
    # Another file system is on it now.
    pin --fresh=require,tags; same 0 'is the current one'
    tab ,headless,x-intact.fresh=require,tags
    up
    ends "$stack 1"
    begins
    up
    [ "$(cat /mnt/session)" = "$stack 1" ] || bad=1
    ends "$stack 2"
    begins
    up
    [ "$(cat /mnt/session)" = "$stack 2" ] || bad=1
    ends ''
done
exit $bad
"""

# A digest that fails: what was writable before is so again, and no device that the administrator
# had made read-only.
UNDONE = r"""
flags() {
    for device in /dev/system/kept /dev/system/root /dev/mapper/root; do
        blockdev --getro $device
    done | tr -d '\n'
}
now() { [ "$(flags)" = "$1" ] || { echo "## wanted $1: $(flags)"; bad=1; }; }
boot; same 0 'is open and protected'
{ lvm pvcreate -ff -y /dev/mapper/root && lvm vgcreate system /dev/mapper/root &&
    lvm lvcreate -y -Zn -l 1 -n kept system && lvm lvcreate -y -Zn -l 1 -n root system &&
    lvm vgmknodes; } >/tmp/lvm 2>&1 || { cat /tmp/lvm; bad=1; }
pin --fresh=require,tags; same 0 'is the current one'
blockdev --setro /dev/system/kept
now 100
# The second step after all are read-only.
run /lab/traced/strace -f -o /dev/null -e trace=mlockall -e inject=mlockall:error=ENOMEM \
    intact bump --closed
same 0 'is not made, because what was written to it is not all on the disk: .*memory'
now 100
# The first device, whatever its name: the others were not touched yet.
run /lab/traced/strace -f -o /dev/null -e trace=fsync -e inject=fsync:error=EIO:when=1 \
    intact bump --closed
same 0 'is not made, because what was written to it is not all on the disk: I/O error'
now 100
run intact bump --closed; same 0 ''
! grep -q 'not made' /tmp/out || { cat /tmp/out; bad=1; }
now 111
exit $bad
"""

# A RAID 1 of md of which one half is on the volume: md writes its superblock, which is in the part
# of the volume that the record is about, when the system has ended for all programs.
RAID1 = r"""
modprobe -a loop raid1
assembled() {
    mdadm --assemble --quiet /dev/md0 /dev/mapper/root /dev/loop7 &&
        mount -t ext4 /dev/md0 /mnt || { cat /proc/mdstat; bad=1; }
}
ends() {
    # Until it is stopped, md has not written that all is in sync.
    echo 1000 >/sys/block/md0/md/safe_mode_delay
    echo "$1" >/mnt/session
    mount -o remount,ro /mnt || bad=1
    run intact bump --closed; same 0 "$2"
    dd if=/dev/mapper/root bs=4096 count=32 iflag=direct 2>/dev/null | md5sum >/tmp/recorded
    umount /mnt
    mdadm --stop --quiet /dev/md0
    dd if=/dev/mapper/root bs=4096 count=32 iflag=direct 2>/dev/null | md5sum |
        cmp -s - /tmp/recorded && { echo '## wanted a write of md after the record'; bad=1; }
    off
}
begins() {
    boot; same 0 'is open and protected'
    ! grep -q "$1" /tmp/out || { echo '## a notice after a clean shutdown'; cat /tmp/out; bad=1; }
}
boot; same 0 'is open and protected'
truncate -s "$(blockdev --getsize64 /dev/mapper/root)" /tmp/half
losetup /dev/loop7 /tmp/half
yes | mdadm --create /dev/md0 --quiet --run --metadata=1.2 --level=1 --raid-devices=2 \
    --assume-clean /dev/mapper/root /dev/loop7 >/dev/null || bad=1
/usr/sbin/mke2fs -q -t ext4 -F /dev/md0 && mount -t ext4 /dev/md0 /mnt || bad=1
pin --fresh; same 0 'is the current one'
tab ,headless,x-intact.fresh=require
ends 1
save old
begins 'cleanly|tags'
assembled
[ "$(cat /mnt/session)" = 1 ] || { echo '## wanted session 1'; bad=1; }
ends 2
begins 'cleanly|tags'
assembled
[ "$(cat /mnt/session)" = 2 ] || { echo '## wanted session 2'; bad=1; }
# The digest of the tags would not stand either, so it is left out, and said to be.
pin --fresh=require,tags; same 0 'is the current one'
tab ,headless,x-intact.fresh=require,tags
ends 3 'is not made, because md0, which stands on it, may still write to it'
begins cleanly
grep -q 'older single blocks would not be noticed this time' /tmp/out || {
    echo '## wanted a notice of the tags'; cat /tmp/out; bad=1; }
off
restore old
boot; same 7 'older than this machine remembers'
exit $bad
"""

# A disk that takes seconds to give its tags: the device below delays them, and nothing else.
SLOW_TAGS = r"""
modprobe dm-delay
sections=$(od -An -tu4 -j$((16777216 + 12)) -N4 "$DISK0" | tr -d ' ')
run=$(((16777216 + 4096) / 512 + sections * 264))
size=$(blockdev --getsz "$DISK0")
slow() {
    dmsetup create slow <<END
0 $run linear $DISK0 0
$run 256 delay $DISK0 $run $1
$((run + 256)) $((size - run - 256)) linear $DISK0 $((run + 256))
END
    # There is no udev.
    ln -sf "../dm-$(dmsetup info -c --noheadings -o minor slow)" /dev/mapper/slow
}
tab() { echo "root /dev/mapper/slow /tmp/key luks,x-intact.integrity$1" >/tmp/crypttab
    cp /tmp/crypttab /etc/crypttab; }
tab
slow 0
boot; same 0 ''
pin --fresh=require,tags; same 0 'is the current one'
tab ,headless,x-intact.fresh=require,tags
shut
boot; same 0 'is open and protected'
shut
dmsetup remove slow
slow 2500
boot; same 0 'being compared with its state at the last shutdown: [0-9]+ % of .* are read'
# So does the end of the system.
run intact bump --closed
same 0 'the digest of its integrity tags is being made: [0-9]+ % of .* are read'
off
boot; same 0 'is open and protected'
exit $bad
"""

CUTS = r"""
boot; same 0 ''
pin --fresh; same 0 'is the current one'
tab ,headless,x-intact.fresh=require
off
cut() {
    "$@" >/dev/null 2>&1 &
    usleep $((RANDOM * 60))
    kill -9 $(pidof intact-unlock intact) 2>/dev/null
    wait
}
refused=0 n=0
while [ $n -lt @CUTS@ ]; do
    n=$((n + 1)) stale=$((n % 5))
    [ $stale != 0 ] || save before
    cut intact-unlock $A
    off
    boot
    [ $code = 0 ] || { echo "## cut $n: $code"; cat /tmp/out; refused=$((refused + 1)); }
    # The state from before the cut is an older one in any case.
    if [ $stale = 0 ]; then
        off
        save now
        restore before
        boot; same 7 'older than this machine remembers'
        restore now
        boot; same 0 ''
    fi
    cut intact bump --closed
    off
done
boot; same 0 ''
echo "## $n cuts, $refused refused"
[ $refused = 0 ] || bad=1
exit $bad
"""


def _xfs() -> dict[str, Path | bytes]:
    """mkfs.xfs, and the driver of the lab's kernel."""
    base = debian.tree("lab")
    name = f"usr/lib/modules/{base.kernel()[0]}/kernel/fs/xfs/xfs.ko"
    packed = base.find(name + ".xz")
    module = lzma.decompress(packed.read_bytes()) if packed else base.find(name)
    if not module:
        raise Failed(f"{base.name}: no {name}")
    return {**debs.mkfs_xfs(), "lab/xfs/xfs.ko": module}


# What a story needs beside our programs.
FILES: dict[str, Callable[[], dict[str, Path | bytes]]] = {
    STACKED: _xfs, UNSYNCED: debs.strace, UNDONE: debs.strace,
    RAID1: lambda: {"usr/sbin/mdadm": layouts.mdadm()},
    SYSVINIT: lambda: {"lab/intact-closed": REPO / "packaging/deb/intact.intact-closed.init"},
}


def in_guest(script: str, drive: Drive, device: swtpm.Swtpm, logs: Path, *, memory: int = 2048,
             answers: tuple[tuple[str, bytes], ...] = (), timeout: float = 400,
             add: dict[str, Path | bytes] | None = None) -> lab.Result:
    """Run a script in a guest that has the disk, the TPM and our programs."""
    # With some firmware the guest cannot switch itself off, but it can restart.
    whole = f"(\n{script}\n)\necho INTACT-LAB-EXIT $?\nsync\nreboot -f\nsleep 1000\n"
    job = lab.Job(whole, drives=[drive], append=swtpm.APPEND, timeout=timeout, memory=memory,
                  extra=device.arguments, answers=list(answers), add=dict(add or {}))
    for program in (ours.UNLOCK, ours.TOOL):
        job.add[f"bin/{program.name}"] = ours.program(program)
    return lab.lab(job, "qemu", logs)


def _story(script: str, typed: list[tuple[str, bytes]], logs: Path, disk: str = "tiny") -> None:
    cuts = os.environ.get("INTACT_CUTS", "20")
    text = (TOOLS + script).replace("@UUID@", ROOT_UUID).replace("@CUTS@", cuts)
    with tempfile.TemporaryDirectory(dir=MEMORY) as state, swtpm.Swtpm(Path(state)) as tpm:
        result = in_guest(text, Drive(disks.disk(disk)), tpm, logs, answers=tuple(typed),
                          memory=1024 if disk == "tiny" else 2048,
                          timeout=400 if "@CUTS@" not in script else 400 + 10 * int(cuts),
                          add=FILES[script]() if script in FILES else None)
    if result.exit != 0 or re.search("^## (wanted|a notice|no date|not four|the mapping)",
                                     result.output, re.M):
        raise Failed(f"the story ended with {result.exit}:\n{result.output}")


# A name → what runs, what is typed, the disk.
STORIES: dict[str, tuple[str, list[tuple[str, bytes]], str]] = {
    "old-image": (OLD_IMAGE, [], "tiny"),
    "old-image-btrfs": (ON_BTRFS + OLD_IMAGE, [], "btrfs"),
    "records": (RECORDS, [], "tiny"),
    "accepted": (ACCEPTED, TYPED, "tiny"),
    "tags": (TAGS, [], "tiny"),
    "sysvinit": (SYSVINIT, [], "tiny"),
    "unsynced": (UNSYNCED, [], "tiny"),
    "tags-stacked": (STACKED, [], "tiny"),
    "tags-undone": (UNDONE, [], "tiny"),
    "raid1": (RAID1, [], "tiny"),
    "tags-slow": (SLOW_TAGS, [], "tiny"),
    "cuts": (CUTS, [], "tiny"),
    "cuts-tags": (CUTS.replace("--fresh;", "--fresh=require,tags;").replace(
        "x-intact.fresh=require", "x-intact.fresh=require,tags"), [], "tiny"),
}


def tests(needs: Callable[..., tuple]) -> list[Test]:
    return [Test(f"fresh/{name}",
                 lambda report, logs, story=story: _story(story[0], story[1], logs, story[2]),
                 needs=needs(story[2]))
            for name, story in STORIES.items()]
