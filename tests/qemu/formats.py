# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of `intact format` on loop devices in the lab guest; direct.py explains the rows."""

from lib.disks import ROOT_UUID

from .direct import PROMPT, TAB, Direct

FAST = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000"
FORMAT = f"intact format --batch --key-file /tmp/key {FAST}"
RESUME = "intact format --resume --key-file /tmp/key"
DISK = "printf intact >/tmp/key; rm -f /tmp/disk; truncate -s 90M /tmp/disk; " \
       "losetup /dev/loop0 /tmp/disk"
OPEN = "cryptsetup open --key-file /tmp/key {} root"
# All of it can be read, and is zero.
ZEROS = ('cmp -n "$(blockdev --getsize64 /dev/mapper/root)" /dev/zero /dev/mapper/root && '
         'dd if=/dev/mapper/root of=/dev/null bs=1M iflag=direct 2>/dev/null')
UNTOUCHED = "cmp -n 94371840 /dev/zero /tmp/disk"
# Each write waits, so that a format can be stopped on its way.
SLOW = (f'{DISK}; modprobe -q dm-delay; dmsetup create sick --table '
        '"0 $(blockdev --getsz /dev/loop0) delay /dev/loop0 0 0 /dev/loop0 0 400"; '
        'dmsetup mknodes sick')
BEGUN = ('until ! kill -0 $pid || '
         '{ [ "$(dd if=/tmp/disk bs=1 skip=16777216 count=7 2>/dev/null)" = intwipe ] && '
         'cryptsetup isLuks /tmp/disk; }; do usleep 50000; done; ')


# A format of /dev/mapper/sick has begun as $pid: it is killed and resumed at moments that nothing
# fixes, and has the bytes of the other disk in the end.
KILLED_OFTEN = f"""{BEGUN} kill -KILL $pid; wait $pid
n=0 hits=0
while [ $n -lt 20 ]; do
	{RESUME} /dev/mapper/sick >/dev/null 2>&1 & pid=$!
	usleep $((100000 + n * 370000 % 900000))
	kill -KILL $pid 2>/dev/null && hits=$((hits + 1))
	wait $pid
	n=$((n + 1))
done
echo "killed $hits times"
{RESUME} /dev/mapper/sick || [ $? = 5 ] || exit 1
sync; cmp /tmp/disk /tmp/other 16777216 16777216"""
def stop(signal: str, options: str = "") -> str:
    return (f"{FORMAT} {options} /dev/mapper/sick >/dev/null & pid=$!; {BEGUN} "
            f"kill -{signal} $pid; wait $pid; ")


# A disk whose format was killed, without what slows it down.
KILLED = f"{SLOW}; {stop('KILL', f'--uuid {ROOT_UUID}')} dmsetup remove sick"
UNFINISHED = "the format of this disk is not finished"


def held(after: str) -> str:
    """A format, whose first mapping after this another program opens until the format ends."""
    return (f"{FORMAT} /dev/mapper/sick & pid=$! n=; {after}; "
            "until [ \"$n\" ] || ! kill -0 $pid; do for folder in /sys/block/dm-*; do "
            "read -r name <$folder/dm/name; case $name in "
            "intact-format-*_dif) n=$(basename $folder);; esac; done; done 2>/dev/null; "
            "(exec 9</dev/$n && echo held; while kill -0 $pid; do sleep 1; done) 2>/dev/null & "
            "wait $pid; code=$?; wait; exit $code")


# What the other program had open is gone after it.
CLEAN = "wait_for '! dmsetup ls | grep intact-format' && dmsetup remove sick"
# Each read waits.
SLOWLY_READ = SLOW.replace("/dev/loop0 0 0 /dev/loop0 0 400", "/dev/loop0 0 150 /dev/loop0 0 0")
MAGIC = "dd if=/tmp/disk bs=1 skip=16777216 count=7 2>/dev/null | grep -q integrt"


def row(run: str, **more) -> Direct:
    usual = {"disk": "", "crypttab": "", "setup": DISK, "dialogue": ()}
    return Direct(**{**usual, "run": run, **more})


