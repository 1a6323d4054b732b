# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of `intact scrub` on open volumes in the lab guest; direct.py explains the rows."""

import re
from pathlib import Path

from lib import debs
from lib.paths import REPO

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
# Another volume, with another UUID, which its state is kept under.
SECOND = ('cp "$(disk tiny)" /tmp/disk2 && losetup /dev/loop1 /tmp/disk2 && cryptsetup luksUUID -q '
          "--uuid 22222222-2222-4222-8222-222222222222 /dev/loop1 && "
          "printf intact | cryptsetup open --key-file - /dev/loop1 second")


# dm-integrity without LUKS, with nothing of ours on it.
BARE = ("integritysetup format -q --no-wipe --integrity crc32c /dev/loop0 && "
        "integritysetup open --integrity crc32c /dev/loop0 data")
# A name that is a comment for a shell.
ODD = LOOP.removesuffix("root") + "'#root'"


def unit(name: str) -> str:
    """What systemd runs."""
    text = (REPO / f"hooks/systemd/intact-{name}.service").read_text()
    return re.search("^ExecStart=/usr/sbin/(.*)$", text, re.MULTILINE).group(1)


def row(run: str, disk: str = "tiny", setup: str = LOOP, **more) -> Direct:
    return Direct(**{**{"crypttab": "", "dialogue": ()}, "disk": disk, "run": run,
                     "setup": f"{STATE}{setup}", **more})


# What the bad sectors belong to. find_texts looks at all of the opened volume, which takes seconds;
# at TEXT: the blocks in which it stands, by their first bytes. flip OFFSET…: changes these blocks
# on the disk below.
TOOLS = r"""
find_texts() {
	strings -t d -n 8 /dev/mapper/root |
		grep -e "text.of" -e entry-in -e "block 100 " -e "block 2900 " |
		sed 's/^ *//' >/tmp/texts
}
at() {
	grep -F "$1" /tmp/texts |
		while IFS= read -r line; do
			# What is printable before it may be the end of another block.
			before=${line#* } before=${before%%"$1"*}
			echo $(((${line%% *} + ${#before}) / 4096 * 4096))
		done | sort -nu
}
flip() {
	line=$(dmsetup table root_dif) journal=${line#*journal_sectors:}
	journal=${journal%% *}
	for at; do
		sector=$((at / 512))
		area=$((sector / 32768)) first=$((32768 + 8 + journal + 256))
		sector=$((first + area * (32768 + 256) + sector % 32768))
		printf 'altered by a test' |
			dd of=/tmp/disk bs=512 seek=$sector conv=notrunc 2>/dev/null
	done
}
# A package manager that knows one file.
printf '#!/bin/sh\n[ "$2" = "/mnt/bin/a file" ] && echo "mine: $2"\n' >/usr/bin/dpkg-query
chmod 755 /usr/bin/dpkg-query
: >/usr/bin/apt
"""
# Without a journal of dm-integrity, which a sector is read from while it is there.
DIRECTLY = "printf intact | cryptsetup open --key-file - --integrity-no-journal /dev/loop0 root\n"
NO_PACKAGES = "rm -f /usr/bin/dpkg-query /usr/bin/apt; "
# Two bursts, so that the journal's first blocks, which are written again, are not looked for.
FILL = r"""
mkdir -p /mnt/bin
for what in file gone free hostile; do
	yes "text of the $what" | head -c 20000 >/mnt/bin/$what
done
mv /mnt/bin/file '/mnt/bin/a file'
mv /mnt/bin/hostile "$(printf '/mnt/bin/two\n  sector lines\033[2J')"
i=0
while [ $i -lt 300 ]; do : >/mnt/filler-$i; i=$((i + 1)); done
sync
mkdir /mnt/folder-name
i=0
while [ $i -lt 60 ]; do : >/mnt/folder-name/entry-in-the-folder-$i; i=$((i + 1)); done
ln -s text-of-the-link /mnt/link
sync
rm /mnt/bin/free
sync
"""
ALTER = r"""
exec 9</mnt/bin/gone
rm /mnt/bin/gone
sync
find_texts
flip $(at "text of the file" | head -n 1) $(at "text of the hostile" | head -n 1) \
	$(at "text of the free" | head -n 1) $(at "text of the gone" | head -n 1)
"""
NAMED = (r"^    /mnt/bin/a file, from byte 0 on: package mine: apt install --reinstall mine$",
         r"^    /mnt/bin/two\?  sector lines\?\[2J, from byte 0 on: restore it from a backup$",
         r"^    a deleted file that is still open", r"^    free space: no data is lost$")
