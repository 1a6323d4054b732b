# SPDX-License-Identifier: GPL-2.0-or-later
"""Power cuts while `intact format` works. dm-log-writes records every write and every flush; from
that come the disks that a power cut could have left (lib/logwrites.py), and what the programs make
of them.

Under the new volume there is an old one. Its bytes are others, so an area whose write was lost
cannot look as if it were there.
"""

import os
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lib import debian, debs, lab, logwrites, ours
from lib.disks import ROOT_UUID
from lib.logwrites import Cut, Write
from lib.patience import patient
from lib.paths import MEMORY
from lib.proc import Failed
from lib.qemu import Drive
from lib.suite import Need, Test

from .direct import TAB
from .formats import FAST, UNFINISHED, ZEROS

SIZE = 56 << 20
LOG = 400 << 20
# dm-integrity's layout of a disk of that size, with 32 bytes of tag for each sector of 4096.
PLACE = 16 << 20                       # of the superblock, or of the record in its stead
JOURNAL = 3 * (8 + 32 * 8) * 512       # 3 sections with 32 entries each
RUN = 32 * 4096                        # of tags, before the data of an area
AREA = 16 << 20
AREAS = 3                              # the last one is shorter
# Before the superblock: in the other way, a second superblock is there while it works.
ASIDE = 4096
MAGICS = (b"LUKS\xba\xbe", b"SKUL\xba\xbe")
SECOND = 16384                         # the header's second copy


def area(number: int) -> int:
    """Where it begins, with its tags."""
    return PLACE + 4096 + JOURNAL + number * (RUN + AREA)


@dataclass(frozen=True)
class Way:
    """A way to format: its options, and how long the disk is to wait before each write to the
    last area, in ms, so that a record is due meanwhile."""
    options: str
    wait: int


WAYS = {"computed": Way("", 7000), "through": Way("--through-kernel", 3500)}

RECORD = f"""
export PATH=/lab/bin:$PATH
modprobe -a loop dm-log-writes dm-delay
printf intact >/tmp/key
size=$(blockdev --getsz $DISK0)
last={area(AREAS - 1) // 512}
printf '%s\\n' "0 $last linear $DISK0 0" \\
	"$last $((size - last)) delay $DISK0 $last 0 $DISK0 $last @WAIT@ $DISK0 $last 0" |
	dmsetup create slow && dmsetup mknodes || exit 1
# DISK LOG, and what is to run
logged() {{
	dmsetup create logged --table "0 $size log-writes $1 $2" && dmsetup mknodes || exit 1
	shift 2
	"$@" --batch --key-file /tmp/key {FAST} --volume-key-file /lab/key --uuid {ROOT_UUID} \\
		@OPTIONS@ /dev/mapper/logged || exit 1
	sync
	dmsetup remove --retry logged || exit 1
}}
logged /dev/mapper/slow $DISK1 intact format
# The same program, but its flushes do not reach the kernel.
logged $DISK2 $DISK3 /lab/traced/strace -f -o /tmp/trace -e trace=fdatasync,fsync \\
	-e inject=fdatasync,fsync:retval=0 intact format
grep -c INJECTED /tmp/trace
dmsetup remove --retry slow
cryptsetup open --key-file /tmp/key $DISK0 root && {ZEROS} && cryptsetup close root
"""