def busy(setup: str, *shows: str, after: str = ":") -> Direct:
    """Refused, although --batch is given, and nothing is written."""
    return row(f"{FORMAT} /dev/loop0", exit=5, shows=shows,
               setup=f"{DISK}; {setup}; sync; md5sum </tmp/disk >/tmp/sum",
               check=f'sync; [ "$(md5sum </tmp/disk)" = "$(cat /tmp/sum)" ]; code=$?; {after}; '
                     "exit $code")


def refused(run: str, code: int, *shows: str, setup: str = DISK, check: str = UNTOUCHED) -> Direct:
    return row(run, exit=code, shows=shows, setup=setup, check=check)


def same_as_kernel(options: str, key: int, size: str = "60M") -> Direct:
    """What is on the disk after luksFormat, and after ours with the same volume key, from the
    superblock on; and what both headers say of the data."""
    segment = "cryptsetup luksDump /dev/loop0 | sed -n -e '/^Data seg/,/^Keyslots/p' " \
              "-e '/^Digests/,/Salt/p' -e '/Cipher/p;/AF /p;/Area/p' | grep -v -e Salt -e Iter"
    return row(
        f"{FORMAT} --volume-key-file /tmp/vk {options} /dev/loop0 && {segment} >/tmp/ours && sync "
        "&& cp /tmp/disk /tmp/other && dd if=/dev/zero of=/dev/loop0 bs=1M 2>/dev/null; "
        f"cryptsetup luksFormat -q --type luks2 --key-file /tmp/key {FAST} --volume-key-file "
        f"/tmp/vk {options} /dev/loop0 2>/dev/null && {segment} >/tmp/theirs && sync && "
        "cmp /tmp/disk /tmp/other 16777216 16777216 && diff -u /tmp/theirs /tmp/ours",
        setup=f"printf intact >/tmp/key; truncate -s {size} /tmp/disk; "
              f"losetup /dev/loop0 /tmp/disk; dd if=/dev/urandom of=/tmp/vk bs={key} count=1 "
              "2>/dev/null", seconds=90)


# Other rows have read altered disks in the same guest.
QUIETLY = "dmesg -c >/dev/null"

GCM_READ = (f"{QUIETLY} && {OPEN.format('/dev/loop0')} && {ZEROS} && ! dmesg | grep 'AEAD ERROR' "
            "&& dmsetup table root | grep -F 'capi:gcm(aes)-random'")