# A file that is written anew is good; programs are told as much.
ANEW = ("dd if=/dev/zero of='/mnt/bin/a file' bs=4096 count=1 conv=notrunc 2>/dev/null && sync && "
        "intact scrub --status root | grep '^    can be read again' && "
        "! intact scrub --status root | grep 'a file, from'; code=$?; " + NO_PACKAGES +
        "exit $code")
EXT4 = ("/usr/sbin/mke2fs -q -F -b 4096 -I 256 -N 1024 -j -O {}extent,flex_bg,metadata_csum,"
        "dir_index {} && mount -t ext4 {} /mnt\n")

# Logical volumes of which one has two pieces; every block of a file holds its number.
LVM = TOOLS + DIRECTLY + r"""
{
	lvm pvcreate -ff -y /dev/mapper/root
	lvm vgcreate -s 1m system /dev/mapper/root
	lvm lvcreate -y -Zn -L 8M -n files system
	lvm lvcreate -y -Zn -L 4M -n swap system
	lvm lvcreate -y -Zn -L 2M -n unused system
	lvm lvextend -L 20M system/files
	lvm vgmknodes
} >/tmp/lvm 2>&1
""" + EXT4.format("^has_journal,", "/dev/system/files", "/dev/system/files").replace(
    " -j ", " ") + r"""
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "block %-4089d\n", i }' >/mnt/file
umount /mnt
printf 'text of the swap' | dd of=/dev/system/swap bs=4096 seek=16 conv=notrunc 2>/dev/null
printf 'text of nothing' | dd of=/dev/system/unused bs=4096 seek=16 conv=notrunc 2>/dev/null
last=$(($(blockdev --getsize64 /dev/mapper/root) / 4096 - 3))
printf 'text of no one' | dd of=/dev/mapper/root bs=4096 seek=$last conv=notrunc 2>/dev/null
mkswap /dev/system/swap >/dev/null
sync
find_texts
flip $(at "block 100 ") $(at "block 2900 ") $(at "text of the swap") $(at "text of nothing") \
	$((last * 4096))
swapon /dev/system/swap
mount -t ext4 /dev/system/files /mnt
"""
BTRFS = TOOLS + DIRECTLY + r"""
mkfs.btrfs -q -f -M /dev/mapper/root && mount -t btrfs /dev/mapper/root /mnt
btrfs -q subvolume create /mnt/@root
btrfs -q subvolume create /mnt/@other
: >/mnt/@other/entry-in-another-folder
umount /mnt
mount -t btrfs -o subvol=@root /dev/mapper/root /mnt
""" + FILL + r"""
umount /mnt
mount -t btrfs /dev/mapper/root /mnt
btrfs -q subvolume snapshot -r /mnt/@root /mnt/@snapshot
umount /mnt
mount -t btrfs -o subvol=@root /dev/mapper/root /mnt
yes "text of another" | head -c 20000 >/mnt/bin/in-no-snapshot
""" + ALTER + r"""
exec 9</mnt/bin/in-no-snapshot
rm /mnt/bin/in-no-snapshot
sync
flip $(at "text of another" | head -n 1) $(at entry-in-another-folder)
"""

# Bad blocks that a deleted file has left in free space, and one that a file has.
MOUNT = "umount /mnt; mount -t {} /dev/mapper/root /mnt\n"
HURT = r"""
find_texts
flip $(at "text of the free") $(at "text of the file" | head -n 1)
cp /mnt/bin/gone /tmp/before
"""
ON_EXT4 = (TOOLS + DIRECTLY + EXT4.format("", "/dev/mapper/root", "/dev/mapper/root") +
           "dd if=/dev/zero of=/mnt/swap bs=4096 count=16 2>/dev/null\n" + FILL +
           MOUNT.format("ext4") + HURT)
