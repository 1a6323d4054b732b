# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases that run a program in the lab guest, many in one boot: cheap enough for every kind of bad
input.

A row: a name → disk, crypttab, arguments, what is typed at which prompt, exit code and texts. Each
gets a fresh copy of its disk as /dev/loop0 and is limited in time.
"""

import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lib import disks, kernels, lab, luks2, ours, questions
from lib.console import Console, Unexpected
from lib.disks import ROOT_UUID
from lib.patience import patient
from lib.paths import CACHE
from lib.proc import Failed

PROMPT = "Please unlock disk root: "
ANY_PROMPT = r"Please unlock disk \S+: "
TAB = (f"root UUID={ROOT_UUID} none "
       "luks,x-intact.integrity=hmac(sha256),x-systemd.device-timeout=3\n")


@dataclass(frozen=True)
class Direct:
    """One run of intact-unlock (or of `run`)."""
    disk: str = "tiny"                       # "" for none
    crypttab: str = TAB
    cmdline: str = ""
    arguments: str = ""
    run: str = ""                            # instead of intact-unlock: a shell line
    setup: str = ""                          # shell, before
    check: str = ""                          # shell, after; must exit 0
    dialogue: tuple[tuple[str, bytes], ...] = ((PROMPT, b"intact\n"),)
    exit: int = 0
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    # questions at most; as many as the dialogue waits for, when not given
    asked: int | None = None
    seconds: int = 40                        # a safety net, as every time-out
    pin: str = ""                            # @PIN@ in crypttab: volume key of this, not of `disk`
    pinned_cmdline: str = ""                 # the same in cmdline


OPEN = ("dmsetup table root | grep -q integrity && dmsetup status root_dif >/dev/null && "
        "test -b /dev/mapper/root_dif && ! dmsetup info root_dif | grep -q DEFERRED")
CLOSED = "closed root && closed root_dif"
# What cryptroot, encrypt and dracut's crypt look at, and what they would do else.
NOT_OPENED = ("held root && test -b /dev/mapper/root && "
              "! dd if=/dev/mapper/root of=/dev/null count=1 2>/dev/null && "
              "! { printf intact | cryptsetup open --key-file - /dev/loop0 root; }")
# What udev makes of logical volumes as soon as their mapping is there: before it is judged.
STACKED = """printf intact | cryptsetup open --key-file - /dev/loop0 root
stack() { DM_DISABLE_UDEV=1 dmsetup create "$1" --table "0 400 linear /dev/mapper/$2"; }
stack above "root 0" && stack higher "above 0" && stack beside "root 800" && : >/tmp/stacked
"""
NO_MULTIPATH = "rm -rf /etc/initrd-release /run/udev/data/b7:0 /usr/sbin/multipath /tmp/calls"
# multipath was asked for as long as it was not sure.
CALLED = f"n=$(wc -l </tmp/calls); {NO_MULTIPATH}; [ $n -ge 4 ]"
# Tells if the disk was opened while multipath was not sure: what is open now may be open since a
# moment ago, so the calls are counted last.
WATCHED = ("(for i in $(seq 150); do opened=; ! dmsetup info root_dif >/dev/null 2>&1 || opened=1; "
           "[ \"$(cat /tmp/calls 2>/dev/null | wc -l)\" -lt 4 ] || break; "
           "[ ! \"$opened\" ] || echo opened-before; usleep 200000; done) & "
           "intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline")
ECHO = "stty -a | grep -q ' echo '"
WRONG = ((PROMPT, b"x\n"), (PROMPT, b"y\n"), (PROMPT, b"z\n"))
REPAIRED = '[ "$(json 1)" = "$(json 5)" ]'
LOOP0 = TAB.replace(f"UUID={ROOT_UUID}", "/dev/loop0")
SHELL_HERE = ("mount -o ro /dev/mapper/root /mnt && test -x /mnt/sbin/init; code=$?; "
              "umount /mnt; exit $code")

RECOVERY = TAB.replace("luks,", "luks,x-intact.recovery,")
BAD_JOURNAL_TAB = RECOVERY.replace(f"UUID={ROOT_UUID}", "/dev/mapper/sick").replace("=3", "=60")
# The first sectors of dm-integrity's journal, behind its superblock, cannot be read.
BAD_JOURNAL = ("size=$(blockdev --getsz /dev/loop0); printf '%s\\n' '0 32776 linear /dev/loop0 0' "
               "'32776 64 error' \"32840 $((size - 32840)) linear /dev/loop0 32840\" | "
               "dmsetup create sick && dmsetup mknodes sick")
SICK_ENDS = "dmsetup remove root; dmsetup remove root_dif; dmsetup remove sick; true"

# All pins of "tiny".
PINNED = TAB.replace("luks,", "luks,x-intact.cipher=aes-xts-plain64,x-intact.sector-size=4096,"
                              "x-intact.key-size=96,x-intact.volume-key=@PIN@,")

# Headers of an attacker, and what is said of them.
NO_CIPHER = r"keyslot 0 encrypts its key with {} and {} key bytes"
HEADERS = {
    "clear_null_ecb": NO_CIPHER.format("null-ecb", 64),
    "clear_null_xts": NO_CIPHER.format("null-xts-plain64", 64),
    "clear_cipher_null": NO_CIPHER.format("cipher_null-ecb", 64),
    "area_key_of_a_byte": NO_CIPHER.format("serpent-cbc-plain64", 1),
    "key_of_a_byte": "a key of 1 bytes",
    "data_null": "asks for cipher_null-ecb-null",
    "data_ecb": "asks for aes-ecb-null",
    "pbkdf2_years": "keyslot 0 asks for a key derivation of more than 10 minutes",
    "argon2_years": "keyslot 0 asks for a key derivation of more than 10 minutes",
    "digest_years": "has no usable sha256 digest of its volume key",
    "other_stripes": "keyslot 0 stores its key in an unknown way",
    "other_kdf": "keyslot 0 uses an unknown key derivation",
    "long_salt": "keyslot 0 derives its key with a salt of",
    "loose_salt": "keyslot 0 derives its key with a salt of",
    "loose_digest": "has no usable sha256 digest of its volume key",
    "journal_mac": "asks for a journal that is encrypted or has a MAC",
    "other_iv": "counts the sectors of its data from 1 instead of 0",
    "fixed_size": "something else than one encrypted segment",
    "second_segment": "something else than one encrypted segment",
}

# A second volume, on another copy of "tiny".
BOTH = "".join(f"{name} /dev/loop{number} none "
               "luks,x-intact.integrity=hmac(sha256),x-systemd.device-timeout=120\n"
               for number, name in enumerate(("root", "second")))
# Later, so that the first is asked for first.
SECOND = ('(rm -f /tmp/disk2; wait_for "asked || dmsetup info root" && '
          'cp "$(disk tiny)" /tmp/disk2 && losetup /dev/loop1 /tmp/disk2) &')

# Works ahead; by then A holds its arguments.
ARGUMENTS = "A='--config /tmp/crypttab --cmdline /tmp/cmdline'"
TWICE = f"{ARGUMENTS}; intact-unlock $A --early"

RESCUE = "printf intact | cryptsetup open --key-file - /dev/loop0 rescue"
PATIENT = TAB.replace("timeout=3", "timeout=60")
ABOVE = "dmsetup create above --table '0 8 linear /dev/loop0 2048'"
# The array, two seconds later, of what is before the superblock.
ARRAY = ("(wait_for pidof intact-unlock; sleep 2; dmsetup create array --table "
         "\"0 $(($(blockdev --getsz /dev/loop0) - 128)) linear /dev/loop0 0\") &")
# What is made ahead is there, its table too.
DIF = "wait_for 'dmsetup table root_dif | grep integrity'"
# A program that opens the disk makes NAME_dif give way, but may be refused until it has.
BY_HAND = (f"(wait_for asked && {DIF} && wait_for 'printf intact | "
           "cryptsetup open --key-file - /dev/loop0 {}') &")
# The right disk, two seconds later.
DISK1 = ('(wait_for pidof intact-unlock; sleep 2; cp "$(disk tiny)" /tmp/disk2 && '
         'losetup /dev/loop1 /tmp/disk2) &')

LONGEST = "n" * 123

# The tool on the installed system. The image that is made is only the crypttab in it; the image of
# the last boot demanded another volume key.
PIN = r"""A='--config /tmp/crypttab --cmdline /tmp/cmdline'
mkdir -p /etc /usr/sbin /run/intact
mv /tmp/crypttab /etc/crypttab
printf 'promised=x-intact.integrity=hmac(sha256),x-intact.volume-key=sha256:%064d\n' 0 \
    >/run/intact/root
cat >/usr/sbin/update-initramfs <<'EOF'
#!/bin/sh
intact needs --kernel "$(uname -r)" >/tmp/needs
sed -n 's/^volume //p' /tmp/needs >/tmp/crypttab
EOF
chmod 755 /usr/sbin/update-initramfs
"""
PIN_TAB = f"root UUID={ROOT_UUID} none luks,initramfs\n"
PIN_PROMPT = r"Passphrase for root \(/dev/loop0\): "
# Escape sequences, C1 bytes, what reverses the text, and a second line.
HOSTILE = ("a LABEL=\\0033[2J none x-systemd.device-timeout=1\nb LABEL=\x9b2J\n"
           "root LABEL=x\u202ey /k\\0033c x-intact.integrity,x-systemd.device-timeout=1\n"
           "second LABEL=x\u202ey /k x-intact.integrity,\x9b,x-systemd.device-timeout=1\n"
           "root LABEL=x\u202ey none x-intact.integrity,\u202e,x-systemd.device-timeout=1\n")
HOSTILE_CMDLINE = ("rd.luks.name=\x1b[2J cryptdevice=LABEL=\x9b:\u202e cryptdevice=\x1b:\x9b "
                   "rd.luks.options=\x1b]0;x\x07 cryptopts=target=\x9b,source=/dev/\x1b "
                   "rd.luks.key=/\x1b[2J rd.luks.timeout=\x9b")
# A medium with a key: /tmp/stick, with the label KEYS and what MAKE_KEY puts into /mnt.
STICK_FS = {"vfat": "truncate -s 4M /tmp/stick && busybox mkdosfs -n KEYS /tmp/stick",
            "ext4": "cp /lab/ext4 /tmp/stick"}
STICK_FS = {fs: f"{make} >/dev/null 2>&1 && modprobe -qa {fs} nls_cp437 nls_iso8859-1 nls_utf8; "
                for fs, make in STICK_FS.items()}
PLUG = "losetup /dev/loop2 /tmp/stick"


def _stick(make_key: str, fs: str = "vfat", plug: str = PLUG) -> str:
    """Shell that makes a medium and (plug) puts it in."""
    return (f"{STICK_FS[fs]} mount -o loop /tmp/stick /mnt && {{ {make_key}; umount /mnt; }} && "
            f"{plug}")


MAKE_KEY = "mkdir -p /mnt/dir && printf intact >/mnt/dir/key"
STICK = _stick(MAKE_KEY)


def _keyed(key: str, options: str = "") -> str:
    """The crypttab with a pinned volume key, a key and more options."""
    return PINNED.replace("none luks", f"{key} {options}luks")


# It is read, nothing stays mounted, and nothing is written.
UNCHANGED = ('[ "$(md5sum </tmp/stick)" = "$(cat /tmp/stick.md5)" ] && '
             "! grep -q -e vfat -e ext4 /proc/mounts && test -d /sys/block")
SUMMED = "md5sum </tmp/stick >/tmp/stick.md5"

# A disk that does not answer: a mapping that is suspended holds every reader until it is resumed.
SICK = ("truncate -s 1M /tmp/other && losetup /dev/loop1 /tmp/other && "
        "dmsetup create sick --table '0 2048 linear /dev/loop1 0' && dmsetup suspend sick")
# The volume's disk is on such a mapping. Probing it is answered by the page cache, which lives as
# long as another process (the script) has the disk open; one page of the header is not in there.
SICK_TAB = TAB.replace(f"UUID={ROOT_UUID}", "/dev/dm-0")
SICK_BELOW = "dmsetup create sick --table \"0 $(blockdev --getsz /dev/loop0) linear /dev/loop0 0\""
# What it is on becomes something else while the passphrase is asked for: after NAME_dif was made
# ahead; or before, since that is not done while another program (the script) has the disk open.
# The size is asked of sysfs: NAME_dif gives way to a program that opens the disk.
SICK_LATER = (f"{SICK_BELOW}; (wait_for asked && {DIF}; "
              "s=$(cat /sys/block/dm-0/size); "
              "dmsetup suspend --noflush --nolockfs sick; dmsetup load sick --table \"0 $s {}\"; "
              "dmsetup resume sick; echo it is another) &")
SICK_BEFORE = SICK_LATER.replace(f" && {DIF}", "").replace(
    "; (", " && exec 9</dev/dm-0; (", 1)
LATER = ((PROMPT, b""), ("it is another", b"intact\n"))
EXCHANGED = 'cp "$(disk tiny)" /tmp/other; losetup /dev/loop1 /tmp/other; '
# Many disks, none of which is the volume's.
MANY = ("dmsetup create --noudevsync --concise "
        "\"$(for i in $(seq 400); do printf '%s' \"many$i,,,rw,0 64 zero;\"; done)\"")
# What it says is in a file first, so that others can wait for it.
AND_KEEP = f"{ARGUMENTS}; intact-unlock $A >/tmp/said 2>&1; code=$?; cat /tmp/said; exit $code"
NO_ANSWER = "rm -f /tmp/said; (wait_for grep -q does.not.answer /tmp/said; "
SICK_HEADER = (f"{SICK_BELOW} && blockdev --setra 0 /dev/dm-0 && exec 9</dev/dm-0 && "
               "dd if=/dev/dm-0 bs=4k count=2 of=/dev/null 2>/dev/null && "
               "dd if=/dev/dm-0 bs=4k skip=3 of=/dev/null 2>/dev/null && dmsetup suspend sick")

# A token that names a key of the kernel's keyring, for keyslot 0.
TOKEN = "cryptsetup token add --key-description disks --key-slot 0 /dev/loop0"
IN_KEYRING = '[ "$(keys read cryptsetup)" = intact ] && grep "cryptsetup: 6$" /proc/keys | grep {}'
KEYCTL = TAB.replace(" none luks,", " disks luks,keyscript={},")
KEYCTL_BOTH = "".join(f"{line.replace(' none ', ' disks ')},keyscript=decrypt_keyctl\n"
                      for line in BOTH.splitlines())

# A detached header, as a file and as a device that has nothing else, and the disk without it.
APART = ("dd if=/tmp/disk of=/tmp/header bs=1M count=16 2>/dev/null && "
         "dd if=/dev/zero of=/dev/loop0 bs=1M count=16 2>/dev/null && sync")
# The same of "tiny", while the case's own disk becomes /tmp/other.
OTHER_APART = ("losetup -d /dev/loop0; mv /tmp/disk /tmp/other; "
               f'cp "$(disk tiny)" /tmp/disk && losetup /dev/loop0 /tmp/disk && {APART}')
ON_DEVICE = f"{APART} && losetup /dev/loop1 /tmp/header"
DATA = TAB.replace(f"UUID={ROOT_UUID}", "/dev/loop0")
IN_FILE = DATA.replace("luks,", "luks,header=/tmp/header,")
BY_UUID = DATA.replace("luks,", f"luks,header=UUID={ROOT_UUID},")
# A disk that never had a header of its own: its data begin at its start.
FORMAT_APART = '''truncate -s 24M /tmp/disk
truncate -s 16M /tmp/header
losetup /dev/loop0 /tmp/disk
printf intact >/tmp/key
cryptsetup luksFormat -q --header /tmp/header --integrity hmac-sha256 --pbkdf pbkdf2 \\
	--pbkdf-force-iterations 1000 --key-file /tmp/key /dev/loop0
cryptsetup open --header /tmp/header --key-file /tmp/key /dev/loop0 root
mke2fs -q -F /dev/mapper/root && cryptsetup close root'''

# The header as a file on a stick.
ON_STICK = DATA.replace("luks,", "luks,header=/h.img:LABEL=stick,")
STICK = (f"{APART}; truncate -s 32M /tmp/other; mke2fs -F -L stick /tmp/other >/dev/null && "
         "mkdir -p /mnt/stick && losetup /dev/loop1 /tmp/other && mount /dev/loop1 /mnt/stick && "
         "cp /tmp/header /mnt/stick/h.img && umount /mnt/stick && rm /tmp/header")
STICK_MADE = f"{STICK}; losetup -d /dev/loop1"

# A volume with another passphrase, and with root's key and header in it.
VAULT = """truncate -s 64M /tmp/other && losetup /dev/loop1 /tmp/other
printf vault >/tmp/vault.key
cryptsetup luksFormat -q --integrity hmac-sha256 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \\
	--key-file /tmp/vault.key /dev/loop1 2>/dev/null