DIRECT: dict[str, Direct] = {
    "format/new": row(f"{FORMAT} /dev/loop0", seconds=90,
                      shows=("^Done. Next: *cryptsetup open /dev/loop0 root",
                             "100 %  76 MB of 76 MB"),
                      hides=("intact: (error|warning)",),
                      check=f"{QUIETLY} && {OPEN.format('/dev/loop0')} && {ZEROS} && "
                            "! dmesg | grep 'AEAD ERROR'"),
    "format/random-iv": row(f"{FORMAT} --cipher aes-xts-random /dev/loop0", seconds=90,
                            check=f"{QUIETLY} && {OPEN.format('/dev/loop0')} && {ZEROS} && "
                                  "! dmesg | grep 'AEAD ERROR'"),
    "format/gcm": row(f"{FORMAT} --cipher aes-gcm-random /dev/loop0", seconds=90,
                      hides=("by the kernel",), check=GCM_READ),
    "format/gcm-128-512": row(
        f"{FORMAT} --cipher aes-gcm-random --key-size 128 --sector-size 512 /dev/loop0", seconds=90,
        hides=("by the kernel",), check=GCM_READ),
    # One way writes, and the other one reads what was written.
    "format/gcm-through": row(
        f"{FORMAT} --cipher aes-gcm-random --through-kernel /dev/loop0", seconds=120,
        shows=("every sector once, through the kernel", "^Read back: "), check=GCM_READ),
    # Opened by ours, with a file system in it.
    "format/unlock": row(
        f"{FORMAT} --uuid {ROOT_UUID} /dev/loop0 && {OPEN.format('/dev/loop0')} && "
        "mke2fs -q /dev/mapper/root && cryptsetup close root && "
        "intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline", crypttab=TAB,
        dialogue=((PROMPT, b"intact\n"),), seconds=90,
        check="dmsetup table root | grep -q integrity && "
              "e2fsck -fn /dev/mapper/root"),
    "format/asks": row(
        f"intact format {FAST} --label mine /dev/loop0", seconds=90,
        dialogue=(("Type YES in capitals: ", b"YES\n"),
                  ("New passphrase for /dev/loop0: ", b"other\n"), ("Again: ", b"intact\n"),
                  ("New passphrase for /dev/loop0: ", b"intact\n"), ("Again: ", b"intact\n")),
        shows=("two different passphrases",),
        check=f"{OPEN.format('/dev/loop0')} && "
              "cryptsetup luksDump /dev/loop0 | grep 'Label:.*mine'"),
    # A whole disk with a partition and a file system in it.
    "format/partitions": row(
        f"intact format {FAST} /dev/loop0", exit=1,
        dialogue=(("Type YES in capitals: ", b"no\n"),),
        shows=("^ +partition loop0p1, 62 MB, on it: ext2",),
        setup=f"{DISK}; losetup -d /dev/loop0; "
              "printf '\\0\\0\\0\\0\\203\\0\\0\\0\\0\\10\\0\\0\\0\\340\\1\\0' | "
              "dd of=/tmp/disk bs=1 seek=446 conv=notrunc 2>/dev/null; printf '\\125\\252' | "
              "dd of=/tmp/disk bs=1 seek=510 conv=notrunc 2>/dev/null; "
              "losetup -P /dev/loop0 /tmp/disk; wait_for '[ -b /dev/loop0p1 ]' && "
              "mke2fs -q /dev/loop0p1"),
    "format/not-confirmed": row(f"intact format {FAST} /dev/loop0", exit=1, check=UNTOUCHED,
                                dialogue=(("Type YES in capitals: ", b"yes\n"),),
                                shows=("not confirmed: nothing was written",)),
    "format/json": row(
        f"{FORMAT} --json /dev/loop0", seconds=90, hides=("^Will be",),
        shows=(r'^\{"event":"progress","done":\d+,"total":\d+,"rate":\d+\}$',
               r'^\{"event":"end","exit":0\}$')),
    "format/json-error": refused(
        f"{FORMAT} --json /dev/zero", 4,
        r'^\{"event":"error","text":"/dev/zero is not a block device"\}$',
        r'^\{"event":"end","exit":4\}$'),

    # In use, in every way.
    "format/mounted": busy("mke2fs -q /dev/loop0; mount -o ro /dev/loop0 /mnt",
                           "/dev/loop0 is in use: it is mounted at /mnt; nothing was written",
                           after="umount /mnt"),
    "format/swap": busy("mkswap /dev/loop0 >/dev/null; swapon /dev/loop0", "the system swaps on it",
                        after="swapoff /dev/loop0"),
    "format/mapped": busy("dmsetup create above --table '0 8 linear /dev/loop0 2048'",
                          "in use: above uses it"),
    "format/volume-open": busy(
        f"cryptsetup luksFormat -q {FAST} --key-file /tmp/key /dev/loop0 && "
        f"{OPEN.format('/dev/loop0')}", "in use: root uses it"),
    "format/lvm": busy("lvm pvcreate -q /dev/loop0 >/dev/null 2>&1",
                       r"a part of something else \(LVM2_member\)", "wipefs -a /dev/loop0"),
    "format/image-attached": row(f"{FORMAT} --image /tmp/disk", exit=5,
                                 shows=("a loop device shows it",), check=UNTOUCHED),

    # Not what it should be.
    "format/absent": refused(f"{FORMAT} /dev/nowhere", 4, "/dev/nowhere: No such file"),
    "format/file": refused(f"{FORMAT} /tmp/disk", 4, "is not a block device; --image formats"),
    "format/read-only": refused(f"{FORMAT} /dev/loop0", 4, "read-only",
                                setup=f"{DISK}; blockdev --setro /dev/loop0",
                                check=f"{UNTOUCHED}; code=$?; blockdev --setrw /dev/loop0; "
                                      "exit $code"),
    "format/too-small": row(
        f"{FORMAT} /dev/loop0", exit=4, shows=("needs 32 MiB at least",),
        setup="printf intact >/tmp/key; truncate -s 31M /tmp/disk; losetup /dev/loop0 /tmp/disk"),
    "format/key-size": refused(f"{FORMAT} --key-size 320 /dev/loop0", 1,
                               "takes a key of 256 or 384 or 512 bits, not 320"),
    "format/empty-key": refused(f": >/tmp/key; {FORMAT} /dev/loop0", 1,
                                "the key file /tmp/key is empty, and would protect nothing"),
    "format/no-terminal": refused(f"intact format {FAST} --terminal /nowhere /dev/loop0", 1,
                                  "there is no terminal to ask on"),
    # Neither modules nor what loads them by itself.
    "format/kernel": refused(
        f"{FORMAT} /dev/loop0", 1, "this kernel has no dm-", "nothing was written",
        setup=f"{DISK}; rmmod dm_integrity dm_crypt; mount -t tmpfs none /lib/modules",
        check=f"{UNTOUCHED}; code=$?; umount /lib/modules; modprobe dm_integrity; "
              "modprobe dm_crypt; exit $code"),
    # A disk of an odd size, and one with sectors of 4096 bytes.
    "format/odd-size": row(
        f"{FORMAT} /dev/loop0", seconds=90, shows=("the last 1024 bytes stay unused",),
        setup=f"{DISK}; losetup -d /dev/loop0; truncate -s 94372864 /tmp/disk; "
              "losetup /dev/loop0 /tmp/disk", check=f"{OPEN.format('/dev/loop0')} && {ZEROS}"),
    # One sector in the middle, which fails each time.
    "format/write-error": row(
        f"{FORMAT} /dev/mapper/sick", exit=1, seconds=90,
        shows=(r"cannot be written at sector 100000 \(tried 3 times\): the disk is failing",
               "^    intact format --resume /dev/mapper/sick"),
        setup=f"{DISK}; printf '%s\\n' '0 100000 linear /dev/loop0 0' '100000 8 error' "
              "'100008 84312 linear /dev/loop0 100008' | dmsetup create sick; dmsetup mknodes sick",
        check="! cryptsetup open --key-file /tmp/key /dev/mapper/sick root"),
    # One that has lost a block at the end, which is always read back: --resume trusts nothing.
    "format/read-back": row(
        f"{FORMAT} /dev/mapper/sick", exit=8, seconds=90,
        shows=(r"does not return what was written \(from sector 18[0-9]{4} on\)",
               "^Stopped at 0 %", "^    intact format --resume /dev/mapper/sick"),
        setup=f"{DISK}; modprobe -q dm-zero; printf '%s\\n' '0 184000 linear /dev/loop0 0' "
              "'184000 8 zero' '184008 312 linear /dev/loop0 184008' | dmsetup create sick; "
              "dmsetup mknodes sick",
        check=f"dmsetup remove sick && {RESUME} /dev/loop0 >/dev/null && "
              f"{OPEN.format('/dev/loop0')} && {ZEROS}"),
    # Another program has it, when the kernel has read the first area, or all is finished.
    "format/taken": row(
        held(":"), setup=SLOWLY_READ, exit=5, seconds=120,
        shows=("^held", "another program has taken /dev/mapper/sick: nothing can be opened"),
        check=f"{CLEAN} && {MAGIC} && ! cryptsetup isLuks /tmp/disk"),
    "format/taken-at-the-end": row(
        held("until cryptsetup isLuks /tmp/disk; do kill -0 $pid || break; done"),
        setup=SLOWLY_READ, seconds=120,
        shows=("^held", "^Done. Next:"),
        check=f"{CLEAN} && {OPEN.format('/dev/loop0')} && {ZEROS}"),

    # Stopped and resumed.
    "format/stopped": row(
        f"{stop('TERM')} code=$?; intact format --resume --key-file /tmp/key "
        "/dev/mapper/sick >/dev/null; dmsetup remove sick; exit $code", setup=SLOW, exit=130,
        seconds=120, check=f"{OPEN.format('/dev/loop0')} && {ZEROS}"),
    "format/unfinished": row(
        "intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline", crypttab=TAB, setup=KILLED,
        exit=4, seconds=90, shows=(UNFINISHED, "go on with: intact format --resume /dev/loop0"),
        check="! cryptsetup open --key-file /tmp/key /dev/loop0 root"),
    "format/resumed": row(f"{RESUME} /dev/loop0", setup=KILLED, seconds=120,
                          shows=(rf"% done, LUKS2 UUID {ROOT_UUID}$",),
                          check=f"{OPEN.format('/dev/loop0')} && {ZEROS}"),
    # The same bytes as without a break, after kills at moments that nothing fixes.
    "format/killed-often": row(
        f"""{FORMAT} --volume-key-file /tmp/vk /dev/loop1 >/dev/null
{FORMAT} --volume-key-file /tmp/vk /dev/mapper/sick >/dev/null & pid=$!
{KILLED_OFTEN}""",
        setup=SLOW.replace("0 400", "0 60") +
        "; truncate -s 90M /tmp/other; losetup /dev/loop1 /tmp/other; "
        "dd if=/dev/urandom of=/tmp/vk bs=96 count=1 2>/dev/null", seconds=240,
        shows=("killed [1-9][0-9]* times",),
        check=OPEN.format("/dev/mapper/sick") + "; code=$?; dmsetup remove -f root; exit $code"),
    "format/resume-wrong-key": row(f"printf other >/tmp/key; {RESUME} /dev/loop0", setup=KILLED,
                                   exit=2, seconds=90, shows=("opens no keyslot",)),
    "format/resume-other-size": row(
        f"{RESUME} /dev/loop0", exit=7, seconds=90, shows=("the size of /dev/loop0 has changed",),
        setup=f"{KILLED}; losetup -d /dev/loop0; truncate -s 100M /tmp/disk; "
              "losetup /dev/loop0 /tmp/disk"),
    "format/resume-forged": row(
        f"{RESUME} /dev/loop0", exit=7, seconds=90, shows=("is not genuine",),
        # 2 areas more
        setup=f"{KILLED}; printf '\\4' | dd of=/dev/loop0 bs=1 seek=16777232 2>/dev/null"),
    "format/resume-other-header": row(
        f"{RESUME} /dev/loop0", exit=7, seconds=90, shows=("is not genuine",),
        setup=f"{KILLED}; truncate -s 90M /tmp/other; {FORMAT} --image /tmp/other >/dev/null; "
              "dd if=/tmp/other of=/dev/loop0 bs=1M count=16 2>/dev/null"),
    "format/resume-no-header": row(
        f"{RESUME} /dev/loop0", exit=4, seconds=90, shows=("cannot be resumed. Format anew",),
        setup=f"{KILLED}; dd if=/dev/zero of=/dev/loop0 bs=1M count=16 2>/dev/null"),
    "format/resume-nothing": refused(f"{RESUME} /dev/loop0", 4, "no record of an unfinished"),
    "format/resume-finished": row(f"{FORMAT} /dev/loop0 && {RESUME} /dev/loop0", exit=5,
                                  seconds=90, shows=("there is nothing to resume",)),

    # Files, without device-mapper.
    "format/image": row(
        f"{FORMAT} --image /tmp/disk", seconds=90, setup=f"{DISK}; losetup -d /dev/loop0",
        check=f"losetup /dev/loop0 /tmp/disk; {OPEN.format('/dev/loop0')} && {ZEROS}"),
    "format/image-gcm": row(
        f"{FORMAT} --cipher aes-gcm-random --image /tmp/disk", seconds=90,
        setup=f"{DISK}; losetup -d /dev/loop0", check=f"losetup /dev/loop0 /tmp/disk; {GCM_READ}"),
    # What is printed does not go to the file that gets the number of a closed one.
    "format/closed-output": row(
        f"{FORMAT} --image /tmp/disk >&-", seconds=90,
        setup=f"{DISK}; losetup -d /dev/loop0",
        check="[ $(head -c 4 /tmp/disk) = LUKS ] && ! grep -q 'Read back' /tmp/disk"),
    "format/image-no-space": row(
        f"{FORMAT} --image /mnt/image", exit=1, seconds=90,
        shows=("there is no space for the content of /mnt/image",),
        setup="printf intact >/tmp/key; mount -t tmpfs -o size=40M none /mnt; "
              "truncate -s 90M /mnt/image", check="umount /mnt"),

    "format/same/sha256-4096": same_as_kernel("--integrity hmac-sha256 --sector-size 4096", 96),
    "format/same/sha256-512": same_as_kernel("--integrity hmac-sha256 --sector-size 512", 96),
    "format/same/sha512-2048": same_as_kernel("--integrity hmac-sha512 --sector-size 2048", 128),
    "format/same/sha1-1024": same_as_kernel("--integrity hmac-sha1 --sector-size 1024", 84),
    "format/same/odd-size": same_as_kernel("--integrity hmac-sha256 --sector-size 512", 96,
                                           "50332160"),
}