ON_XFS = (TOOLS + DIRECTLY + "export TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1\n"
          "/lab/xfs/mkfs.xfs -q -f -m rmapbt=1 /dev/mapper/root && "
          "mount -t xfs /dev/mapper/root /mnt\n" + FILL + MOUNT.format("xfs") + HURT)
# Hundreds of bad blocks, and a writer that fills and removes files; what it leaves is kept in mind.
# Where a freeze takes too long for once, it is tried again.
BUSY = r"""
yes "text of the free" | head -c 1000000 >/mnt/more
sync
find_texts
flip $(at "text of the free")
rm /mnt/more
sync
"""
REWRITE_BUSY = r"""
(i=0
while ! [ -e /tmp/enough ]; do
	i=$((i + 1)) name=new-$((i % 10))
	head -c 150000 /dev/urandom >/mnt/$name
	(cd /mnt && md5sum $name) >/tmp/sum-$name
done) &
until intact scrub --anew --rewrite-free root >/tmp/out 2>&1
	cat /tmp/out
	grep '^root: .* can be read again, 4.0 kB stay bad' /tmp/out; do :; done
: >/tmp/enough
wait
"""
# A block for which every write takes a quarter of an hour, until that is ended; flushes do not.
SLOW = (TOOLS + "size=$(blockdev --getsz /dev/loop0)\n"
        "dmsetup create slow --table \"0 $size linear /dev/loop0 0\" && dmsetup mknodes slow\n" +
        DIRECTLY.replace("/dev/loop0", "/dev/mapper/slow") +
        EXT4.format("", "/dev/mapper/root", "/dev/mapper/root") + FILL + MOUNT.format("ext4") + r"""
find_texts
flip $(at "text of the free" | head -n 1)
end=$((size - sector - 8))
dmsetup suspend slow
printf '%s\n' "0 $sector linear /dev/loop0 0" \
	"$sector 8 delay /dev/loop0 $sector 0 /dev/loop0 $sector 900000 /dev/loop0 $sector 0" \
	"$((sector + 8)) $end linear /dev/loop0 $((sector + 8))" | dmsetup reload slow
dmsetup resume slow
""")
# A process that has got SIGKILL, and waits for the disk still.
KILLED = r"""
intact scrub --rewrite-free root &
pid=$!
until grep -qs '^S[a-z]*Pnd:.*[13579bdf]..$' /proc/[0-9]*/status; do usleep 100000; done
dmsetup suspend slow
dmsetup resume slow
wait $pid
"""
# On a logical volume with two pieces. Another mapping of one of the bad blocks prevents it.
REWRITE_LVM = r"""
intact scrub root >/tmp/out 2>&1
at=$(sed -n '/^    free space/{g;p;};s/^  sector \([0-9]*\) .*/\1/;h' /tmp/out | head -n 1)
dmsetup create other --table "0 8 linear /dev/mapper/root $at" || exit 1
intact scrub --rewrite-free root
dmsetup remove other
intact scrub --rewrite-free root
"""
REFUSED = r"""
mkswap /mnt/swap >/dev/null && chmod 600 /mnt/swap && swapon /mnt/swap || exit 1
intact scrub --rewrite-free root
swapoff /mnt/swap
mount -o remount,ro /mnt || exit 1
intact scrub --rewrite-free root
"""

# Nothing but the one block of the file is bad afterwards, and the file system works.
REWRITTEN = (r"echo after >/mnt/after && sync && cmp /tmp/before /mnt/bin/gone && "
             "intact scrub --status root >/tmp/listed; cat /tmp/listed; "
             "grep '^    /mnt/bin/a file, from byte 0' /tmp/listed && "
             "! grep '^    free space' /tmp/listed && "
             "grep 'last complete pass .*, 4.0 kB bad$' /tmp/listed && umount /mnt && {} && "
             "intact scrub --anew root 2>&1 | grep '4.0 kB of'; code=$?; " + NO_PACKAGES +
             "exit $code")