# /share/cuts has a line for each disk: its name, what it is, the exit codes that --resume may have,
# how it came about.
AFTER = f"""
export PATH=/lab/bin:$PATH
modprobe -a loop
printf intact >/tmp/key
printf %s '{TAB}' >/tmp/crypttab
: >/tmp/cmdline
sed 's/luks,/luks,initramfs,/' /tmp/crypttab >/etc/crypttab
opens() {{
	cryptsetup open --key-file /tmp/key /dev/loop0 root 2>/dev/null
}}
sound() {{
	{ZEROS}
	read_all=$?
	cryptsetup close root
	return $read_all
}}
# Not by cryptsetup, not by ours, which says why; and no image is made for it.
refused() {{
	! opens || return 1
	intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline >/tmp/said 2>&1 </dev/null
	[ $? = 4 ] && grep -q '{UNFINISHED}' /tmp/said || return 1
	intact needs --kernel "$(uname -r)" >/tmp/said 2>&1
	[ $? = 1 ] && grep -q 'the format of /dev/loop0 is not finished' /tmp/said
}}
resumed() {{
	intact format --resume --key-file /tmp/key /dev/loop0 >/tmp/said 2>&1
	code=$?
	case ",$1," in *",$code,"*) ;; *) return 1 ;; esac
	sync
	[ $code = 0 ] || {{ cmp /tmp/disk /share/$name; return; }}
	cmp /tmp/disk /share/new {PLACE} {PLACE} && opens && sound
}}
bad=0
while read -r name what codes cut; do
	cp /share/$name /tmp/disk && losetup /dev/loop0 /tmp/disk || exit 1
	: >/tmp/said
	code=-
	case $what in
	finished) opens && sound ;;
	old) ! opens || sound ;;
	unfinished) refused ;;
	*) ! opens ;;
	esac && resumed $codes || {{
		echo "## $name $what ($cut): exit $code, wanted $codes"
		cat /tmp/said
		bad=1
	}}
	losetup -d /dev/loop0
done </share/cuts
exit $bad
"""


class Broken(Failed):
    """What a disk promises is not there."""


class Disks:
    """What was on the disk before, and what is on it afterwards."""

    def __init__(self, old: bytes, new: bytes) -> None:
        self.new = new
        self.old_data, self.data = old[PLACE:], new[PLACE:]
        self.header = new[:PLACE - ASIDE]
        self.areas = [new[area(number):area(number + 1)] for number in range(AREAS)]

    def judge(self, cut: Cut) -> str:
        """What is on the disk, if all is there that its superblock or its record promises."""
        image = cut.image
        luks = any(image.startswith(MAGICS, at) for at in (0, SECOND))
        if luks and image.startswith(b"integrt\0", PLACE):
            if image == self.new:
                return "finished"
            if image.startswith(self.old_data, PLACE):
                return "old"
            raise Broken(f"{cut.name}: a volume, but not all of it is there")
        if not image.startswith(b"intwipe\0", PLACE):
            return "nothing"
        written = struct.unpack_from("<Q", image, PLACE + 16)[0]
        for number in range(written):
            if not image.startswith(self.areas[number], area(number)):
                raise Broken(f"{cut.name}: the record promises {written} areas, but area {number} "
                             "is not there")
        return "unfinished" if image.startswith(self.header) else "headless"


# What --resume may say of it. A header that is not whole may lack its copies, or the keyslot.
CODES = {"finished": (5,), "old": (4, 5), "unfinished": (0,), "headless": (0, 2, 4),
         "nothing": (4,)}


def _file(path: Path, size: int) -> Path:
    path.touch()
    os.truncate(path, size)
    return path


def _old(folder: Path) -> bytes:
    """An old volume with another key."""
    path = _file(folder / "old", SIZE)
    subprocess.run([ours.program(ours.TOOL), "format", "--image", "--batch", "--key-file",
                    folder / "key", *FAST.split(), path], check=True, stdout=subprocess.DEVNULL,
                   timeout=patient(60))
    return path.read_bytes()


def _record(way: Way, old: bytes, folder: Path, logs: Path) -> None:
    """Formats two disks in a guest, each with its log: as it is, and without flushes."""
    drives = []
    for name in ("disk", "disk-unflushed"):
        (folder / name).write_bytes(old)
        drives += [Drive(folder / name, keep=True),
                   Drive(_file(folder / name.replace("disk", "log"), LOG), keep=True)]
    script = RECORD.replace("@WAIT@", str(way.wait)).replace("@OPTIONS@", way.options)
    result = lab.lab(lab.Job(script, drives=drives, add={
        "lab/bin/intact": ours.program(ours.TOOL), "lab/key": os.urandom(96), **debs.strace()}),
        "uml", logs)
    if result.exit != 0:
        raise Failed(f"the recording ended with {result.exit}:\n{result.output}")