cryptsetup open --key-file /tmp/vault.key /dev/loop1 vault
mke2fs -q -F -L VAULT /dev/mapper/vault >/dev/null && mount /dev/mapper/vault /mnt
dd if=/tmp/disk of=/mnt/h.img bs=1M count=16 2>/dev/null; printf intact >/mnt/key
umount /mnt && cryptsetup close vault"""
VAULT_TAB = "vault /dev/loop1 none luks,x-intact.integrity\n"
VAULT_PROMPT = "Please unlock disk vault: "

# The root is mounted, and is to be on the volume: then what {} does is looked at.
HOLDS = TAB.replace("luks,", "luks,x-intact.holds=root+usr,")
LOOK = "intact-unlock $A --check-root --root /mnt"
MOUNTED = (f"{ARGUMENTS}; intact-unlock $A && mount /dev/mapper/root /mnt && mkdir -p /mnt/usr && "
           f"{{}} {LOOK}")
OTHER_FS = "cp /lab/ext4 /tmp/other && losetup /dev/loop1 /tmp/other && modprobe ext4"
ON_OTHER = "is on loop1, which is not on the checked volumes of this image"
UPPER = ("umount /mnt && s=$(blockdev --getsz /dev/mapper/root) && "
         "printf '%s\\n' \"0 $s linear /dev/mapper/root 0\" {} | dmsetup create above && "
         "mount /dev/$(dmsetup info -c --noheadings -o blkdevname above) /mnt &&")


def perhaps(then: int) -> str:
    """multipath is not sure of the disk the first three times."""
    return (f"echo . >>/tmp/calls; [ $(wc -l </tmp/calls) -lt 4 ] && code=2 || code={then}; "
            "printf 'DM_MULTIPATH_DEVICE_PATH=\"%s\"\\n' $code; [ $code != 0 ]")


def multipath(script: str, udev: str = "") -> str:
    """An image that makes multipath maps, where udev knows the disk and says that of it; what
    multipath says."""
    return (": >/etc/initrd-release; mkdir -p /run/udev/data; "
            f"printf '{udev}' >/run/udev/data/b7:0; "
            f"printf '#!/bin/sh\\n%s\\n' {shlex.quote(script)} >/usr/sbin/multipath; "
            "chmod 755 /usr/sbin/multipath")


DIRECT: dict[str, Direct] = {
    "root/on-the-volume": Direct(crypttab=HOLDS, run=MOUNTED.format(""),
                                 check="grep outcome=open /run/intact/.root"),
    "root/on-the-volume-and-a-mapping": Direct(
        crypttab=HOLDS, run=MOUNTED.format(UPPER.format(""))),
    "root/none": Direct(crypttab=HOLDS, run=f"{ARGUMENTS}; intact-unlock $A && {LOOK}"),
    # A disk with the UUID of the file system, or of what is between that and the volume.
    "root/on-another-disk": Direct(
        crypttab=HOLDS, setup=OTHER_FS, exit=7, shows=(f"at /mnt {ON_OTHER} .root.",),
        run=MOUNTED.format("umount /mnt && mount /dev/loop1 /mnt &&"),
        check="intact-unlock --reasons 2>&1 | grep -F 'is on loop1' && "
              "grep code=7 /run/intact/.root"),
    "root/on-another-disk-unknown": Direct(
        setup=OTHER_FS, run=MOUNTED.format("umount /mnt && mount /dev/loop1 /mnt &&")),
    "root/on-another-disk-too": Direct(
        crypttab=HOLDS, setup=OTHER_FS, exit=7, shows=(ON_OTHER,),
        run=MOUNTED.format(UPPER.format('"$s 8 linear /dev/loop1 0"'))),
    "root/usr-on-another-disk": Direct(
        crypttab=HOLDS, setup=OTHER_FS, exit=7, shows=(f"at /mnt/usr {ON_OTHER}",),
        run=MOUNTED.format("mount /dev/loop1 /mnt/usr &&")),
    "root/usr-elsewhere": Direct(
        crypttab=HOLDS.replace("+usr", ""), setup=OTHER_FS,
        run=MOUNTED.format("mount /dev/loop1 /mnt/usr &&")),
    # Opened by somebody else: nobody has looked at its tables.
    "root/not-checked": Direct(
        crypttab=HOLDS, dialogue=(), shows=(r"is on loop0, .*\(none is open\)",),
        setup="printf intact | cryptsetup open --key-file - /dev/loop0 root && "
              "mount /dev/mapper/root /mnt",
        run=f"{ARGUMENTS}; ! {LOOK} && intact-unlock $A && {LOOK}"),
    "root/other-name": Direct(
        crypttab=HOLDS, dialogue=(), setup="printf intact | cryptsetup open --key-file - "
                                           "/dev/loop0 rescue && mount /dev/mapper/rescue /mnt",
        run=f"{ARGUMENTS}; intact-unlock $A && {LOOK}"),
    "root/covered": Direct(
        crypttab=HOLDS, run=MOUNTED.format(f"{LOOK} && mount -t tmpfs none /mnt &&")),
    "root/in-memory": Direct(
        crypttab=HOLDS, exit=7, shows=("at /mnt is on tmpfs",),
        run=MOUNTED.format("umount /mnt && mount -t tmpfs none /mnt &&")),
    "root/said-by-cmdline": Direct(
        crypttab=f"root UUID={ROOT_UUID} none luks\n", setup=OTHER_FS,
        cmdline=f"rd.luks.options={ROOT_UUID}=x-intact.holds=root",
        shows=("x-intact.holds and keyfile-erase are ignored",),
        run=MOUNTED.format("umount /mnt && mount /dev/loop1 /mnt &&")),
    "root/hand-over": Direct(
        "luks2-plain", crypttab=TAB.replace("luks,", "luks,nofail,"), dialogue=(),
        run=f"{ARGUMENTS}; intact-unlock $A && dmsetup info root && intact-unlock $A --hand-over "
            "--root /mnt", check="! dmsetup info root && ! test -e /dev/mapper/root"),
    "open": Direct(check=f"{OPEN} && {ECHO} && grep -q ^outcome=open /run/intact/root"),
    # Each step is in the record once, and the record is in the kernel's log.
    "record": Direct(
        dialogue=((PROMPT, b"wrong\n"), (PROMPT, b"intact\n")),
        check="for step in 'disk .* ok - /dev/' 'header .* ok' 'prompt .* ok' "
              "'try .* wrong passphrase' 'try .* ok passphrase' 'keyslot .* wrong 0' "
              "'keyslot .* ok 0' 'mapping .* ok' 'check .* ok' 'readback .* ok'; do "
              "grep -q \"^step=$step\" /run/intact/root || { echo \"no $step\"; exit 1; }; done; "
              "grep -qx typed=2 /run/intact/root && "
              "grep -q '^implementation=authenc(' /run/intact/root && "
              "dmesg | grep -q 'intact: record root 1/.*|outcome=open|'"),
    "early": Direct(run=f"{TWICE} && intact-unlock $A",
                    check=f"{OPEN} && ! test -e /run/intact-unlock/early"),
    # A boot script that finds this file gets the result at once.
    "early-ended": Direct(
        crypttab=TAB.replace("none", "/tmp/key"), dialogue=(),
        setup="printf intact >/tmp/key; mkdir -p /run/udev; : >/run/udev/control",
        run=f"{TWICE}; sleep 1; echo change >/sys/block/loop0/uevent; cd /run/intact-unlock; "
            "until [ -e found ] || [ -e ended ]; do usleep 50000; done; rm -r /run/udev; "
            "until [ -e ended ]; do usleep 50000; done; cd /; intact-unlock $A",
        check=f"rm /tmp/key; {OPEN} && ! ls /run/intact-unlock | grep -E 'early|ended|found'"),
    "early-fails": Direct(run=f"{TWICE} && intact-unlock $A", dialogue=WRONG, exit=2,
                          check=f"{CLOSED} && {ECHO}"),
    # Who tries again after a failure starts afresh.
    "early-again": Direct(run=f"{TWICE} && {{ ! intact-unlock $A; }} && intact-unlock $A",
                          dialogue=(*WRONG, (PROMPT, b"intact\n")), check=OPEN),
    # The time for a disk, here three seconds, starts when udev has begun with the disks.
    "before-udev": Direct(
        disk="", setup="mkdir -p /run/systemd/system; (sleep 8; cp \"$(disk tiny)\" /tmp/disk; "
                       "losetup /dev/loop0 /tmp/disk) &",
        check=f"rmdir /run/systemd/system; {OPEN}"),
    # Multipath maps are made by a boot script that runs before the one that waits.
    "early-multipath": Direct(
        setup=": >/usr/sbin/multipath; mkdir -p /run/udev/data; "
              ": >/run/udev/control; echo E:DM_MULTIPATH_DEVICE_PATH=0 >/run/udev/data/b7:0",
        run=f"{TWICE}; sleep 1; echo change >/sys/block/loop0/uevent; sleep 4; "
            "! dmsetup info root_dif >/dev/null 2>&1 || echo ahead; "
            "rm -r /run/udev; intact-unlock $A",
        hides=("ahead",), check=f"rm /usr/sbin/multipath; {OPEN}"),
    # udev calls the disk no path: its rules for that are missing, or ran before multipathd did.
    "multipath-asked": Direct(
        setup=multipath("[ \"$*\" = '-c /dev/loop0' ] && echo 'DM_MULTIPATH_DEVICE_PATH=\"1\"'"),
        dialogue=(), exit=6, shows=("loop0 is a part of a multipath map",),
        check=f"{NO_MULTIPATH}; {CLOSED}"),
    "multipath-not-a-path": Direct(
        setup=multipath("echo 'DM_MULTIPATH_DEVICE_PATH=\"0\"'; exit 1"),
        check=f"{NO_MULTIPATH}; {OPEN}"),
    # It may become one: then multipath is asked each second, and the disk is left alone meanwhile.
    "multipath-perhaps-a-path": Direct(
        setup=multipath(perhaps(0)), run=WATCHED, hides=("opened-before",),
        check=f"{CALLED} && {OPEN}"),
    "multipath-a-path-later": Direct(
        crypttab=TAB.replace("timeout=3", "timeout=15"),
        setup=multipath(perhaps(1)), dialogue=(), exit=6,
        shows=("loop0 is a part of a multipath map .*multipath=off",),
        check=f"{CALLED} && {CLOSED}"),
    # multipath needs its time to say so.
    "multipath-perhaps-for-ever": Direct(
        crypttab=TAB.replace("=3", "=8"), setup=multipath(perhaps(2)), dialogue=(), exit=6,
        shows=("loop0 .*, perhaps a path of a multipath map",),
        check=f"{NO_MULTIPATH}; {CLOSED}"),
    # … which udev calls a path, and there is no systemd to tell udev when the time is over.
    "multipath-waits-in-udev": Direct(
        setup=multipath(
            perhaps(0),
            "E:DM_MULTIPATH_DEVICE_PATH=1\\nE:FIND_MULTIPATHS_WAIT_UNTIL=17.000001\\n"),
        hides=("is a part of",), check=f"{CALLED} && {OPEN}"),
    # The early instance may have asked by then, or not yet.
    "early-withdrawn": Direct(
        run=f"{TWICE} && intact-unlock --withdraw && "
            "while pidof intact-unlock >/dev/null; do usleep 100000; done && echo withdrawn && "
            "intact-unlock $A",
        dialogue=(("withdrawn$", b""), (PROMPT, b"intact\n")), asked=2, check=OPEN),
    "early-killed": Direct(
        run=f"{TWICE} && kill -9 $(pidof intact-unlock) && "
            "while pidof intact-unlock >/dev/null; do usleep 100000; done && sleep 1 && "
            "echo killed && intact-unlock $A",
        dialogue=(("killed$", b""), (PROMPT, b"intact\n")), asked=2, check=OPEN),
    # The worker of the early instance is stuck: another process stands for it, which has NAME_dif
    # open until the end of the case.
    "early-stuck": Direct(
        run=f"{TWICE}; exec 9<&0; intact-unlock $A <&9 & "
            "until dmsetup info root_dif 2>/dev/null | grep -q DEFERRED; do usleep 100000; done; "
            "exec 8</dev/$(dmsetup info -c --noheadings -o blkdevname root_dif); "
            "kill -9 $(sed s/pid=// /run/intact-unlock/early); echo killed; wait $!",
        dialogue=(("killed$", b""), (PROMPT, b"intact\n")), asked=2, check=f"{OPEN} && one_user"),
    "early-nothing": Direct(crypttab="", dialogue=(), check="wait_for '! pidof intact-unlock'",
                            run=f"{TWICE} && intact-unlock $A"),
    # Nobody types; by then the kernel has built and tested what dm-crypt will ask for. No other
    # case uses this algorithm.
    "prepared": Direct(
        "hmac-sha1",
        crypttab=TAB.replace("sha256", "sha1").replace("luks,", "luks,x-intact.fstype=minix,"),
        setup="grep -F 'authenc(hmac(sha1)' /proc/crypto; (wait_for asked && "
              "wait_for \"grep -F ': authenc(hmac(sha1),xts(aes))' /proc/crypto && "
              "grep '^minix ' /proc/modules\" && echo all is built) &",
        dialogue=((PROMPT, b""), ("all is built", b"\x03")), exit=2, hides=("authenc",)),
    "timeout": Direct(crypttab=TAB.replace("luks,", "luks,timeout=2,"), dialogue=((PROMPT, b""),),
                      exit=6, check=CLOSED),
    # While the passphrase is typed: what needs no key, unless a hibernated system counts on the
    # disk as it is.
    "ahead": Direct(
        dialogue=((PROMPT, b""), ("dif is there", b"intact\n")), check=OPEN,
        setup=f"(wait_for asked && {DIF} && echo dif is there) &"),
    "ahead-not-before-resume": Direct(cmdline="resume=/dev/vdx", check=OPEN,
                                      dialogue=((PROMPT, b""), ("dif is not there", b"intact\n")),
                                      setup="(wait_for asked; sleep 2; dmsetup info root_dif "
                                            ">/dev/null 2>&1 || echo dif is not there) &"),
    # A changed disk: the next image demands what the last one did, and refuses it ...
    "pin/not-in-silence": Direct(
        crypttab=PIN_TAB, run=f"{PIN}update-initramfs\nintact-unlock $A", dialogue=(), exit=7,
        shows=("the image of the last boot demands sha256:0000.*run \"intact pin root\"",),
        check=CLOSED),
    # ... until somebody accepts it who knows its passphrase.
    "pin/accepted": Direct(
        crypttab=PIN_TAB, run=f"{PIN}intact pin root && intact-unlock $A",
        dialogue=((PIN_PROMPT, b"wrong\n"), (PIN_PROMPT, b"intact\n"), (PROMPT, b"intact\n")),
        shows=("x-intact.volume-key=sha256:[0-9a-f]{64}, but pinned is sha256:0000",),
        check=f"{OPEN} && {ECHO} && grep '^promised=.*volume-key=sha256:[0-9a-f]*' /run/intact/root"
              " && ! grep sha256:0000 /tmp/crypttab"),
    "pin/wrong-passphrase": Direct(
        crypttab=PIN_TAB, run=f"{PIN}intact pin root", exit=2,
        dialogue=((PIN_PROMPT, b"x\n"), (PIN_PROMPT, b"y\n"), (PIN_PROMPT, b"z\n")),
        check=f"! test -e /run/intact/.pins/root && ! test -e /tmp/crypttab && {ECHO}"),
    "pin/key-file": Direct(
        crypttab=PIN_TAB, dialogue=((PROMPT, b"intact\n"),), check=OPEN,
        run=f"{PIN}printf intact >/tmp/key; intact pin --key-file /tmp/key root && "
            "intact-unlock $A"),
    # What boot would refuse is not accepted, whatever the passphrase.
    "pin/no-integrity": Direct(
        "none", crypttab=PIN_TAB, run=f"{PIN}intact pin root", dialogue=(), exit=7,
        check="! test -e /run/intact/.pins/root"),
    # By hand, from another shell, while the prompt stands: what was made ahead gives way.
    "by-hand": Direct(dialogue=((PROMPT, b""),), setup=BY_HAND.format("root"),
                      check=f"{OPEN} && {ECHO} && one_user", shows=("root: is already open$",)),
    "by-hand-after-a-try": Direct(
        dialogue=((PROMPT, b"wrong\n"), (PROMPT, b"")), check=f"{OPEN} && {ECHO} && one_user",
        setup="rm -f /tmp/said; "
              f"(wait_for grep 'wrong' /tmp/said; {BY_HAND.format('root')[1:]}",
        run=f"{ARGUMENTS}; intact-unlock $A 2>/tmp/said", seconds=20,
        shows=("root: is already open$",)),
    "by-hand-other-name": Direct(
        dialogue=((PROMPT, b""),), setup=BY_HAND.format("rescue"),
        shows=("root: is already open, as /dev/mapper/rescue",),
        check=f"{CLOSED} && {ECHO} && one_user"),
    "withdrawn": Direct(
        dialogue=((PROMPT, b""),), exit=1,
        setup="(wait_for asked && intact-unlock --withdraw) &",
        check=f"{CLOSED} && {ECHO} && wait_for '! ls /run/intact-unlock | grep instance'"),
    "longest-name": Direct(crypttab=TAB.replace("root", LONGEST, 1),
                           dialogue=((f"Please unlock disk {LONGEST}: ", b"intact\n"),),
                           check=f"dmsetup table {LONGEST} | grep -q integrity && cryptsetup close "
                                 f"{LONGEST} && closed {LONGEST}_dif"),
    "mounts": Direct(check=SHELL_HERE),
    "already-open": Direct(dialogue=(),
                           setup='printf intact | cryptsetup open --key-file - /dev/loop0 root',
                           check=OPEN),
    # A volume that is open under the right name, but not on this disk, or not only on it.
    "already-open-elsewhere": Direct(
        crypttab=TAB.replace(f"UUID={ROOT_UUID}", "/dev/loop0"), dialogue=(), exit=7,
        setup='cp "$(disk tiny)" /tmp/disk2 && losetup /dev/loop1 /tmp/disk2 && '
              'printf intact | cryptsetup open --key-file - /dev/loop1 root',
        shows=("root_dif does not match the header of /dev/loop0: it lies on another device",)),
    "already-open-and-more": Direct(
        dialogue=(), exit=7,
        shows=("root does not match the header of /dev/loop0: it has more than one target",),
        setup='printf intact | cryptsetup open --disable-keyring --key-file - /dev/loop0 root && '
              '{ dmsetup table --showkeys root; echo "102360 8 zero"; } >/tmp/table && '
              'dmsetup reload root /tmp/table && dmsetup suspend root && dmsetup resume root'),
    "already-open-suspended": Direct(
        dialogue=(), exit=7, check="dmsetup resume root_dif",
        shows=("root_dif does not match the header of /dev/loop0: it is suspended",),
        setup='printf intact | cryptsetup open --key-file - /dev/loop0 root && '
              'dmsetup suspend root_dif'),
    # Open under another name: a second dm-integrity on the disk would destroy it.
    "rescue": Direct(dialogue=(), setup=RESCUE,
                     check="closed root_dif && dmsetup info rescue && one_user",
                     shows=("root: is already open, as /dev/mapper/rescue",)),
    "rescue-by-name": Direct(
        dialogue=(), exit=5, setup=RESCUE, cmdline="root=/dev/mapper/root", check="one_user",
        shows=("/dev/loop0 is open already, as /dev/mapper/rescue", "cryptsetup close rescue")),
    # Another program took the disk after it was found: the prompt stood already.
    # The node of the disk leads to another one by then.
    "node-replaced": Direct(
        crypttab=LOOP0, cmdline="resume=/dev/vdx", exit=4,
        dialogue=((PROMPT, b""), ("replaced", b"intact\n")),
        setup='cp "$(disk tiny)" /tmp/disk2 && losetup /dev/loop1 /tmp/disk2 && '
              'md5sum /tmp/disk2 >/tmp/other; (wait_for asked && rm /dev/loop0 && '
              'mknod /dev/loop0 b 7 1 && echo replaced) &',
        shows=("/dev/loop0 is another disk now",),
        check="closed root && closed root_dif; code=$?; rm /dev/loop0; mknod /dev/loop0 b 7 0; "
              "md5sum -c /tmp/other && [ $code = 0 ]"),
    "taken-while-asking": Direct(
        cmdline="resume=/dev/vdx", dialogue=((PROMPT, b""), ("taken", b"intact\n")), exit=5,
        setup="(wait_for asked && dmsetup create taken --table '0 8 linear /dev/loop0 2048' && "
              "echo taken) &",
        shows=("in use by taken",),
        check="closed root && closed root_dif; dmsetup remove taken"),
    "in-use": Direct(dialogue=(), exit=5, setup=ABOVE, shows=("/dev/loop0 is in use by above",),
                     check="closed root_dif && dmsetup remove above"),
    "in-use-for-a-while": Direct(
        crypttab=PATIENT, check=OPEN, shows=("/dev/loop0 is in use by above",),
        setup=f"{ABOVE}; (wait_for pidof intact-unlock; sleep 2; dmsetup remove above) &"),
    # The same volume, by its UUID in the image and by a path on the command line.
    "two-names": Direct(
        cmdline="cryptdevice=/dev/loop0:cryptroot root=/dev/mapper/cryptroot", asked=1,
        dialogue=(("Please unlock disk cryptroot: ", b"intact\n"),),
        shows=("root: /dev/loop0 is the disk of volume cryptroot, too",
               "cryptroot: /dev/loop0 is open and protected"),
        check="dmsetup info cryptroot && closed root && one_user"),
    "two-names-promise": Direct(
        "hmac-sha512", cmdline="cryptdevice=/dev/loop0:cryptroot", dialogue=(), exit=7,
        check="closed cryptroot", shows=("cryptroot must be protected by",)),
    # A disk with the right UUID that is not the one it should be, and the right one later.
    "decoy": Direct("luks2-plain", crypttab=PATIENT, setup=DISK1, check=OPEN,
                    shows=("/dev/loop0 is refused", "/dev/loop1 is open and protected")),
    "decoy-alone": Direct(
        "luks2-plain", dialogue=(), exit=7, check=CLOSED,
        shows=("warning: /dev/loop0 is refused", "error: /dev/loop0 is refused")),
    # One half of a RAID 1 with its superblock at the end, and the array.
    # A program that starts arrays: what it prints and what it is given.
    "raid-member/program": Direct(
        "raid-member", dialogue=(), exit=6, setup=r"""export LVM_SYSTEM_DIR=/tmp
