# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of `intact advise` and `intact format --weak-hardware` in the lab guest; direct.py explains
the rows."""

from lib.disks import ROOT_UUID

from .direct import Direct
from .formats import DISK, FAST, UNTOUCHED, busy as busy_format, refused, row

OPTIONS = f"--weak-hardware --key-file /tmp/key {FAST}"
WEAK = f"intact format --batch {OPTIONS}"

# The printed lines as they are, each in a file of its own.
LINES = ("for tab in integritytab crypttab fstab; do "
         "sed -n \"s,^/etc/$tab *,,p\" /tmp/said >/tmp/$tab.said; "
         "[ $(wc -l </tmp/$tab.said) = 1 ] || exit 1; done")
TAKEN = (f"{WEAK} --uuid {ROOT_UUID} /dev/loop0 >/tmp/said; code=$?; cat /tmp/said; {LINES}; "
         "exit $code")
# What a boot does with them: ours opens the lower device, the generator's own program the volume.
LOWER = ("intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline "
         "--integritytab /tmp/integritytab.said")
# No udevd is there to make the links of /dev/disk.
UPPER = ("read -r name source rest </tmp/crypttab.said && "
         'cryptsetup open --key-file /tmp/key "$(blkid -t "$source" -o device)" "$name"')
MOUNT = 'read -r device point rest </tmp/fstab.said && mount "$device" /mnt'
OPENED = (f"{LOWER} && dmsetup table root_crc32c | grep 'internal_hash:crc32c' && {UPPER} && "
          "! dmsetup table root | grep integrity")
CLOSE = "cryptsetup close root && dmsetup remove root_crc32c"
# The kernel has a checksum of every block.
ALL_OF_IT = ("wait_for \"dmsetup status root_crc32c | awk "
             "'{ exit !(\\$6 == \\$5 || \\$6 == \\\"-\\\") }'\"")
# One byte of the disk, far behind the superblock and the journal.
FLIP = ("printf '\\377' | dd of=/tmp/disk bs=1 seek=60000000 conv=notrunc 2>/dev/null; sync; "
        "echo 3 >/proc/sys/vm/drop_caches")
READ = "dd if=/dev/mapper/root_crc32c of=/dev/null bs=1M iflag=direct"

FIGURE = r"[\d.]+ [MG]B/s"
ADVISE = r'^\{{"event":"mode","name":"{}","protects":"{}","one":{},"all":\d+,"measured":"{}","comm'
NO_AF_ALG = ("rmmod algif_aead algif_skcipher algif_hash af_alg 2>/dev/null; "
             "mount -t tmpfs none /lib/modules; ! grep -q '^af_alg ' /proc/modules && "
             "echo it is gone")


def advise(run: str, *shows: str, **more) -> Direct:
    return row(run, setup=more.pop("setup", ""), shows=shows, **more)


def busy(setup: str, *shows: str, after: str = ":") -> Direct:
    """Refused, although --batch is given, and nothing is written."""
    case = busy_format(setup, *shows, after=after)
    return row(f"{WEAK} /dev/loop0", exit=case.exit, shows=case.shows, setup=case.setup,
               check=case.check)


DIRECT: dict[str, Direct] = {
    "weak/whole": row(
        TAKEN, seconds=90,
        shows=("stops accidents, not attackers",
               "^Done. Next: *integritysetup open --integrity crc32c /dev/loop0 root_crc32c",
               "^/etc/integritytab  root_crc32c /dev/loop0 - integrity-algorithm=crc32c",
               f"^/etc/crypttab +root UUID={ROOT_UUID} none luks",
               "warning: /dev/loop0 may be another disk at the next boot"),
        check=f"{OPENED} && mke2fs -q -b 4096 /dev/mapper/root && {MOUNT} && "
              f"echo kept >/mnt/file && umount /mnt && {ALL_OF_IT} && {CLOSE} && {OPENED} && "
              f"{MOUNT} && grep kept /mnt/file && umount /mnt && e2fsck -fn /dev/mapper/root && "
              f"{READ} 2>/dev/null"),
    # The next command that is printed, without ours.
    "weak/by-hand": row(
        f"{WEAK} /dev/loop0 >/tmp/said && integritysetup open --integrity crc32c /dev/loop0 "
        "root_crc32c && cryptsetup open --key-file /tmp/key /dev/mapper/root_crc32c root",
        seconds=90, check="mke2fs -q /dev/mapper/root && e2fsck -fn /dev/mapper/root"),
    "weak/accident": row(
        TAKEN, seconds=90,
        check=f"{OPENED} && {ALL_OF_IT} && {READ} 2>/dev/null && {CLOSE} && {FLIP} && {OPENED} && "
              f"! {READ} 2>/dev/null && dmsetup status root_crc32c | grep -E 'integrity [1-9]'"),
    # The scrub, and the state, of such a volume.
    "weak/scrub": row(
        TAKEN, seconds=120,
        check=f"rm -rf /var/lib/intact; {OPENED} && {ALL_OF_IT} && intact scrub >/tmp/first && "
              "grep 'match their checksums, which notice accidents' /tmp/first && "
              "intact status >/tmp/before && "
              "grep 'Below it: *crc32c (root_crc32c)' /tmp/before && "
              "grep 'warning: checksums below .* notice accidents, not attackers' /tmp/before && "
              f"! grep 'nobody notices' /tmp/before && {CLOSE} && {FLIP} && {OPENED} && "
              "{ intact scrub root; [ $? = 8 ]; } && "
              "{ intact status --json root >/tmp/after; [ $? = 8 ]; } && "
              "grep '\"kind\": \"checksum-errors\"' /tmp/after && "
              "grep '\"below\": \"crc32c (root_crc32c)\"' /tmp/after"),
    "weak/nothing-stays-open": row(
        f"{WEAK} /dev/loop0", seconds=90, hides=("intact: error",),
        check='[ -z "$(ls /sys/block/loop0/holders)" ] && ! dmsetup ls | grep intact-format'),
    "weak/adiantum": row(
        f"{WEAK} --cipher xchacha12,aes-adiantum-plain64 /dev/loop0", seconds=90,
        check="integritysetup open --integrity crc32c /dev/loop0 int0 && "
              "cryptsetup open --key-file /tmp/key /dev/mapper/int0 root && "
              "cryptsetup luksDump /dev/mapper/int0 | grep 'cipher: xchacha12,aes-adiantum' && "
              "mke2fs -q /dev/mapper/root && e2fsck -fn /dev/mapper/root"),
    "weak/sector-512": row(
        f"{WEAK} --sector-size 512 /dev/loop0", seconds=90,
        check="integritysetup open --integrity crc32c /dev/loop0 int0 && "
              "dmsetup table int0 | grep -v block_size:4096 && "
              "cryptsetup open --key-file /tmp/key /dev/mapper/int0 root"),
    # Of what was there before, nothing is found any more.
    "weak/over-another": row(
        f"{WEAK} /dev/loop0", seconds=90,
        setup=f"{DISK}; cryptsetup luksFormat -q {FAST} --key-file /tmp/key /dev/loop0",
        shows=("on it: crypto_LUKS",),
        check="! cryptsetup isLuks /dev/loop0 && integritysetup dump /dev/loop0 | grep recalc && "
              "integritysetup open --integrity crc32c /dev/loop0 int0 && "
              "cryptsetup open --key-file /tmp/key /dev/mapper/int0 root"),
    "weak/asks": row(
        f"intact format --weak-hardware {FAST} /dev/loop0", seconds=90,
        dialogue=(("Type YES in capitals: ", b"YES\n"),
                  ("New passphrase for /dev/loop0: ", b"intact\n"), ("Again: ", b"intact\n")),
        shows=("this stops accidents, not attackers",),
        check="integritysetup open --integrity crc32c /dev/loop0 int0 && "
              "cryptsetup open --key-file /tmp/key /dev/mapper/int0 root"),
    "weak/not-confirmed": row(
        f"intact format {OPTIONS} /dev/loop0", exit=1, check=UNTOUCHED,
        dialogue=(("Type YES in capitals: ", b"no\n"),),
        shows=("not confirmed: nothing was written",)),
    "weak/json": row(f"{WEAK} --json /dev/loop0", seconds=90, hides=("^Will be", "^Done"),
                     shows=(r'^\{"event":"end","exit":0\}$',)),

    # Refused.
    "weak/mounted": busy("mke2fs -q /dev/loop0; mount -o ro /dev/loop0 /mnt",
                         "/dev/loop0 is in use: it is mounted at /mnt; nothing was written",
                         after="umount /mnt"),
    "weak/mapped": busy("dmsetup create above --table '0 8 linear /dev/loop0 2048'",
                        "in use: above uses it"),
    "weak/lvm": busy("lvm pvcreate -q /dev/loop0 >/dev/null 2>&1",
                     r"a part of something else \(LVM2_member\)"),
    "weak/read-only": refused(f"{WEAK} /dev/loop0", 4, "read-only",
                              setup=f"{DISK}; blockdev --setro /dev/loop0",
                              check=f"{UNTOUCHED}; code=$?; blockdev --setrw /dev/loop0; "
                                    "exit $code"),
    "weak/file": refused(f"{WEAK} /tmp/disk", 4, "is not a block device"),
    "weak/too-small": row(
        f"{WEAK} /dev/loop0", exit=4, shows=("/dev/loop0 is too small",),
        setup="printf intact >/tmp/key; truncate -s 32M /tmp/disk; losetup /dev/loop0 /tmp/disk",
        check="cmp -n 33554432 /dev/zero /tmp/disk"),
    "weak/image": refused(f"{WEAK} --image /tmp/disk", 1, "cannot be combined with --image"),
    "weak/resume": refused(f"{WEAK} --resume /dev/loop0", 1, "cannot be combined with --resume"),
    "weak/integrity": refused(f"{WEAK} --integrity hmac-sha256 /dev/loop0", 1,
                              "with --weak-hardware there is no --integrity"),
    "weak/cipher": refused(f"{WEAK} --cipher serpent-xts-plain64 /dev/loop0", 1,
                           "--weak-hardware takes aes-xts-plain64, .* but not serpent-xts-plain64"),
    "weak/key-size": refused(
        f"{WEAK} --cipher xchacha20,aes-adiantum-plain64 --key-size 512 /dev/loop0", 1,
        "xchacha20,aes-adiantum-plain64 has no key of 512 bits"),
    "weak/no-terminal": refused(f"intact format {OPTIONS} --terminal /nowhere /dev/loop0", 1,
                                "there is no terminal to ask on"),
    "weak/kernel": refused(
        f"{WEAK} /dev/loop0", 1, "this kernel has no dm-", "nothing was written",
        setup=f"{DISK}; rmmod dm_integrity dm_crypt; mount -t tmpfs none /lib/modules",
        check=f"{UNTOUCHED}; code=$?; umount /lib/modules; modprobe dm_integrity; "
              "modprobe dm_crypt; exit $code"),

    "advise/table": advise(
        "intact advise",
        rf"^hmac-sha256 +an attacker with the disk +{FIGURE}",
        rf"^hmac-sha512 +an attacker with the disk +{FIGURE}",
        rf"^aes-gcm-random +an attacker with the disk +{FIGURE}",
        rf"^crc32c below LUKS2 +accidents +{FIGURE}", rf"^LUKS2 alone +nothing +{FIGURE}",
        "  recommended$", r"^Use .*`.* DEVICE`.*\.$", hides=("AF_ALG", "not measured", "intact: ")),
    "advise/json": advise(
        "intact advise --json", ADVISE.format("hmac-sha256", "attackers", r"[1-9]\d*", "kernel"),
        ADVISE.format("crc32c below LUKS2", "accidents", r"[1-9]\d*", "kernel"),
        r'^\{"event":"advice","processors":\d+,"text":"Use .*"\}$', r'^\{"event":"end","exit":0\}$',
        hides=("^Use ", "^hmac")),
    "advise/argument": advise("intact advise /dev/loop0", "takes no argument", exit=1),
    "advise/help": advise("intact advise --help", "^Usage: intact advise"),
    "advise/without-af-alg": advise(
        "intact advise && intact advise --json", "it is gone", rf"^hmac-sha256 .* {FIGURE}",
        r"^hmac-sha512 +an attacker with the disk +-", "does not let programs measure its ciphers",
        r"^Use hmac-sha256 \(`intact format DEVICE`\)",
        ADVISE.format("hmac-sha256", "attackers", r"[1-9]\d*", "own"),
        ADVISE.format("aes-gcm-random", "attackers", "0", "no"), setup=NO_AF_ALG,
        check="umount /lib/modules"),
}