def _check_records(groups: list[list[Write]], disks: Disks) -> None:
    """The row is worth something when there was a record on the way, and the layout is this one."""
    written = [struct.unpack_from("<Q", write.data, 16)[0] for write in sum(groups, [])
               if write.at == PLACE and write.data.startswith(b"intwipe\0")]
    if not any(1 < n < AREAS for n in written) or written[-1:] != [AREAS]:
        raise Failed(f"the records say {written}")
    sections, provided = struct.unpack_from("<IQ", disks.data, 12)
    if sections * (8 + 32 * 8) * 512 != JOURNAL or -(-provided * 512 // AREA) != AREAS:
        raise Failed(f"{sections} sections, {provided} sectors")


def _check_unflushed(old: bytes, folder: Path) -> None:
    """Without flushes, the same judgement finds a promise that is not kept."""
    groups = logwrites.read(folder / "log-unflushed")
    for name in ("disk-unflushed", "log-unflushed"):
        (folder / name).unlink()
    disks = Disks(old, logwrites.replay(old, groups))
    try:
        for cut in logwrites.cuts(old, groups, PLACE):
            disks.judge(cut)
    except Broken:
        return
    raise Failed("a program that flushes nothing keeps all its promises, too")


def _natively(cut: Cut, what: str, disks: Disks, folder: Path) -> None:
    """The program resumes a file, which needs no kernel."""
    file = folder / "image"
    file.write_bytes(cut.image)
    done = subprocess.run([ours.TOOL, "format", "--resume", "--image", "--key-file",
                           folder / "key", file], capture_output=True, text=True,
                          timeout=patient(60))
    wanted = cut.image[:]
    if done.returncode == 0:
        wanted[PLACE:] = disks.data
    right = file.read_bytes() == wanted
    if done.returncode not in CODES[what] or not right:
        raise Failed(f"{cut.name} ({what}): --resume ended with {done.returncode}, and the disk is "
                     f"{'' if right else 'not '}as it should be\n{done.stdout}{done.stderr}")


def _in_guest(table: str, folder: Path, logs: Path) -> None:
    add: dict[str, Path | bytes] = {f"lab/bin/{program.name}": ours.program(program)
                                    for program in (ours.UNLOCK, ours.TOOL)}
    (folder / "share/cuts").write_text(table)
    result = lab.lab(lab.Job(AFTER, add=add, share=folder / "share"), "uml", logs / "after")
    if result.exit != 0:
        raise Failed(f"{result.output}\n{table}")


def _after(way: Way, old: bytes, groups: list[list[Write]], disks: Disks, folder: Path,
           logs: Path) -> None:
    """What becomes of the cuts. Those of one kind are the same to the guest, but for those that
    are resumed by the kernel."""
    share = folder / "share"
    share.mkdir()
    (share / "new").write_bytes(disks.new)
    chosen: dict[tuple[str, int], tuple[str, str]] = {}
    for cut in logwrites.cuts(old, groups, PLACE):
        what = disks.judge(cut)
        if not way.options:
            _natively(cut, what, disks, folder)
        kind = (what, cut.group if way.options and what == "unfinished" else 0)
        if kind not in chosen or (cut.kept != "none" and chosen[kind][0] == "none"):
            (share / f"{what}-{kind[1]}").write_bytes(cut.image)
            chosen[kind] = (cut.kept, f"{what}-{kind[1]} {what} "
                                      f"{','.join(map(str, CODES[what]))} {cut.name}")
    table = "".join(f"{line}\n" for _, line in chosen.values())
    if {what for what, _ in chosen} != set(CODES):
        raise Failed(f"the cuts are not all that there is:\n{table}")
    _in_guest(table, folder, logs)


def _run(way: Way, logs: Path) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as temporary:
        folder = Path(temporary)
        (folder / "key").write_text("intact")
        old = _old(folder)
        _record(way, old, folder, logs)
        groups = logwrites.read(folder / "log")
        disks = Disks(old, logwrites.replay(old, groups))
        if disks.new != (folder / "disk").read_bytes():
            raise Failed("the log is not all that was written")
        _check_records(groups, disks)
        _check_unflushed(old, folder)
        _after(way, old, groups, disks, folder, logs)


def tests() -> list[Test]:
    return [Test(f"powercuts/{name}", lambda report, logs, way=way: _run(way, logs),
                 needs=(Need("tree lab", lambda: debian.tree("lab"), 0),
                        Need("lab image", lab.image, 1), Need("strace", debs.strace, 1)))
            for name, way in WAYS.items()]