rm -f /tmp/env; mv /sbin/mdadm /sbin/mdadm.away 2>/dev/null
printf '#!/bin/sh\nenv >>/tmp/env\nprintf "ARRAY \\033[2J\\233\\n"\n' >/sbin/mdadm
chmod 755 /sbin/mdadm""", check=r"""unset LVM_SYSTEM_DIR
rm /sbin/mdadm; mv /sbin/mdadm.away /sbin/mdadm 2>/dev/null
grep -q PATH /tmp/env && ! grep LVM_SYSTEM_DIR /tmp/env && dmesg | grep -q ARRAY &&
! dmesg | grep ARRAY | grep -q "$(printf '\033')" """),
    "raid-member": Direct("raid-member", dialogue=(), exit=6, check=CLOSED,
                          shows=("/dev/loop0 is a part of a RAID array",), hides=("same UUID",)),
    "raid": Direct(
        "raid-member", crypttab=PATIENT, setup=ARRAY, check=OPEN,
        shows=("/dev/loop0 is a part of a RAID array", "/dev/dm-0 is open and protected")),
    "name-taken": Direct(dialogue=(), exit=5, setup="dmsetup create root --table '0 8 zero'",
                         shows=("root",)),
    "wrong-three-times": Direct(dialogue=WRONG, exit=2, check=f"{CLOSED} && {ECHO}",
                                shows=("wrong passphrase",)),
    "tries-1": Direct(crypttab=TAB.replace("luks,", "luks,tries=1,"), dialogue=WRONG[:1], exit=2),
    "tries-endless": Direct(crypttab=TAB.replace("luks,", "luks,tries=0,"),
                            dialogue=(*WRONG, *WRONG, (PROMPT, b"intact\n")), check=OPEN),
    "empty-passphrase": Direct(dialogue=((PROMPT, b"\n"), (PROMPT, b"intact\n")), check=OPEN,
                               shows=("empty passphrase",)),
    "too-long": Direct(dialogue=((PROMPT, b"x" * 513 + b"\n"), (PROMPT, b"intact\n")), check=OPEN,
                       shows=("longer than 512 bytes",)),
    "longest": Direct("long-passphrase", dialogue=((PROMPT, b"0123456789abcdef" * 32 + b"\n"),),
                      check=OPEN),
    "ctrl-c": Direct(dialogue=((PROMPT, b"\x03"),), exit=2, check=f"{CLOSED} && {ECHO}",
                     shows=("cancel",)),
    "ctrl-d": Direct(dialogue=((PROMPT, b"\x04"),), exit=2, check=f"{CLOSED} && {ECHO}"),
    "sigterm": Direct(dialogue=((PROMPT, b""),),
                      setup="(wait_for asked; kill -TERM $(pidof intact-unlock)) &", exit=1,
                      check=f"{CLOSED} && {ECHO}"),
    "absent": Direct(disk="", dialogue=(), exit=6, hides=("refused to lock",),
                     shows=(f"no disk with UUID={ROOT_UUID}",)),
    # The kernel was updated, its image was not.
    "old-image": Direct(disk="", dialogue=(), exit=6, check="umount /lib/modules",
                        setup="mount -t tmpfs old /lib/modules; "
                        "mkdir /lib/modules/6.0.0-old; : >/lib/modules/6.0.0-old/modules.dep.bin",
                        shows=(r"has modules for kernel 6\.0\.0-old, but kernel \S+ is running",)),
    "stranger": Direct("stranger", dialogue=(), exit=6, shows=("Disks seen: .*loop0",)),
    "late-disk": Direct(disk="", check=OPEN, crypttab=TAB.replace("timeout=3", "timeout=120"),
                        setup="(wait_for pidof intact-unlock; sleep 2; cp $(disk tiny) /tmp/disk; "
                              "losetup /dev/loop0 /tmp/disk) &"),
    "not-luks": Direct("ext4", crypttab=TAB.replace(f"UUID={ROOT_UUID}", "/dev/loop0"), dialogue=(),
                       exit=4, shows=("LUKS",)),
    "zero": Direct("zero", crypttab=TAB.replace(f"UUID={ROOT_UUID}", "/dev/loop0"), dialogue=(),
                   exit=4, shows=("LUKS",)),
    "luks1": Direct("luks1", dialogue=(), exit=7, shows=("LUKS1",)),
    "no-integrity": Direct("luks2-plain", dialogue=(), exit=7, shows=("integrity",)),
    "integrity-none": Direct("none", dialogue=(), exit=7, shows=("integrity|authenticat",)),
    "other-integrity": Direct("hmac-sha512", dialogue=(), exit=7, shows=("hmac",)),
    "foreign": Direct("luks2-plain", crypttab=f"root UUID={ROOT_UUID} none luks\n", dialogue=(),
                      check=CLOSED),
    "header-1": Direct("header-1", check=OPEN, shows=("header",)),
    "header-2": Direct("header-2", check=OPEN, shows=("header",)),
    "header-both": Direct("header-both", crypttab=TAB.replace(f"UUID={ROOT_UUID}", "/dev/loop0"),
                          dialogue=(), exit=4, shows=("header|LUKS",)),
    "superblock": Direct("superblock", dialogue=(), exit=4, shows=("superblock",), check=CLOSED),
    # The kernel would refuse these as well, after the passphrase was typed.
    "superblock/journal-mac": Direct("superblock-journal-mac", dialogue=(), exit=4, check=CLOSED,
                                     shows=("is damaged; the kernel would refuse it",)),
    "superblock/recalculating": Direct("superblock-recalculating", dialogue=(), exit=4,
                                       check=CLOSED,
                                       shows=("is damaged; the kernel would refuse it",)),
    "superblock/sector": Direct(
        "superblock-sector", dialogue=(), exit=7, check=CLOSED,
        shows=("sectors of 4096 bytes, but the dm-integrity superblock has 2048",)),
    "truncated": Direct("truncated", dialogue=(), exit=4, check=CLOSED),
    "truncated-header": Direct("truncated-header", dialogue=(), exit=4, check=CLOSED),
    "unknown-cipher": Direct("unknown-cipher", dialogue=(), exit=7, shows=("frobnicate",),
                             check=CLOSED),
    "unknown-hash": Direct("unknown-hash", crypttab=TAB.replace("=hmac(sha256)", ""), dialogue=(),
                           exit=7, shows=("phmac",), check=CLOSED),
    # A header that an attacker wrote is refused before anything is typed into it.
    **{f"hostile/{name}": Direct(f"hostile-{name}", dialogue=(), exit=7, shows=(said,),
                                 check=CLOSED) for name, said in HEADERS.items()},
    # libcryptsetup does not take this one for a header.
    "hostile/two_digests": Direct("hostile-two_digests", dialogue=(), exit=4, check=CLOSED),
    # No passphrase is right; the header does not say whether the keyslot or the digest is wrong.
    "hostile/other_digest": Direct("hostile-other_digest", dialogue=WRONG, exit=2, check=CLOSED),
    "hostile/data_beyond_the_end": Direct(
        "hostile-data_beyond_the_end", dialogue=(), exit=4, check=CLOSED,
        shows=("/dev/loop0 .* ends before its data begin",)),
    "hostile/reencryption": Direct(
        "hostile-reencryption", dialogue=(), exit=4, check=CLOSED,
        shows=("The re-encryption of /dev/loop0 .* has not finished",)),
    "hostile/bad_uuid": Direct("hostile-bad_uuid", crypttab=LOOP0, dialogue=(), exit=7,
                               shows=("has no valid UUID",), hides=("\x1b",),
                               check=f"{CLOSED} && ! grep -q '[[:cntrl:]]' /run/intact/root"),
    # Without a promise, too.
    "hostile/foreign": Direct("hostile-clear_null_ecb", dialogue=(), exit=7, check=CLOSED,
                              crypttab=f"root UUID={ROOT_UUID} none luks\n"),
    # Opened by another program: no less a header of an attacker.
    "hostile/open": Direct("hostile-digest_years", crypttab=LOOP0, dialogue=(), exit=7,
                           check="cryptsetup close root; rm /tmp/tiny",
                           setup='cp "$(disk tiny)" /tmp/tiny; '
                                 'printf intact | cryptsetup open --key-file - /tmp/tiny root'),
    "keyslots/one-bad": Direct("one-bad-keyslot", dialogue=((PROMPT, b"second\n"),), check=OPEN,
                               shows=("warning: The LUKS2 header of /dev/loop0 has keyslots "
                                      "that are not used: keyslot 0 ",)),
    "keyslots/bad-one-asked-for": Direct(
        "one-bad-keyslot", crypttab=TAB.replace("luks,", "luks,key-slot=0,"), dialogue=(), exit=7,
        check=CLOSED),
    # Each keyslot alone is allowed; a person would wait for an hour.
    "keyslots/slow-together": Direct(
        "slow-together", dialogue=((PROMPT, b"second\n"),), check=OPEN,
        shows=("keyslot 5 would make the attempt with all keyslots take more than 20 minutes",)),
    # Through a temporary mapping of libcryptsetup's. No device with the same UUID appears.
    "keyslots/camellia": Direct(
        "keyslot-camellia", setup="lsmod | grep -q camellia && echo loaded before",
        hides=("loaded before", "the same UUID"),
        check=f"{OPEN} && ! dmsetup ls | grep temporary"),
    "keyslots/camellia-wrong": Direct("keyslot-camellia", dialogue=WRONG, exit=2, check=CLOSED),
    # What the image pins.
    "pins/all": Direct(crypttab=PINNED, check=OPEN, hides=("no volume key is pinned",)),
    "pins/none": Direct(check=f"{OPEN} && grep -q ^pinned=no /run/intact/root",
                        shows=("no volume key is pinned",)),
    "pins/volume-key": Direct(
        "known-key", crypttab=PINNED, pin="tiny", dialogue=(), exit=7, check=CLOSED,
        shows=("must have the volume key sha256:.*, but this header is for another",
               "intact pin root")),
    "pins/not-weakened": Direct(
        "known-key", crypttab=PINNED, pin="tiny", dialogue=(), exit=7, check=CLOSED,
        pinned_cmdline="known-key",
        cmdline=f"rd.luks.options={ROOT_UUID}=x-intact.volume-key=@PIN@"),
    "pins/cipher": Direct(
        crypttab=PINNED.replace("aes-xts-plain64", "aes-xts-random"), dialogue=(), exit=7,
        shows=("must be encrypted with aes-xts-random, but this header names aes-xts-plain64",),
        check=CLOSED),
    "pins/sector-size": Direct(
        crypttab=PINNED.replace("4096", "512"), dialogue=(), exit=7, check=CLOSED,
        shows=("must have sectors of 512 bytes, but this header names 4096",)),
    "pins/key-size": Direct(
        crypttab=PINNED.replace("=96", "=64"), dialogue=(), exit=7, check=CLOSED,
        shows=("must have a volume key of 64 bytes, but this header's has 96",)),
    "pins/garbage": Direct(
        crypttab=TAB.replace("luks,", "luks,x-intact.volume-key=yes,"), dialogue=(), exit=7,
        shows=('error: .*option "x-intact.volume-key=yes" of root requires a value that makes no',),
        check=CLOSED),
    # A damaged copy of the header is made good where nothing forbids it, and nowhere else.
    "repair/first": Direct("header-1", check=f"{OPEN} && {REPAIRED} && only_copy 4",
                           shows=("has been restored from the good one",)),
    "repair/second": Direct("header-2", check=f"{OPEN} && {REPAIRED} && only_copy 0",
                            shows=("has been restored from the good one",)),
    "repair/not-when-refused": Direct(
        "header-1", crypttab=TAB.replace("sha256", "sha1"), dialogue=(), exit=7,
        check='sync; cmp /tmp/disk "$(disk header-1)"'),
    "repair/not-when-wrong": Direct("header-2", dialogue=WRONG, exit=2,
                                    check='same_header "$(disk header-2)"'),
    "repair/not-before-resume": Direct("header-1", cmdline="resume=/dev/vdx",
                                       check=f'{OPEN} && same_header "$(disk header-1)"'),
    "repair/not-readonly": Direct(
        "header-1", crypttab=TAB.replace("luks,", "luks,readonly,"),
        check='same_header "$(disk header-1)"'),
    # Nothing is written to the disk, and a journal that cannot be read is no obstacle.
    "recovery": Direct(
        crypttab=RECOVERY, shows=("root is open read-only in dm-integrity's recovery mode",),
        check=f'dmsetup table root_dif | grep -q " R " && sync && cmp /tmp/disk "$(disk tiny)" && '
              "mount -o ro,noload /dev/mapper/root /mnt && test -x /mnt/sbin/init; code=$?; "
              'umount /mnt; exit $code'),
    "recovery/of-a-promised-volume": Direct(
        crypttab=PINNED, cmdline=f"rd.luks.options={ROOT_UUID}=x-intact.recovery",
        shows=("recovery mode",), check='dmsetup table root_dif | grep -q " R "'),
    "recovery/bad-journal": Direct(
        crypttab=BAD_JOURNAL_TAB, setup=BAD_JOURNAL, shows=("recovery mode",), check=SICK_ENDS),
    "recovery/bad-journal-without": Direct(
        crypttab=BAD_JOURNAL_TAB.replace(",x-intact.recovery", ""), setup=BAD_JOURNAL, exit=1,
        shows=("a boot with x-intact.recovery leaves the journal out",), check=SICK_ENDS),
    "recovery/altered": Direct("flip-fs", crypttab=RECOVERY, exit=8, shows=("sector",)),
    "recovery/refused": Direct(
        crypttab=RECOVERY.replace("sha256", "sha1"), dialogue=(), exit=7, check=CLOSED),
    "flip-fs": Direct("flip-fs", exit=8, shows=("sector",)),
    "flip-init": Direct("flip-init", check=OPEN),
    # One passphrase, two volumes.
    "two-volumes": Direct("two-keys", crypttab=BOTH, setup=SECOND,
                          check=f"{OPEN} && dmsetup table second | grep -q integrity"),
    "two-volumes-two-passphrases": Direct(
        "two-keys", crypttab=BOTH, setup=SECOND,
        check=f"{OPEN} && dmsetup table second | grep -q integrity",
        dialogue=((PROMPT, b"second\n"), ("Please unlock disk second: ", b"intact\n"))),
    # What was typed is in the kernel's keyring, where systemd's programs look, and for their time.
    "keyring/remembered": Direct(check=f"{OPEN} && {IN_KEYRING.format('2m')}"),
    "keyring/added": Direct(
        setup="printf other | keys add cryptsetup",
        dialogue=((PROMPT, b"intact\n"),),
        shows=("root: the passwords in the kernel's keyring open no keyslot of /dev/loop0",),
        check='[ "$(keys read cryptsetup | tr "\\0" ,)" = other,intact ]'),
    "keyring/not-wrong-ones": Direct(dialogue=WRONG, exit=2, check="! keys read cryptsetup"),
    "keyring/password-cache-no": Direct(
        crypttab=TAB.replace("luks,", "luks,password-cache=no,"),
        setup="printf intact | keys add cryptsetup", check=f"{OPEN} && keys clear"),
    "keyring/password-cache-no-adds-nothing": Direct(
        crypttab=TAB.replace("luks,", "luks,password-cache=no,"),
        check=f"{OPEN} && ! keys read cryptsetup"),
    "keyring/password-cache-read-only": Direct(
        crypttab=TAB.replace("luks,", "luks,password-cache=read-only,"),
        check=f"{OPEN} && ! keys read cryptsetup"),
    # Also where nobody may be asked.
    "keyring/cached": Direct(
        crypttab=TAB.replace("luks,", "luks,headless,"), dialogue=(), check=OPEN,
        setup="printf 'x\\0intact\\0y' | keys add cryptsetup"),
    "keyring/cached-empty": Direct(setup="printf '\\0\\0' | keys add cryptsetup", check=OPEN),
    "keyring/cached-long": Direct(
        setup="head -c 32767 /dev/zero | tr '\\0' x | keys add cryptsetup", check=OPEN),
    # Debian's keyscripts.
    "keyscript/decrypt_keyctl": Direct(
        "two-keys", crypttab=KEYCTL_BOTH, setup=SECOND,
        check=f"{OPEN} && dmsetup table second | grep -q integrity && "
              '[ "$(keys read cryptsetup:disks)" = intact ] && '
              "grep 'cryptsetup:disks: 6$' /proc/keys | grep -e ' 59s ' -e ' 1m ' -e ' 5[0-9]s '"),
    "keyscript/decrypt_keyctl-cached": Direct(
        crypttab=KEYCTL.format("/lib/cryptsetup/scripts/decrypt_keyctl"), dialogue=(), check=OPEN,
        setup="printf intact | keys add cryptsetup:disks"),
    "keyscript/cat": Direct(
        crypttab=KEYCTL.format("/bin/cat").replace(" disks ", " /tmp/key "), dialogue=(),
        setup="printf intact >/tmp/key", check=OPEN),
    "keyscript/own": Direct(
        crypttab=KEYCTL.format("/etc/mine"), check=OPEN,
        shows=("keyscript \"/etc/mine\" of root cannot be used: intact runs no scripts.*"
               "The passphrase is asked for instead",)),
    "keyscript/own-headless": Direct(
        crypttab=KEYCTL.format("/etc/mine,headless"), dialogue=(), exit=2,
        shows=("the option headless forbids that: the volume will not be opened",)),
    # Keys that a token of the header names.
    "token/opens": Direct(crypttab=TAB.replace("luks,", "luks,headless,"), dialogue=(), check=OPEN,
                          setup=f"{TOKEN} && printf intact | keys add disks"),
    "token/no-key": Direct(
        setup=TOKEN, check=OPEN,
        shows=('warning: token 0 of /dev/loop0 names the key "disks" of the kernel\'s keyring: it '
               "is not there",)),
    "token/wrong-key": Direct(
        setup=f"{TOKEN} && printf other | keys add disks", check=OPEN,
        shows=("the key in the kernel's keyring that a token of /dev/loop0 names opens none",)),
    # The key opens keyslot 1, but the token is for keyslot 0.
    "token/other-keyslot": Direct(
        "two-keys", setup=f"{TOKEN} && printf second | keys add disks", check=OPEN,
        shows=("opens none of the token's keyslots",)),
    # What is shown of a passphrase.
    "password-echo/masked": Direct(crypttab=TAB.replace("luks,", "luks,password-echo=masked,"),
                                   check=f"{OPEN} && {ECHO}", shows=(PROMPT + r"\*{6}$",)),
    "password-echo/yes": Direct(crypttab=TAB.replace("luks,", "luks,password-echo=yes,"),
                                check=f"{OPEN} && {ECHO}", shows=(PROMPT + "intact$",)),
    "password-echo/no": Direct(crypttab=TAB.replace("luks,", "luks,password-echo=no,"),
                               check=f"{OPEN} && {ECHO}", shows=(PROMPT + "$",)),
    # The header lies apart from the disk.
    "header/file": Direct(crypttab=IN_FILE, setup=APART, check=OPEN),
    "header/device": Direct(crypttab=BY_UUID, setup=ON_DEVICE, check=OPEN),
    "header/device-by-path": Direct(crypttab=DATA.replace("luks,", "luks,header=/dev/loop1,"),
                                    setup=ON_DEVICE, check=OPEN),
    "header/data-at-the-start": Direct(disk="", crypttab=IN_FILE, setup=FORMAT_APART, check=OPEN),
    "header/rd.luks.data": Direct(
        crypttab="", setup=ON_DEVICE, check=OPEN,
        cmdline=f"rd.luks.name={ROOT_UUID}=root rd.luks.data={ROOT_UUID}=/dev/loop0"),
    "header/rd.luks.data-file": Direct(
        crypttab="", setup=APART, check=OPEN,
        cmdline=f"rd.luks.data={ROOT_UUID}=/dev/loop0 rd.luks.name={ROOT_UUID}=root "
                f"rd.luks.options={ROOT_UUID}=header=/tmp/header"),
    "header/cryptopts": Direct(
        crypttab="", setup=ON_DEVICE, check=OPEN,
        cmdline=f"cryptopts=target=root,source=/dev/loop0,header=UUID={ROOT_UUID}"),
    "header/late-device": Direct(
        crypttab=BY_UUID.replace("timeout=3", "timeout=60"), check=OPEN,
        setup=f"{APART}; (wait_for pidof intact-unlock; sleep 4; losetup /dev/loop1 /tmp/header) &",
        shows=(f"root: waiting for the header UUID={ROOT_UUID}, 5. seconds left",)),
    "header/late-file": Direct(
        crypttab=IN_FILE.replace("timeout=3", "timeout=60"), check=OPEN,
        setup=f"{APART}; mv /tmp/header /tmp/later; "
              "(wait_for pidof intact-unlock; sleep 2; mv /tmp/later /tmp/header) &",
        shows=("root: the header file /tmp/header is not there yet; waiting until it is",)),
    "header/late-data": Direct(
        disk="", crypttab=BY_UUID.replace("timeout=3", "timeout=60"), check=OPEN,
        setup='cp "$(disk tiny)" /tmp/disk && dd if=/tmp/disk of=/tmp/header bs=1M count=16 && '
              "losetup /dev/loop1 /tmp/header; (wait_for pidof intact-unlock; sleep 2; "
              "dd if=/dev/zero of=/tmp/disk bs=1M count=16 conv=notrunc; "
              "losetup /dev/loop0 /tmp/disk) &"),
    "header/absent-device": Direct(
        crypttab=BY_UUID, setup=APART, dialogue=(), exit=6, check=CLOSED,
        shows=(rf"the disk is there \(/dev/loop0\), but no device for the header UUID={ROOT_UUID} "
               "appeared within 3 seconds",)),
    "header/absent-file": Direct(
        crypttab=IN_FILE, setup="rm -f /tmp/header", dialogue=(), exit=6, check=CLOSED,
        shows=(r"the disk is there \(/dev/loop0\), but the header file /tmp/header did not appear "
               "within 3 seconds",)),
    "header/absent-data": Direct(
        crypttab=BY_UUID.replace("loop0", "loop7"), setup=ON_DEVICE, dialogue=(), exit=6,
        shows=(r"no disk with /dev/loop7 appeared within 3 seconds, but its header did "
               r"\(/dev/loop1\)",)),
    "header/pinned": Direct(crypttab=PINNED.replace(f"UUID={ROOT_UUID}", "/dev/loop0").replace(
        "luks,", "luks,header=/tmp/header,"), setup=APART, check=OPEN),
    "header/pinned-other": Direct(
        "known-key", pin="tiny", dialogue=(), exit=7, check=CLOSED, setup=APART,
        crypttab=PINNED.replace(f"UUID={ROOT_UUID}", "/dev/loop0").replace(
            "luks,", "luks,header=/tmp/header,"),
        shows=("/tmp/header is refused: volume root must have the volume key",)),
    "header/not-of-cmdline": Direct(
        cmdline=f"rd.luks.options={ROOT_UUID}=header=/tmp/header "
                f"rd.luks.data={ROOT_UUID}=/dev/loop1", check=OPEN,
        shows=('option "header=/tmp/header" is ignored', "may not give it another disk")),
    # What counts is the detached header, whatever the disk begins with.
    "header/second-one": Direct(
        "stranger", crypttab=IN_FILE, check=OPEN,
        setup=f"{OTHER_APART} && dd if=/tmp/other of=/dev/loop0 bs=1M count=16 2>/dev/null; sync",
        shows=("warning: /dev/loop0 .volume root. begins with a LUKS header of its own, which is "
               "not used: the detached header in /tmp/header is",)),
    "header/wrong-uuid": Direct(
        "stranger", crypttab="", setup=APART, dialogue=(), exit=4, check=CLOSED,
        cmdline=f"rd.luks.data={ROOT_UUID}=/dev/loop0 rd.luks.name={ROOT_UUID}=root "
                f"rd.luks.options={ROOT_UUID}=header=/tmp/header",
        shows=("The detached header in /tmp/header has the UUID "
               "1a7ac700-0000-4000-8000-00000000dead",)),
    "header/luks1": Direct("luks1", crypttab=IN_FILE, dialogue=(), exit=7, setup=APART,
                           shows=("/tmp/header has a LUKS1 header",)),
    "header/folder": Direct(
        crypttab=IN_FILE, dialogue=(), exit=4, check="rmdir /tmp/header",
        setup="rm -f /tmp/header; mkdir /tmp/header", shows=("from /tmp/header: it is a folder",)),
    "header/fifo": Direct(
        crypttab=IN_FILE, dialogue=(), exit=4, check="rm /tmp/header",
        setup="rm -f /tmp/header; mkfifo /tmp/header",
        shows=("from /tmp/header: it is neither a disk nor a regular file",)),
    "header/empty": Direct(crypttab=IN_FILE, dialogue=(), exit=4, setup=": >/tmp/header",
                           shows=("/tmp/header is not a LUKS2 disk",)),
    "header/truncated": Direct(
        crypttab=IN_FILE, dialogue=(), exit=4, check=CLOSED,
        setup=f"{APART} && truncate -s 10000 /tmp/header", shows=("of /tmp/header",)),
    "header/without-keyslots": Direct(
        crypttab=IN_FILE, exit=4, dialogue=(), check=CLOSED,
        setup=f"{APART} && truncate -s 32K /tmp/header", shows=("/tmp/header",)),
    "header/disk-too-small": Direct(
        crypttab=IN_FILE, dialogue=(), exit=4, check=CLOSED,
        setup=f"{APART}; losetup -d /dev/loop0; truncate -s 8M /tmp/disk; "
              "losetup /dev/loop0 /tmp/disk",
        shows=("/dev/loop0 .volume root. ends before its data begin: it has 8 MiB",)),
    "header/other-disk": Direct(
        crypttab=IN_FILE, dialogue=(), exit=4, check=CLOSED,
        setup=f"{APART}; dd if=/dev/zero of=/dev/loop0 bs=1M seek=16 count=1 2>/dev/null; sync",
        shows=("/dev/loop0 .volume root.: the dm-integrity superblock",)),
    "header/decoy": Direct(
        "luks2-plain", crypttab=BY_UUID.replace("timeout=3", "timeout=60"), check=OPEN,
        setup=f"{OTHER_APART} && losetup /dev/loop1 /tmp/other; (wait_for "
              "pidof intact-unlock; sleep 2; losetup /dev/loop2 /tmp/header) &",
        shows=("warning: /dev/loop1 is refused",)),
    "header/loop": Direct(
        disk="", crypttab=DATA.replace("luks,", "luks,header=/dev/mapper/root,"), dialogue=(),
        arguments="--list",
        shows=('the header of "root" is on the volume "root": this can never be opened',)),
    # In a file on another device.
    "header/on-stick": Direct(crypttab=ON_STICK, setup=STICK, check=OPEN),
    "header/on-stick-late": Direct(
        crypttab=ON_STICK.replace("timeout=3", "timeout=60"), check=OPEN,
        setup=f"{STICK_MADE}; (wait_for pidof intact-unlock; sleep 2; losetup /dev/loop1 "
              "/tmp/other) &"),
    "header/on-stick-absent": Direct(
        crypttab=ON_STICK.replace("/h.img", "/none"), setup=STICK, dialogue=(), exit=6,
        check=CLOSED,
        shows=(r"the header file /none on LABEL=stick did not appear within 3 seconds "
               r"\(/dev/loop1: No such file",)),
    "header/on-stick-folder": Direct(
        crypttab=ON_STICK.replace("/h.img", "/lost+found"), setup=STICK, dialogue=(), exit=6,
        check=CLOSED, shows=(r"within 3 seconds \(/dev/loop1: it is a folder",)),
    "header/on-no-file-system": Direct(
        crypttab=ON_STICK.replace("LABEL=stick", f"UUID={ROOT_UUID}"), setup=ON_DEVICE,
        dialogue=(), exit=6, check=CLOSED, shows=(r"within 3 seconds \(/dev/loop1: ",)),
    "header/on-stick-camellia": Direct(
        "keyslot-camellia", crypttab=ON_STICK, setup=STICK, check=OPEN),
    # Key material in a cipher of the kernel's.
    "header/camellia-file": Direct("keyslot-camellia", crypttab=IN_FILE, setup=APART, check=OPEN),
    "header/camellia-device": Direct("keyslot-camellia", crypttab=BY_UUID, setup=ON_DEVICE,
                                     check=OPEN),
    # Keyslots and memory.
    "keyslots/second": Direct("two-keys", dialogue=((PROMPT, b"second\n"),),
                              check=f"{OPEN} && grep -q ^keyslot=1 /run/intact/root"),
    "keyslots/wrong": Direct("two-keys", dialogue=WRONG, exit=2, check=CLOSED,
                             shows=("none of the 2 keyslots",)),
    "keyslots/asked-for": Direct("two-keys", crypttab=TAB.replace("luks,", "luks,key-slot=1,"),
                                 check=OPEN,
                                 dialogue=((PROMPT, b"intact\n"), (PROMPT, b"second\n"))),
    "keyslots/asked-for-absent": Direct(
        "two-keys", crypttab=TAB.replace("luks,", "luks,key-slot=7,"), exit=2, check=CLOSED,
        shows=("keyslot 7 of /dev/loop0, which the option key-slot= asks for, does not exist",)),
    "keyslots/key-file": Direct("two-keys", crypttab=TAB.replace("none", "/tmp/key"),
                                setup="printf second >/tmp/key", dialogue=(),
                                check=f"{OPEN} && grep -q ^keyslot=1 /run/intact/root"),
    # What is no key file would be read for ever, or is no key: the passphrase is asked for.
    **{f"key-file/{name}": Direct(crypttab=TAB.replace("none luks", f"/tmp/key {extra}luks"),
                                  setup=setup, check=f"{OPEN}; code=$?; rm -f /tmp/key; exit $code",
                                  shows=(rf"the key file /tmp/key cannot be read \({why}",))
       for name, setup, extra, why in (
           ("fifo", "rm -f /tmp/key; mkfifo /tmp/key", "", "it is not a regular file"),
           ("fifo-written", "rm -f /tmp/key; mkfifo /tmp/key; { yes >/tmp/key & }", "",
            "it is not a regular file"),
           ("terminal", "ln -sf /dev/tty /tmp/key", "", "it is not a regular file"),
           ("endless", "ln -sf /dev/zero /tmp/key", "keyfile-size=16,", "it is not a regular file"),
           ("disk", "ln -sf /dev/loop0 /tmp/key", "", "it is not a regular file"),
           ("folder", "ln -sfn /tmp /tmp/key", "", "it is a folder"),
           ("kernel-log", "ln -sf /proc/kmsg /tmp/key", "", "it is empty"),
           ("absent", "rm -f /tmp/key", "", "No such file"),
           ("huge", "rm -f /tmp/key; truncate -s 64G /tmp/key", "", "it has more than 8 MiB"),
           ("huge-part", "rm -f /tmp/key; truncate -s 64G /tmp/key", "keyfile-size=8388609,",
            "it has more than 8 MiB"),
           ("short", "rm -f /tmp/key; printf intact >/tmp/key", "keyfile-offset=7,",
            "it ends before"))},
    "key-file/part": Direct(crypttab=TAB.replace("none luks", "/tmp/key keyfile-offset=3,"
                                                 "keyfile-size=6,luks"), dialogue=(), check=OPEN,
                            setup="rm -f /tmp/key; printf 123intact456 >/tmp/key; "
                                  "truncate -s 64G /tmp/key"),
    # A key on another medium, in every dialect. The prompt may stand until the medium is found.
    **{f"key-device/{name}": Direct(
        crypttab=_keyed(key, options), setup=f"{_stick(MAKE_KEY, fs)} && {SUMMED}", dialogue=(),
        asked=0 if "headless" in options else 1,
        check=f"{OPEN} && {UNCHANGED}", cmdline=cmdline, hides=("warning",))
       for name, fs, key, options, cmdline in (
           ("vfat", "vfat", "/dir/key:LABEL=KEYS", "", ""),
           ("ext4", "ext4", "/dir/key:/dev/loop2", "keyfile-timeout=5,", ""),
           ("headless", "vfat", "/dir/key:LABEL=KEYS", "headless,", ""),
           ("systemd", "vfat", "none", "", f"rd.luks.key={ROOT_UUID}=/dir/key:LABEL=KEYS"),
           ("dracut", "vfat", "none", "",
            f"rd.luks.key=/dir/key:LABEL=KEYS:UUID={ROOT_UUID} rd.luks.key.tout=5"),
           ("arch", "vfat", "none", "",
            f"cryptdevice=UUID={ROOT_UUID}:root cryptkey=LABEL=KEYS:vfat:dir/key"),
           ("arch-auto", "ext4", "none", "",
            f"cryptdevice=UUID={ROOT_UUID}:root cryptkey=/dev/loop2:auto:/dir/key"),
           ("debian", "vfat", "none", "",
            f"cryptopts=target=root,source=UUID={ROOT_UUID},key=/dir/key:LABEL=KEYS"))},
    # As desktops write it, who mount vfat with utf8.
    "key-device/blank-and-umlaut": Direct(
        crypttab=_keyed("/mein\\040Schl\u00fcssel:LABEL=KEYS"), dialogue=(), check=OPEN, asked=1,
        setup=_stick("umount /mnt; mount -o loop,utf8 /tmp/stick /mnt; "
                     "printf intact >'/mnt/mein Schl\u00fcssel'")),
    # A link may lead to another place of the medium.
    "key-device/link": Direct(
        crypttab=_keyed("/link:LABEL=KEYS"), dialogue=(), check=OPEN, asked=1,
        setup=_stick(f"{MAKE_KEY}; ln -s /dir/key /mnt/link", "ext4")),
    # The header and the key of root are on a volume, which is to be opened first.
    "key-device/vault": Direct(
        crypttab=_keyed("/key:LABEL=VAULT", "headless,") + VAULT_TAB, setup=VAULT,
        dialogue=((VAULT_PROMPT, b"vault\n"),), check=OPEN),
    "header/vault": Direct(
        crypttab=DATA.replace("luks,", "luks,header=/h.img:LABEL=VAULT,") + VAULT_TAB,
        setup=f"{VAULT}; dd if=/dev/zero of=/dev/loop0 bs=1M count=16 2>/dev/null; sync",
        dialogue=((VAULT_PROMPT, b"vault\n"), (PROMPT, b"intact\n")), check=OPEN),
    # Its journal waits to be replayed, which would write to it.
    "key-device/journal": Direct(
        crypttab=_keyed("/dir/key:LABEL=KEYS"), dialogue=(), check=f"{OPEN} && {UNCHANGED}",
        asked=1, setup=_stick(f"{MAKE_KEY}; sync; cp /tmp/stick /tmp/dirty", "ext4",
                     # s_feature_incompat of the superblock: EXT4_FEATURE_INCOMPAT_RECOVER
                     "mv /tmp/dirty /tmp/stick && [ $(($(dd if=/tmp/stick bs=1 skip=1120 count=1 "
                     "2>/dev/null | od -An -tu1) & 4)) = 4 ] && " + f"{SUMMED} && {PLUG}")),
    **{f"key-device/raw-{name}": Direct(
        crypttab=_keyed(key, options), cmdline=cmdline, dialogue=(), check=OPEN,
        asked=1, hides=("warning",),
        setup="truncate -s 64M /tmp/stick && printf intact | dd of=/tmp/stick bs=1 seek=513 "
              f"conv=notrunc 2>/dev/null && {PLUG}")
       for name, key, options, cmdline in (
           ("crypttab", "/dev/loop2", "keyfile-offset=513,keyfile-size=6,", ""),
           ("arch", "none", "", f"cryptdevice=UUID={ROOT_UUID}:root cryptkey=/dev/loop2:513:6"),
           ("systemd", "none", "keyfile-offset=513,keyfile-size=6,",
            f"rd.luks.key={ROOT_UUID}=/dev/loop2"))},
    # It comes while the prompt stands, which is withdrawn then.
    "key-device/late": Direct(
        crypttab=_keyed("/dir/key:LABEL=KEYS"), dialogue=((PROMPT, b"half a passph"),), check=OPEN,
        setup=_stick(MAKE_KEY, plug=f"{{ (wait_for asked && {PLUG}) & }}"),
        shows=("intact: root: the key /dir/key:LABEL=KEYS is used as soon as LABEL=KEYS appears",)),
    "key-device/late-headless": Direct(
        crypttab=_keyed("/dir/key:LABEL=KEYS", "headless,").replace("timeout=3", "timeout=60"),
        dialogue=(), check=OPEN,
        setup=_stick(MAKE_KEY, plug=f"{{ (wait_for pidof intact-unlock; sleep 2; {PLUG}) & }}")),
    "key-device/never": Direct(
        crypttab=_keyed("/dir/key:LABEL=KEYS", "keyfile-timeout=2,"), check=OPEN, asked=1,
        dialogue=(("did not appear within 2 seconds", b"intact\n"),)),
    "key-device/never-headless": Direct(
        crypttab=_keyed("/dev/loop7", "headless,").replace("timeout=3", "timeout=2"), dialogue=(),
        exit=2, check=CLOSED,
        shows=("/dev/loop7, the device of the key /dev/loop7, did not appear within 2 seconds",
               'its "headless" option forbids')),
    # A wrong key, and then the right medium.
    "key-device/second": Direct(
        crypttab=_keyed("/dir/key:LABEL=KEYS"), check=OPEN, dialogue=((PROMPT, b""),),
        setup=_stick(MAKE_KEY) + " && cp /tmp/stick /tmp/other && " + _stick(
            "mkdir /mnt/dir && echo wrong >/mnt/dir/key", plug="losetup -d /dev/loop2; "
            f"{PLUG} && {{ (wait_for asked && losetup /dev/loop1 /tmp/other) & }}"),
        shows=("the key file /dir/key:LABEL=KEYS opens no keyslot",)),
    # What is no key: one line that says why, and the passphrase is asked for.
    **{f"key-device/{name}": Direct(
        crypttab=_keyed(key, options), setup=_stick(make, fs, plug or PLUG), check=OPEN,
        # The medium may be found before the prompt or after it.
        dialogue=((rf"{what} cannot be read \(/dev/loop2: {why}", b""), (PROMPT, b"intact\n")))
       for name, fs, make, plug, key, options, what, why in (
           ("absent", "vfat", ":", "", "/key:LABEL=KEYS", "", "the key file /key:LABEL=KEYS",
            "No such file"),
           ("empty", "vfat", ": >/mnt/key", "", "/key:LABEL=KEYS", "", "LABEL=KEYS",
            "it is empty"),
           ("folder", "vfat", "mkdir /mnt/key", "", "/key:LABEL=KEYS", "", "LABEL=KEYS",
            "it is a folder"),
           ("fifo", "ext4", "mkfifo /mnt/key", "", "/key:LABEL=KEYS", "", "LABEL=KEYS",
            "it is not a regular file"),
           ("device", "ext4", "mknod /mnt/key c 1 5", "", "/key:LABEL=KEYS", "", "LABEL=KEYS",
            "(it is not a regular file|Permission denied)"),
           ("huge", "ext4", "truncate -s 9M /mnt/key", "", "/key:LABEL=KEYS", "", "LABEL=KEYS",
            "it has more than 8 MiB"),
           ("short", "vfat", "printf intact >/mnt/key", "", "/key:LABEL=KEYS", "keyfile-size=7,",
            "LABEL=KEYS", "it ends before the bytes that keyfile-size= asks for"),
           ("link-out", "ext4", "ln -s ../../../proc/cmdline /mnt/key", "", "/key:LABEL=KEYS", "",
            "LABEL=KEYS", "No such file"),
           ("magic-link", "ext4", "ln -s /proc/self/root/tmp/key /mnt/key", "", "/key:LABEL=KEYS",
            "", "LABEL=KEYS", "No such file"),
           ("link-circle", "ext4", "ln -s b /mnt/a; ln -s a /mnt/b", "", "/a:LABEL=KEYS", "",
            "LABEL=KEYS", "its symbolic link leads in a circle"),
           ("corrupt-vfat", "vfat", ":",
            "printf '\\377\\377' | dd of=/tmp/stick bs=1 seek=11 conv=notrunc 2>/dev/null; " + PLUG,
            "/key:/dev/loop2", "", "/key:/dev/loop2", "(its vfat file system|no file system)"),
           ("corrupt-ext4", "ext4", MAKE_KEY,
            "dd if=/dev/urandom of=/tmp/stick bs=1k seek=2 count=2000 conv=notrunc 2>/dev/null; "
            + PLUG, "/dir/key:LABEL=KEYS", "", "LABEL=KEYS",
            "(its ext4 file system is damaged|.*Structure needs cleaning|.*Input/output error|"
            "No such file)"),
           ("no-file-system", "vfat", ":",
            "dd if=/dev/zero of=/tmp/stick bs=1k count=64 conv=notrunc 2>/dev/null; " + PLUG,
            "/key:/dev/loop2", "", "/key:/dev/loop2", "no file system was recognised"),
           ("other-file-system", "vfat", ":", "mkswap /tmp/stick >/dev/null; " + PLUG,
            "/key:/dev/loop2", "", "/key:/dev/loop2", 'no key is read from a "swap"'),
           ("raw-large", "vfat", ":", "truncate -s 9M /tmp/stick; " + PLUG, "/dev/loop2", "",
            "the key on /dev/loop2", "it has more than 8 MiB: name a part"),
           ("raw-short", "vfat", ":", "", "/dev/loop2", "keyfile-offset=4194304,",
            "the key on /dev/loop2", "it ends before the place"))},
    "key-device/own-disk": Direct(
        crypttab=_keyed("/dev/loop0"), check=OPEN,
        shows=("the key /dev/loop0 is not read: /dev/loop0 is the disk that the key is to open",)),
    # Its device stops answering just before it is read.
    "key-device/sick": Direct(
        crypttab=_keyed("/dir/key:/dev/dm-0").replace("timeout=3", "timeout=60"), disk="",
        pin="tiny", seconds=90, check=OPEN,
        setup=_stick(MAKE_KEY) + " && dmsetup create sick --table '0 8192 linear /dev/loop2 0' && "
              "{ (wait_for pidof intact-unlock; sleep 3; dmsetup suspend sick; "
              'cp "$(disk tiny)" /tmp/disk2 && losetup /dev/loop0 /tmp/disk2) & }',
        shows=("/dev/dm-0 cannot be read .*: the device does not answer",)),
    # Those that systemd and Arch's hook find without a word.
    "key-file/of-its-name": Direct(
        crypttab=PINNED, dialogue=(),
        check=f"{OPEN}; code=$?; rm -r /run/cryptsetup-keys.d; exit $code",
        setup="mkdir -p /run/cryptsetup-keys.d && printf intact >/run/cryptsetup-keys.d/root.key"),
    "key-file/of-its-name-no-pin": Direct(
        check="rm -r /run/cryptsetup-keys.d",
        setup="mkdir -p /run/cryptsetup-keys.d && printf intact >/run/cryptsetup-keys.d/root.key"),
    "key-file/crypto-keyfile": Direct(
        crypttab=PINNED, dialogue=(), check=f"{OPEN}; code=$?; rm /crypto_keyfile.bin; exit $code",
        cmdline=f"cryptdevice=UUID={ROOT_UUID}:root", setup="printf intact >/crypto_keyfile.bin"),
    "keyfile-erase": Direct(
        crypttab=_keyed("/tmp/key", "keyfile-erase,"), dialogue=(),
        setup="rm -f /tmp/key; printf intact >/tmp/key", check=f"{OPEN} && ! test -e /tmp/key"),
    "keyfile-erase-not-open": Direct(
        crypttab=_keyed("/tmp/key", "keyfile-erase,headless,"), dialogue=(), exit=2,
        setup="rm -f /tmp/key; printf wrong >/tmp/key", check="test -e /tmp/key"),
    "keyfile-erase-elsewhere": Direct(
        crypttab=_keyed("/dir/key:LABEL=KEYS", "keyfile-erase,"), dialogue=(), check=OPEN, asked=1,
        setup=_stick(MAKE_KEY), shows=("LABEL=KEYS is not erased: it is on another device",)),
    "memory/4-tib-and-a-good-one": Direct("memory-first", dialogue=((PROMPT, b"second\n"),),
                                          check=OPEN),
    "memory/4-tib-left-out": Direct(
        "memory-first", dialogue=WRONG, exit=2, check=CLOSED,
        shows=("warning: not every keyslot of /dev/loop0 was tried: keyslot 0 asks for 3.9 TiB of "
               "memory, more than the .* this machine has",)),
    "memory/4-tib": Direct(
        "memory-only", exit=3, check=CLOSED,
        shows=("no keyslot of /dev/loop0 can be tried on this machine: keyslot 0 asks for 3.9 TiB",
               )),
    # Really runs out: what the kernel kills is the process of that keyslot.
    "memory/killed": Direct(
        "memory-most", dialogue=((PROMPT, b"intact\n"), (PROMPT, b"second\n")), seconds=120,
        check=OPEN,
        shows=("not every keyslot of /dev/loop0 was tried: keyslot 0 needs 960 MiB of memory, but "
               "only [0-9.]+ MiB is free",)),
    # Whom the kernel takes first, and that nothing is left when the parent is killed.
    "memory/worker-first": Direct(dialogue=((PROMPT, b""),), exit=137, setup="""rm -f /tmp/scores