DIRECT: dict[str, Direct] = {
    "scrub/rewrite-ext4": row(
        "intact scrub --rewrite-free root", exit=8, seconds=300,
        shows=("^    free space: no data is lost$",
               r"^root: 20 kB can be read again, 4\.0 kB stay bad\.$"),
        hides=("stays as it is", "not all free"), setup=ON_EXT4,
        check=REWRITTEN.format("/usr/sbin/e2fsck -fn /dev/mapper/root")),
    "scrub/rewrite-xfs": row(
        "intact scrub --rewrite-free root", exit=8, seconds=300,
        shows=(r"^root: 20 kB can be read again, 4\.0 kB stay bad\.$",), setup=ON_XFS,
        check=REWRITTEN.format("true")),
    # Of what the last scrub has found; nothing is read but that.
    "scrub/rewrite-known": row(
        "intact scrub --status; intact scrub --json --rewrite-free root", exit=8, seconds=300,
        shows=("^intact scrub --rewrite-free root makes free space readable again",
               r'^\{"event":"rewritten","volume":"root","good":20480,"bad":4096\}$',
               r'^\{"event":"end","exit":8\}$'),
        hides=('"event":"progress"',), setup=f"{ON_EXT4}\nintact scrub root >/dev/null 2>&1",
        check=REWRITTEN.format("true")),
    "scrub/rewrite-lvm": row(
        REWRITE_LVM, exit=8, seconds=300,
        shows=("stays as it is: a snapshot or another mapping has the same place",
               r"^root: 0 B can be read again, 20 kB stay bad\.$",
               r"^root: 8\.1 kB can be read again, 12 kB stay bad\.$"),
        setup=LVM + "rm /mnt/file\nsync",
        check=f"{NO_PACKAGES} umount /mnt; swapoff /dev/system/swap && "
              "/usr/sbin/e2fsck -fn /dev/system/files && cat /dev/system/files >/dev/null"),
    "scrub/rewrite-busy": row(
        REWRITE_BUSY, seconds=600, shows=(r"can be read again, 4\.0 kB stay bad\.$",),
        setup=ON_EXT4 + BUSY,
        check="umount /mnt && mount -t ext4 /dev/mapper/root /mnt && cd /mnt && "
              "cat /tmp/sum-* | md5sum -c && cmp /tmp/before bin/gone && cd / && umount /mnt && "
              f"/usr/sbin/e2fsck -fn /dev/mapper/root; code=$?; {NO_PACKAGES} exit $code"),
    "scrub/rewrite-killed": row(
        KILLED, seconds=300, shows=(
            "took longer than 5 seconds, so that the file system was thawed",
            r"^root: 4\.0 kB can be read again, 0 B stay bad"), setup=SLOW,
        hides=("^intact scrub --rewrite-free",),
        check=": >/mnt/thawed && sync && umount /mnt && dmsetup remove root && "
              "dmsetup remove root_dif && dmsetup remove slow; code=$?; " + NO_PACKAGES +
              "exit $code"),
    "scrub/rewrite-refused": row(
        REFUSED, exit=8, seconds=300, shows=(
            "stays as it is: a swap file is on the file system",
            "stays as it is: the file system is mounted read-only",
            "^root: 0 B can be read again, 24 kB stay bad"), hides=("read again, 4",),
        setup=ON_EXT4, check=NO_PACKAGES),
    "scrub/rewrite-btrfs": row(
        "intact scrub --rewrite-free root", exit=8, seconds=300, shows=(
            "stays as it is: btrfs does not let its blocks be written from outside",),
        setup=BTRFS, check=NO_PACKAGES),
    "scrub/rewrite-and-status": row(
        "intact scrub --status --rewrite-free root", exit=1, shows=("--status changes nothing",)),
    "scrub/names-ext4": row(
        "intact scrub root", exit=8, seconds=300, shows=(
            *NAMED, "^    the folder /mnt/folder-name: ", "^    the journal of the file system",
            "^    metadata of the file system"),
        hides=(r"\033\[2J", "in use, but"),
        setup=TOOLS + DIRECTLY + EXT4.format("", "/dev/mapper/root", "/dev/mapper/root") + FILL +
        "umount /mnt; mount -t ext4 /dev/mapper/root /mnt\n" + ALTER +
        "flip $(at entry-in-the-folder-59) $(at text-of-the-link)", check=ANEW),
    "scrub/names-json": row(
        "intact scrub --json root", exit=8, seconds=300, shows=(
            r'^\{"event":"use","volume":"root","offset":\d+,"length":4096,"kind":"file",'
            r'"name":"/mnt/bin/a file","at":0,"package":"mine",'
            r'"remedy":"apt install --reinstall mine"\}$',
            r'"name":"/mnt/bin/two\?  sector lines\?\[2J","at":0\}$',
            r'"length":4096,"kind":"free"\}$', '"kind":"deleted","name":'),
        setup=TOOLS + DIRECTLY + EXT4.format("", "/dev/mapper/root", "/dev/mapper/root") + FILL +
        "umount /mnt; mount -t ext4 /dev/mapper/root /mnt\n" + ALTER, check=NO_PACKAGES),
    # Directories by their owner's number, which only reverse mapping has.
    "scrub/names-xfs": row(
        "intact scrub root", exit=8, seconds=300, shows=(
            *NAMED, "^    the folder /mnt/folder-name: ", "^    metadata of the file system"),
        hides=(r"\033\[2J", "in use, but"),
        setup=TOOLS + DIRECTLY + "export TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1\n"
        "/lab/xfs/mkfs.xfs -q -f -m rmapbt=1 /dev/mapper/root && "
        "mount -t xfs /dev/mapper/root /mnt\n" + FILL +
        "umount /mnt; mount -t xfs /dev/mapper/root /mnt\n" + ALTER +
        "flip $(at entry-in-the-folder-59) $(at text-of-the-link)", check=ANEW),
    "scrub/names-btrfs": row(
        "intact scrub root", exit=8, seconds=300, shows=(
            *NAMED,
            r"^    /@snapshot/bin/a file \(of a subvolume that is not mounted\), from byte 0 on",
            "^    metadata of the file system"),
        hides=(r"\033\[2J", "cannot be told"), setup=BTRFS, check=NO_PACKAGES),
    "scrub/names-lvm": row(
        "intact scrub root", exit=8, seconds=300, shows=(
            "^    /mnt/file, from byte 409600 on: ", "^    /mnt/file, from byte 11878400 on: ",
            "^    swap: ", "^    nothing uses this place now, but data may be lost",
            "^    no logical volume or partition has this place"),
        hides=("cannot be told",), setup=LVM,
        check=f"{NO_PACKAGES} umount /mnt; swapoff /dev/system/swap && "
              "intact scrub --status | grep -c 'nothing uses this place now' | grep -x 4 && "
              # What claims a device is not in sysfs in any case.
              "{ sleep 100 </dev/system/unused & } && pid=$! && intact scrub --status | "
              "grep 'cannot be told: a program has dm-[0-9]* open'; code=$?; kill $pid; "
              "exit $code"),
    # The result stands in the log before the names are looked up.
    "scrub/stopped-while-naming": row(
        "intact scrub root & pid=$!; until pidof sleep >/dev/null; do usleep 100000; done; "
        "kill -TERM $pid; wait $pid", exit=8,
        seconds=300, shows=("^intact: stopped while names were looked up",),
        setup=TOOLS + "printf '#!/bin/sh\nexec sleep 100\n' >/usr/bin/dpkg-query\n" + DIRECTLY +
        EXT4.format("", "/dev/mapper/root", "/dev/mapper/root") + FILL +
        "umount /mnt; mount -t ext4 /dev/mapper/root /mnt\n" + ALTER,
        check=f"killall sleep; {NO_PACKAGES}"
              "dmesg | grep 'root: .* are not what was written there' && "
              "intact scrub --status | grep 'last complete pass'"),
    # Metadata is bad: a look at the inodes would make the file system read-only.
    "scrub/names-dangerous": row(
        "intact scrub root && exit 1; grep ' /mnt ext4 rw' /proc/mounts", seconds=300, shows=(
            "^    metadata of the file system", "^    cannot be told: in use; but looking for"),
        hides=("a file, from",),
        setup=TOOLS + DIRECTLY + EXT4.format("", "/dev/mapper/root", "/dev/mapper/root") + FILL +
        "umount /mnt; mount -t ext4 -o errors=remount-ro /dev/mapper/root /mnt\n" + ALTER +
        "flip $(at text-of-the-link)", check=NO_PACKAGES),
    # A file below another mount, a swap file, and what is in no folder that is mounted.
    "scrub/names-hidden": row(
        "intact scrub root", exit=8, seconds=300, shows=(
            r"^    /mnt/bin/a file \(hidden: another file system is mounted over it\), from byte 0 "
            "on: restore it from a backup$",),
        setup=TOOLS + DIRECTLY + EXT4.format("", "/dev/mapper/root", "/dev/mapper/root") + FILL +
        "umount /mnt; mount -t ext4 /dev/mapper/root /mnt\n" + ALTER +
        "mount -t tmpfs none /mnt/bin && : >'/mnt/bin/a file'",
        check="umount /mnt/bin; mkdir /tmp/part && mount --bind /mnt/folder-name /tmp/part && "
              "exec 9<&- && umount -l /mnt && intact scrub --status >/tmp/listed; cat /tmp/listed; "
              "grep 'cannot be told: in use, but only a folder of the file system is mounted' "
              "/tmp/listed; code=$?; umount /tmp/part; rmdir /tmp/part; " + NO_PACKAGES +
              "exit $code"),
    # It writes nothing, and does not go through the page cache.
    "scrub/clean": row("intact scrub root", shows=(CLEAN,), hides=("sector",),
                       setup=f"{LOOP} && sync && md5sum </tmp/disk >/tmp/sum",
                       check='sync; [ "$(md5sum </tmp/disk)" = "$(cat /tmp/sum)" ] && '
                             "intact scrub --status | grep 'root: last complete pass .*, 0 B bad'"),
    # What the units of the two timers wait for is there just when there is something to do.
    "scrub/all": row("intact scrub", shows=(CLEAN,), check="ls /dev/mapper/*_dif"),
    "scrub/by-path": row("intact scrub /dev/mapper/root", shows=(CLEAN,)),
    "scrub/flipped": row("intact scrub root", "flip-fs", exit=8,
                         shows=("4.0 kB of .* are not what was written there",
                                r"^  sector \d+ +4096 bytes  the integrity tag does not match",
                                "^    nothing uses this place now"),
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
    "scrub/none-open": row("intact scrub", setup=":", exit=4, check="! ls /dev/mapper/*_dif",
                           shows=("no open volume has integrity protection",)),
    # As on a machine with a data disk on dm-integrity, and no volume of ours.
    "scrub/timers-without-volume": row(
        f"{unit('scrub')} && {unit('status')} && {{ intact scrub; [ $? = 4 ]; }} && "
        "{ intact status; [ $? = 4 ]; }", setup=BARE, hides=("^root",), check="dmsetup info data"),
    "scrub/timers": row(f"{unit('scrub')} || exit 1; {SEEN} {unit('status')}", check=UNSEEN,
                        shows=(CLEAN, "^Volume: *root$")),
    # Whoever may not read what scrubs found is not told that there were none.
    "scrub/not-root": row(
        "su nobody -c '/lab/bin/intact scrub --status root'", exit=1,
        setup=f"grep -q nobody /etc/passwd || echo nobody:x:65534:65534::/:/bin/sh >>/etc/passwd; "
              f"{LOOP}", shows=("only root can read disks and what scrubs found",),
        hides=("never scrubbed",)),
    "scrub/damaged-state": row(
        "intact scrub root >/dev/null && for file in /var/lib/intact/scrub/*; do echo x >$file; "
        "done; intact scrub --status root",
        shows=("warning: what earlier scrubs of root found is lost: the file in "
               "/var/lib/intact/scrub is damaged",)),
    "scrub/never": row("intact scrub --status", shows=("^root: never scrubbed",)),
    "status/good": row(
        f"{SEEN} intact status", check=UNSEEN,
        shows=("^Volume: *root$", "^Cipher: *aes-xts-plain64", "^Tags by: *journal$",
               r"^Driver: *authenc\(hmac\(sha256-", "^Errors: *none",
               "^note: it was never read completely"), hides=("Audit log",)),
    # The kernel gives a mapping the number of one that was closed.
    "status/number-of-another": row(
        f"intact scrub root >/dev/null 2>&1; {UNSEEN}; {STATE} intact status | "
        f"grep '^Errors: *at least' && {SEEN} intact status", "flip-fs", check=UNSEEN,
        shows=("^Errors: *none",)),
    "status/bad": row(
        "intact scrub root >/dev/null 2>&1; intact status root", "flip-fs", exit=8,
        shows=("^error: the last scrub found 4096 bytes",
               "^error: the kernel reported at least [0-9]+ integrity error")),
    # The record is one of this boot and of this volume; the others are not.
    "status/audit-log": row(
        "mkdir -p /var/log/audit; now=$(date +%s); dev=$(dmsetup info -c --noheadings --separator "
        ": -o major,minor root); for line in $((now - 900000)).000:1/$dev $now.000:2/9:9 "
        "$now.000:3/$dev; do echo \"type=UNKNOWN[1339] msg=audit(${line%/*}): module=crypt "
        "op=integrity-aead dev=${line#*/} sector=8 res=0\"; done >/var/log/audit/audit.log; "
        "intact status; code=$?; rm -r /var/log/audit; exit $code", exit=8,
        shows=("^Audit log: *at least 1 integrity error since it was opened",
               "^error: the audit log has at least 1 integrity error since")),
    # Both copies of the header are gone, and what a program reads is JSON all the same.
    "status/json-no-header": row(
        "intact status --json >/tmp/said; code=$?; tr -d '\\n' </tmp/said; echo; exit $code",
        exit=4, shows=(r'\[ *\{  "volume": "root",  "error": "its header cannot be read"\} *\]',
               "root has a header that cannot be read"),
        setup=f"{LOOP}; dd if=/dev/zero of=/dev/loop0 bs=1M count=16 conv=notrunc 2>/dev/null; "
              "sync"),
    "status/none-open": row("intact status", setup=":", exit=4,
                            shows=("no volume with integrity protection is open",)),
    # The first volume has bad sectors, and the person stops the second one.
    "scrub/stopped-after-bad": row(
        "intact scrub --rate 4M & pid=$!; until intact scrub --status second | "
        "grep -q '^second: running'; do usleep 50000; done; kill -TERM $pid; wait $pid",
        "flip-fs", exit=8, seconds=120, shows=("of .* are not what was written there",),
        setup=f"{LOOP}; {SECOND}"),
    "scrub/bad-rate": row("intact scrub --rate fast root", exit=1, shows=("--rate takes 1M",)),
    "scrub/two-at-once": row(
        "intact scrub --rate 1M root >/dev/null & pid=$!; until intact scrub --status | "
        "grep -q running; do usleep 50000; done; intact scrub root; code=$?; kill -TERM $pid; "
        "wait $pid; exit $code", exit=5, shows=(r"process \d+ scrubs root already",)),
    "scrub/stopped": row(
        "intact scrub --rate 2M root & pid=$!; sleep 2; kill -TERM $pid; wait $pid; "
        "[ $? = 130 ] || exit 1; intact scrub --status; intact scrub root",
        shows=("^Stopped at .* %, 0 B bad so far; intact scrub root goes on", "^root: stopped at",
               CLEAN),
        check="intact scrub --status | grep 'last complete pass'"),
    # The command that it prints is pasted.
    "scrub/stopped-odd-name": row(
        "{ intact scrub --rate 2M '#root' >/tmp/said & } && pid=$!; "
        "until intact scrub --status '#root' | grep -q running; do usleep 50000; done; "
        "kill -TERM $pid; wait $pid; [ $? = 130 ] || exit 1; cat /tmp/said; "
        "command=$(sed -n 's/^Stopped at .* so far; \\(.*\\) goes on from there.$/\\1/p' "
        '/tmp/said); eval "$command"', setup=f"{ODD}; {SECOND}", hides=("^second",),
        shows=("; intact scrub '#root' goes on", "^#root: all .* are what was written there")),
}

# Rows that need mkfs.xfs.
XFS = {"scrub/names-xfs", "scrub/rewrite-xfs"}


def files() -> dict[str, Path | bytes]:
    """mkfs.xfs, as it goes into the guest."""
    return debs.mkfs_xfs()