scores() {
	for p in $(pidof intact-unlock); do
		[ "$(tr -d '\\0' </proc/$p/cmdline)" ] || continue # has ended
		read -r score </proc/$p/oom_score_adj && echo $score
		[ "$score" != 0 ] || echo $p >/tmp/parent
	done 2>/dev/null | sort -nu | tr "\\n" " "
}
(wait_for asked; wait_for '[ "$(scores)" = "0 500 1000 " ]'; scores >/tmp/scores
kill -KILL $(cat /tmp/parent)) &""",
                                  check="wait_for '! pidof intact-unlock' && "
                                        "grep -qx '0 500 1000 ' /tmp/scores"),
    # What is scrubbed when it ends, however long that takes, holds neither NAME_dif nor the disk.
    "memory/holds-no-disk": Direct(
        dialogue=((PROMPT, b"wrong\n"), (PROMPT, b"")), exit=137, seconds=30,
        run=f"{ARGUMENTS}; echo $$ >/tmp/parent; exec intact-unlock $A 2>/tmp/said",
        setup="""rm -f /tmp/said /tmp/held
files_of() {
	for p in $(pidof intact-unlock); do
		[ "$(cat /proc/$p/oom_score_adj)" = 1000 ] || continue
		guard=$(cut -d" " -f4 /proc/$p/stat)
		for file in /proc/$p/fd/* /proc/$guard/fd/*; do readlink $file; done
	done 2>/dev/null
}
(wait_for grep wrong /tmp/said; wait_for asked; wait_for dmsetup info root_dif
wait_for 'files_of | grep memfd && ! files_of | grep -e dm- -e loop'
files_of >/tmp/held; kill -KILL $(cat /tmp/parent)) &""",
        check="wait_for '! pidof intact-unlock' && grep -q memfd /tmp/held && "
              "! grep -e dm- -e loop /tmp/held"),
    # A disk that does not answer delays nothing, and is waited for no longer than its time-out.
    "sick/beside": Direct(setup=SICK, seconds=15,
                          check=f"{OPEN} && dmsetup info sick | grep -q SUSPENDED"),
    "sick/alone": Direct(disk="", setup=SICK, dialogue=(), exit=6, seconds=15,
                         shows=(r"Disks seen: /dev/dm-0 \(does not answer\)",)),
    "sick/sigterm": Direct(
        disk="", crypttab=TAB.replace("timeout=3", "timeout=120"), dialogue=(), exit=1, seconds=15,
        setup=f"{SICK}; (wait_for pidof intact-unlock; sleep 1; kill $(pidof intact-unlock)) &",
        shows=("stopped by a signal",)),
    "sick/answers-late": Direct(
        setup=f"{SICK_BELOW} && dmsetup suspend sick; {NO_ANSWER} dmsetup resume sick) &",
        run=AND_KEEP, crypttab=SICK_TAB.replace("timeout=3", "timeout=60"), check=OPEN, seconds=30,
        shows=("/dev/dm-0 does not answer",)),
    "sick/header": Direct(
        setup=SICK_HEADER, dialogue=(), exit=6, seconds=40,
        crypttab=SICK_TAB.replace("timeout=3", "timeout=20"),
        shows=("root: warning: /dev/dm-0 does not answer; waiting until it does",
               "/dev/dm-0 stopped answering and did not answer again within 20 seconds")),
    "sick/header-answers": Direct(
        setup=f"{SICK_HEADER}; {NO_ANSWER} dmsetup resume sick) &", check=OPEN, seconds=40,
        run=AND_KEEP, crypttab=SICK_TAB.replace("timeout=3", "timeout=60"),
        shows=("/dev/dm-0 does not answer; waiting until it does",)),
    # The kernel says that it is gone, while the worker waits for its header.
    "sick/removed": Direct(
        setup=f"{SICK_HEADER}; {NO_ANSWER} echo remove >/sys/block/dm-0/uevent) &", run=AND_KEEP,
        crypttab=SICK_TAB.replace("timeout=3", "timeout=20"), dialogue=(), exit=6, seconds=40,
        shows=("/dev/dm-0 does not answer; waiting until it does",
               "/dev/dm-0 was removed; waiting until it is back",
               "no disk with /dev/dm-0 appeared within 20 seconds")),
    "sick/opening": Direct(
        setup=f"{SICK_BELOW}; (wait_for asked && dmsetup suspend sick && echo it is suspended) &",
        crypttab=SICK_TAB, dialogue=((PROMPT, b""), ("it is suspended", b"intact\n")), exit=6,
        shows=("/dev/dm-0 stopped answering and did not answer again within 3 seconds",)),
    # Its disk has errors only, or is another one with this UUID and this passphrase. What is left
    # is what the message says.
    "sick/dies": Direct(
        setup=SICK_LATER.format("error"), crypttab=SICK_TAB, dialogue=LATER, exit=1, seconds=30,
        shows=("/dev/mapper/root .* cannot be read at sector 0, .*: the disk reports a read error",
               "the mapping stays open for that"), check=OPEN),
    "sick/dies-before": Direct(
        setup=SICK_BEFORE.format("error"), crypttab=SICK_TAB, dialogue=LATER, exit=1, seconds=30,
        shows=("/dev/dm-0 could not be opened",), hides=("stays open",), check=CLOSED),
    "sick/exchanged": Direct(
        "hmac-sha512", setup=EXCHANGED + SICK_LATER.format("linear /dev/loop1 0"),
        crypttab=SICK_TAB.replace("sha256", "sha512"), dialogue=LATER, exit=8, seconds=30,
        shows=("Integrity check failed on root",), check=OPEN),
    "sick/exchanged-before": Direct(
        "hmac-sha512", setup=EXCHANGED + SICK_BEFORE.format("linear /dev/loop1 0"),
        crypttab=SICK_TAB.replace("sha256", "sha512"), dialogue=LATER, exit=1, seconds=30,
        shows=("/dev/dm-0 could not be opened",), check=CLOSED),
    "many/beside": Direct(crypttab=PATIENT, setup=MANY, seconds=60,
                          check=f"{OPEN} && {{ dmsetup remove_all; :; }}"),
    "many/alone": Direct(disk="", setup=MANY, dialogue=(), exit=6, seconds=30,
                         shows=("Disks seen: .*dm-",), check="dmsetup remove_all; :"),
    # Only root may lock memory beyond the limit.
    "unlocked-memory": Direct(
        disk="", dialogue=(), exit=6,
        setup="grep -q nobody /etc/passwd || echo nobody:x:65534:65534::/:/bin/sh >>/etc/passwd",
        run="su nobody -c 'ulimit -l 0; /lab/bin/intact-unlock --config /tmp/crypttab'",
        shows=("warning: the kernel refused to lock the memory for passphrases",)),
    "unwiped": Direct("unwiped", check=OPEN),
    "nonsense-line": Direct(
        crypttab="gibberish\nsecond UUID=zz none frob=1,x-systemd.device-timeout=3\n" + TAB,
        shows=("line 1", "line 2"), dialogue=((PROMPT, b"intact\n"),), exit=6, check=OPEN),
    "nonsense-cmdline": Direct(cmdline="rd.luks.uuid=;;; cryptdevice= rd.luks.name=x=/../y quiet",
                               check=OPEN),
    # Nothing that a terminal obeys, whatever a configuration holds, in any way out.
    "hostile-bytes": Direct(disk="", dialogue=(), exit=6, crypttab=HOSTILE, cmdline=HOSTILE_CMDLINE,
                            run=f"{ARGUMENTS}; intact-unlock $A --list >/tmp/said 2>&1; "
                                "intact-unlock $A >>/tmp/said 2>&1; code=$?; "
                                "intact-unlock $A --reasons >>/tmp/said 2>&1; exit $code",
                            check="dmesg | tail -n 40 | cat - /tmp/said /run/intact/* | "
                                  "tr -d '\\n\\040-\\176' | wc -c | grep -qx 0 && "
                                  "grep -q 'no disk with LABEL=x.y appeared' /tmp/said"),
    # The early instance's lock must not be a file that a volume's name can choose.
    "name-early": Direct(crypttab=TAB + TAB.replace("root", ".early", 1), exit=1,
                         run=f"{TWICE} && intact-unlock $A", check=OPEN,
                         shows=(r"the name \"\.early\" begins with a '\.'",)),
    "discard": Direct(crypttab=TAB.replace("luks,", "luks,discard,"), check=OPEN,
                      shows=("discard",)),
    # The kernel command line takes nothing back that the image promises.
    "disabled": Direct(cmdline="rd.luks=0", dialogue=(), exit=7,
                       shows=(r"promises the integrity of root, but it is switched off "
                              r"\(kernel command line: rd\.luks=0\)",),
                       check=f"{CLOSED} && grep -qx code=7 /run/intact/root"),
    "disabled-without-promise": Direct(
        crypttab=f"root UUID={ROOT_UUID} none luks\n", cmdline="luks=no", dialogue=(),
        check=f"{CLOSED} && grep -qx outcome=left /run/intact/root"),
    "disabled-early": Direct(cmdline="rd.luks=0", dialogue=(), exit=7, check=CLOSED,
                             run=f"{TWICE} && intact-unlock $A"),
    # Who knows the file, which is in every image, can make a disk that opens with it.
    "key-file-of-cmdline": Direct(
        cmdline=f"rd.luks.key={ROOT_UUID}=/tmp/key", setup="printf intact >/tmp/key", check=OPEN,
        shows=("the key file is ignored: no volume key is pinned for root",)),
    "key-file-of-cmdline-pinned": Direct(
        crypttab=PINNED, cmdline=f"rd.luks.key={ROOT_UUID}=/tmp/key",
        setup="printf intact >/tmp/key", check=OPEN, dialogue=()),
    "nofail-of-cmdline": Direct("flip-fs", cmdline=f"rd.luks.options={ROOT_UUID}=nofail,noauto",
                                exit=8, shows=('option "nofail" is ignored',)),
    # A boot that goes on must not find what failed its check.
    "nofail-closed": Direct("flip-fs", crypttab=TAB.replace("luks,", "luks,nofail,"),
                            shows=("The boot goes on without it",),
                            check=f"{CLOSED} && grep -qx code=8 /run/intact/root && "
                                  f"test -e /run/intact/.refused/root && {NOT_OPENED}"),
    "nofail-refused": Direct("luks2-plain", crypttab=TAB.replace("luks,", "luks,nofail,"),
                             dialogue=(), check=NOT_OPENED),
    # systemd-cryptsetup opens a volume only where this file is not there; other programs where the
    # name is free. A disk may come after the time-out.
    "nofail-absent": Direct(disk="", crypttab=TAB.replace("luks,", "luks,nofail,"), dialogue=(),
                            check="test -e /run/intact/.refused/root && cp $(disk tiny) /tmp/disk "
                                  f"&& losetup /dev/loop0 /tmp/disk && {NOT_OPENED}"),
    "nofail-off": Direct(crypttab=TAB.replace("luks,", "luks,nofail,"), cmdline="rd.luks=0",
                         dialogue=(), check=NOT_OPENED),
    "nofail-absent-unpromised": Direct(
        disk="", dialogue=(), check="! test -e /run/intact/.refused/root && ! dmsetup info root",
        crypttab=f"root UUID={ROOT_UUID} none luks,nofail,x-systemd.device-timeout=3\n"),
    "nofail-tried-again": Direct(
        disk="", crypttab=TAB.replace("luks,", "luks,nofail,"), setup="cp $(disk tiny) /tmp/disk",
        run=f"{ARGUMENTS}; intact-unlock $A && dmsetup info root && losetup /dev/loop0 /tmp/disk "
            "&& intact-unlock $A", check=OPEN),
    # A boot that stops leaves the name to the person who repairs.
    "failed-not-held": Direct("luks2-plain", dialogue=(), exit=7, check="! dmsetup info root"),
    "nofail-opened-later": Direct(
        crypttab=TAB.replace("luks,", "luks,nofail,"),
        setup="mkdir -p /run/intact/.refused; : >/run/intact/.refused/root",
        check=f"{OPEN} && ! test -e /run/intact/.refused/root"),
    "nofail-name-taken": Direct(crypttab=TAB.replace("luks,", "luks,nofail,"), dialogue=(), exit=5,
                                setup="dmsetup create root --table '0 8 zero'"),
    "nofail-absent-name-taken": Direct(
        disk="", crypttab=TAB.replace("luks,", "luks,nofail,"), dialogue=(), exit=6,
        setup="dmsetup create root --table '0 8 zero'",
        shows=("/dev/mapper/root exists, but was not checked",)),
    # Of two lines for one volume the first counts, and what either promises.
    "promise-of-second-line": Direct(
        "luks2-plain", crypttab=f"root UUID={ROOT_UUID} none luks,nofail\n" + TAB, dialogue=(),
        exit=7, check=CLOSED),
    "nofail-in-use": Direct("flip-fs", crypttab=TAB.replace("luks,", "luks,nofail,"), dialogue=(),
                            setup="printf intact | cryptsetup open --key-file - /dev/loop0 root && "
                                  "{ sleep 60 </dev/mapper/root & }",
                            check="dmsetup table root | grep -q error && "
                                  "! dd if=/dev/mapper/root of=/dev/null bs=4k skip=100 count=1"),
    # Devices on a volume that is refused.
    **{f"nofail-stacked/{name}": Direct(
        "flip-fs", crypttab=TAB.replace("luks,", "luks,nofail,"), dialogue=(),
        setup=STACKED + after,
        check=f"test -e /tmp/stacked && ! dmsetup info higher && {check}")
       for name, after, check in (
        ("unused", "", "! dmsetup info above && ! dmsetup info beside && held root && "
                       "closed root_dif"),
        ("used", "{ sleep 600 </dev/mapper/above & }",
         "dmsetup table root | grep -q error && closed root_dif && "
         "! dd if=/dev/mapper/above of=/dev/null bs=4k skip=10 count=1"))},
    # A udevd that never says it is done with a device, as in an image without 95-dm-notify.rules.
    "udev-silent": Direct(setup="mkdir -p /run/udev; : >/run/udev/control", check=OPEN,
                          shows=("udev did not confirm",)),
    # … and one that is busy with what came before, for longer than an idle one may take.
    "udev-busy": Direct(
        setup="mkdir -p /run/udev; : >/run/udev/control; : >/run/udev/queue; "
              "{ until dmsetup udevcookies | grep -q 0x; do sleep 1; done; sleep 18; "
              "DM_DISABLE_UDEV=1 dmsetup mknodes; dmsetup udevcomplete_all -y; } >/dev/null 2>&1 &",
        hides=("udev did not confirm",), check=OPEN, seconds=60),
    "bad-argument": Direct(disk="", arguments="frobnicate", dialogue=(), exit=1,
                           shows=("frobnicate",)),
    "no-config": Direct(disk="", arguments="--config /nowhere", dialogue=()),
    # rd.luks.uuid= gives no name: the one of crypttab stays, which names the disk by its path.
    "name-of-crypttab": Direct(crypttab=LOOP0, cmdline=f"rd.luks.uuid={ROOT_UUID}", check=OPEN,
                               shows=("it is opened once, as root$",)),
    "list-switched-off": Direct(
        disk="", arguments="--list", cmdline="luks=no", dialogue=(), hides=("^root UUID=",),
        shows=(r"root: is switched off \(kernel command line: luks=no\)",)),
    "list": Direct(disk="", arguments="--list", dialogue=(), shows=(f"^root UUID={ROOT_UUID}",)),
    **{f"modes/{mode}": Direct(mode, crypttab=TAB.replace("=hmac(sha256)", ""), check="same")
       for mode in ("tiny", "random-iv", "hmac-sha512", "hmac-sha1", "essiv", "serpent", "adiantum",
                    "gcm", "chacha", "aegis", "sector-512", "no-journal")},
    "modes/options": Direct(
        crypttab=TAB.replace("luks,", "luks,same-cpu-crypt,submit-from-crypt-cpus,"
                                      "no-read-workqueue,no-write-workqueue,"),
        check="same --perf-same_cpu_crypt --perf-submit_from_crypt_cpus --perf-no_read_workqueue "
              "--perf-no_write_workqueue"),
    "modes/readonly": Direct(crypttab=TAB.replace("luks,", "luks,readonly,"),
                             check="same --readonly"),
}

# $(disk NAME): the file of a disk. Everything of the case before is removed, whatever it left
# behind.
PRELUDE = f"""
modprobe -q loop
export PATH=/lab/bin:$PATH
disk() {{
	while read -r name folder; do
		[ "$name" != "$1" ] || {{ echo "/share/$folder/disk"; return; }}
	done </lab/disks
}}
# Until a command succeeds.
wait_for() {{
	tries={patient(200):.0f}
	until eval "$*" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 100000
	done
}}
# Is a prompt open? The echo is switched off just before it is shown.
asked() {{
	stty -a </dev/tty | grep -q -e '-echo ' && usleep 500000
}}
# What was made ahead goes when the last process that had it has ended.
closed() {{
	wait_for "! dmsetup info $1 || held $1"
}}
# Is the name taken, so that no other program opens the volume, and is nothing in it?
held() {{
	dmsetup info -c --noheadings -o uuid $1 | grep -q ^INTACT-HELD-
}}
""" + """
# Has the disk one user at most?
one_user() {
	[ "$(ls /sys/block/loop0/holders | wc -l)" -le 1 ]
}
# Are the mappings what cryptsetup, which can close these, makes of the same disk?
tables() {
	for name in root root_dif; do
		dmsetup table --showkeys $name
		dmsetup info -c --noheadings -o attr,blkdevs_used $name
		blockdev --getra --getro /dev/mapper/$name
	done
	dmsetup info -c --noheadings -o uuid root
	dmsetup status root_dif
}
same() {
	tables >/tmp/ours && cryptsetup close root && closed root && closed root_dif &&
	printf intact | cryptsetup open --key-file - "$@" /dev/loop0 root && tables >/tmp/theirs &&
	diff -u /tmp/theirs /tmp/ours
}
# The JSON of a copy of the header, which begins at that block.
json() {
	dd if=/tmp/disk bs=4096 skip=$1 count=3 2>/dev/null | md5sum
}
# Does it open when the copy at that block is gone?
only_copy() {
	cryptsetup close root &&
	dd if=/dev/zero of=/dev/loop0 bs=4096 seek=$1 count=1 conv=notrunc 2>/dev/null &&
	printf intact | cryptsetup open --test-passphrase --key-file - /dev/loop0
}
first_16m() {
	dd if="$1" bs=1M count=16 2>/dev/null | md5sum
}
same_header() {
	sync
	[ "$(first_16m /tmp/disk)" = "$(first_16m "$1")" ]
}
# To start a process is dear in user-mode Linux: the shell itself looks whether there is anything to
# end, to remove or to unmount.
no_process() {
	for comm in /proc/[0-9]*/comm; do
		read -r name <$comm
		[ "$name" != "$1" ] || { killall -q -9 $1; return; }
	done 2>/dev/null
}
no_mounts() {
	while read -r device place rest; do
		case $place in
		/mnt | /mnt/* | /tmp/*) places="$place $places" ;;
		esac
	done </proc/mounts
	for place in $places; do umount $place; done
	places=
}
answers() {
	for dm in /sys/block/dm-*/dm; do
		read -r name <$dm/name
		[ "$name" != sick ] || dmsetup resume sick
	done 2>/dev/null
}
# Those in which no other one is, until none is left.
no_mappings() {
	for round in 1 2 3 4 5; do
		found=
		for dm in /sys/block/dm-*; do
			[ -e $dm ] || continue
			found=1
			set -- $dm/holders/*
			[ ! -e $1 ] || continue
			read -r name <$dm/dm/name
			dmsetup remove --retry -f "$name"
		done
		[ "$found" ] || return
	done >/dev/null 2>&1
}
# A row with an udevd of its own leaves those of which dmsetup thinks that udev removes them. (LVM
# makes no volume group of which there is a folder.)
no_nodes() {
	for node in /dev/mapper/*; do
		[ $node = /dev/mapper/control ] || rm -f "$node"
	done
}
no_loops() {
	for loop in /sys/block/loop*/loop; do
		[ -e $loop ] || continue
		loop=${loop%/loop}
		losetup -d /dev/${loop##*/}
	done 2>/dev/null
}
clean() {
	for job in $(jobs -p); do kill $job 2>/dev/null; done
	no_process intact-unlock
	# In /run/udev is what makes dmsetup wait for an udevd.
	rm -rf /run/udev /run/intact /run/intact-unlock
	stty sane
	answers
	exec 9<&-
	no_mounts
	rm -rf /tmp/*
	no_mappings
	no_nodes
	rm -rf /dev/system
	no_loops
	keys clear
}
"""


def _pinned(text: str, disk: str) -> str:
    return text.replace("@PIN@", luks2.pin(disks.disk(disk))) if "@PIN@" in text else text


def _crypttab(case: Direct) -> str:
    """Its crypttab. Its time-out of three seconds is for rows in which no disk comes, or the one
    that is there is refused; one that is opened gets time enough for the slowest machine."""
    text = _pinned(case.crypttab, case.pin or case.disk)
    opened = (case.disk and "nofail" not in text and
              (case.exit in (0, 2, 8) or (case.exit == 1 and case.dialogue)))
    return re.sub(r"device-timeout=3\b", "device-timeout=60", text) if opened else text


def _script(cases: dict[str, Direct]) -> str:
    parts = [PRELUDE]
    for name, case in cases.items():
        crypttab = _crypttab(case)
        cmdline = _pinned(case.cmdline, case.pinned_cmdline or case.disk)
        # What the script holds with descriptor 9 is not held by processes that outlive the run.
        run = (f"sh -c {shlex.quote(case.run)}" if case.run else
               f"intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline {case.arguments}")
        parts.append(f"""
clean
printf %s {shlex.quote(crypttab)} >/tmp/crypttab
printf %s {shlex.quote(cmdline)} >/tmp/cmdline
{f'cp "$(disk {case.disk})" /tmp/disk && losetup /dev/loop0 /tmp/disk' if case.disk else ''}
echo "INTACT-CASE-BEGIN {name}"
{case.setup}
timeout -s KILL {patient(case.seconds):.0f} {run} 9<&-
echo "INTACT-CASE-EXIT $?"
( {case.check or ':'} )
echo "INTACT-CASE-CHECK $?"
""")
    return "\n".join(parts) + "\nclean\n"


def _one(case: Direct, console: Console) -> None:
    """Follow one case on the console. After any failure but Unexpected the guest goes on with the
    next case."""
    begin = console.mark
    end = r"^INTACT-CASE-EXIT (\d+)\n"
    wrong: Exception | None = None
    try:
        wait = console.question
        for prompt, data in case.dialogue:
            wait(prompt, case.seconds + 20, unless=end)
            console.send(data)
            # A prompt that stood before a message is shown again after it.
            wait = console.question if prompt.startswith(questions.PROMPT) else console.expect
    except Unexpected as error:
        wrong = error
        if console.ended:
            raise
    found = console.expect(end, case.seconds + 30, unless="Kernel panic")
    text = console.text[begin:found.start()]
    check = console.expect(r"^INTACT-CASE-CHECK (\d+)\n", max(60, case.seconds),
                           unless="Kernel panic")
    said = "\n".join(f"    {line}" for line in text.splitlines()[-25:])
    if wrong:
        raise Failed(f"{wrong}; exit {found.group(1)}\n{said}")
    if int(found.group(1)) != case.exit:
        raise Failed(f"exit {found.group(1)}, wanted {case.exit}\n{said}")
    for want in case.shows:
        if not re.search(want, text, re.MULTILINE):
            raise Failed(f"{want!r} was not said\n{said}")
    for want in case.hides:
        if re.search(want, text, re.MULTILINE):
            raise Failed(f"{want!r} was said\n{said}")
    wanted = sum(prompt.startswith(questions.PROMPT)
                 for prompt, _ in case.dialogue) if case.asked is None else case.asked
    asked = questions.count(text, ANY_PROMPT)
    if asked > wanted:
        raise Failed(f"{asked} questions, wanted {wanted}\n{said}")
    if check.group(1) != "0":
        raise Failed(f"the check after it failed: {case.check}\n{said}")


def _ext4() -> bytes:
    """An empty file system with a journal: the guest's programs make only ext2."""
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(8 << 20)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "1024", "-L", "KEYS", "-O",
                        "^orphan_file,^metadata_csum_seed", file.name], check=True)
        return Path(file.name).read_bytes()


def batch(cases: dict[str, Direct], folder: Path,
          ended: Callable[[str, Exception | None, float], None], kind: str = "",
          kernel: kernels.Kernel | None = None, add: dict[str, Path | bytes] | None = None) -> None:
    """Run the cases in as few guests as it takes; `ended` hears of each: None, or what went wrong,
    and the seconds."""
    unlock = ours.program(ours.UNLOCK)
    table = f"tiny {disks.folder('tiny').name}\n"
    cases = dict(cases)
    for name, case in list(cases.items()):
        try:
            if case.disk:
                table += f"{case.disk} {disks.folder(case.disk).name}\n"
        # noqa: BLE001 - a disk that cannot be made costs its own cases only
        except Exception as error:
            ended(name, error, 0)
            del cases[name]
    add = {"lab/bin/intact-unlock": unlock, "lab/disks": table.encode(), "lab/ext4": _ext4(),
           "lab/bin/keys": ours.keys(), **(add or {})}
    if ours.TOOL.exists():
        add["lab/bin/intact"] = ours.TOOL
    rest = list(cases)
    while rest:
        folder.mkdir(parents=True, exist_ok=True)
        job = lab.Job(_script({name: cases[name] for name in rest}), add=dict(add),
                      share=CACHE / "disk", kernel=kernel)
        rest = _guest(job, cases, rest, folder, kind, ended)
        folder = folder.with_name(f"{folder.name}+")


def _guest(job: lab.Job, cases: dict[str, Direct], names: list[str], folder: Path, kind: str,
           ended: Callable[[str, Exception | None, float], None]) -> list[str]:
    """Run them in one guest. Returns those that have not had their turn when the guest ended or
    went silent: a row that ends the guest fails alone, and the next guest goes on behind it."""
    guest = lab.start(job, folder, kind or ("uml" if lab.have_uml() else "qemu"))
    try:
        for number, name in enumerate(names, 1):
            start = time.monotonic()
            wrong: Exception | None = None
            try:
                guest.console.expect(f"^INTACT-CASE-BEGIN {re.escape(name)}$", 90,
                                     unless="Kernel panic|INTACT-LAB-EXIT")
                _one(cases[name], guest.console)
            except Failed as error:
                wrong = error
            ended(name, wrong, time.monotonic() - start)
            if isinstance(wrong, Unexpected):
                return names[number:]
    finally:
        guest.stop()
    return []
