# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of `intact format` with ciphers that the kernel computes, in the lab guest: through a
temporary mapping. formats.py has those that the program computes itself; direct.py explains the
rows."""

from lib.disks import ROOT_UUID

from .direct import PROMPT, TAB, Direct
from .formats import (BEGUN, DISK, FAST, FORMAT, KILLED_OFTEN, OPEN, QUIETLY, RESUME, SLOW,
                      UNFINISHED, UNTOUCHED, ZEROS, refused, row, same_as_kernel)

CHACHA = "--cipher chacha20-random"
# Computed by the program, with keys of 128 and 256 bits.
GCM = "--cipher aes-gcm-random"
SMALL = DISK.replace("90M", "60M")
CHACHA_TAB = TAB.replace("=hmac(sha256)", "=poly1305")
# Nothing of the temporary mapping is there any more: the kernel may remove it a moment later.
GONE = "wait_for '! dmsetup ls | grep intact-format'"
READABLE = f"{QUIETLY} && {OPEN.format('/dev/loop0')} && {ZEROS} && ! dmesg | grep 'AEAD ERROR'"
# What slows the disk down is taken away, while it is in use.
QUICK = ('dmsetup load sick --table "0 $(blockdev --getsz /dev/loop0) linear /dev/loop0 0" && '
         "dmsetup resume sick")


def stop(signal: str, options: str = CHACHA) -> str:
    return (f"{FORMAT} {options} /dev/mapper/sick >/dev/null & pid=$!; {BEGUN} "
            f"kill -{signal} $pid; wait $pid; ")


# A disk whose format was killed; the kernel has removed the mappings by itself. It is made by the
# first row that needs one.
KILLED = (f"[ -e /tmp/killed ] || {{ {SLOW.replace('0 400', '0 200')}; "
          f"{stop('KILL', f'{CHACHA} --uuid {ROOT_UUID}')} {QUICK}; "
          f"{GONE} && dmsetup remove sick && losetup -d /dev/loop0 && "
          "cp /tmp/disk /tmp/killed; }; printf intact >/tmp/key; cp /tmp/killed /tmp/disk && "
          "losetup /dev/loop0 /tmp/disk")
# What stays of one that was killed between making a mapping and the word to the kernel. Two lines,
# as in intact/temporary.h.
SPLICE = ("printf '%s\\n' '0 8 linear /dev/loop0 32760' \"8 $(($(blockdev --getsz /dev/loop0) - "
          "32776)) linear /dev/loop0 32776\" | dmsetup create intact-format-99_disk && "
          "dmsetup mknodes intact-format-99_disk")
DIF = ("dmsetup create intact-format-99_dif --table '0 65536 integrity "
       "/dev/mapper/intact-format-99_disk 0 28 D 1 block_size:4096'")
OTHER = "dmsetup create intact-format-99_disk --table '0 8 linear /dev/loop0 32776'"


# A disk with blocks of 4096 bytes.
LARGE = (f"{SMALL}; head -c 32 /dev/zero >/tmp/plain; cryptsetup open --type plain --cipher "
         "aes-xts-plain64 --key-size 256 --sector-size 4096 --key-file /tmp/plain /dev/loop0 sick; "
         "[ $(blockdev --getss /dev/mapper/sick) = 4096 ]")


def made(options: str, cipher: str, *, size: str = "48M") -> Direct:
    """Made by ours, opened by cryptsetup, and all of it is read."""
    return row(f"{FORMAT} {options} /dev/loop0", setup=DISK.replace("90M", size), seconds=120,
               shows=("computed by the kernel", "^Read back: ", "^Done. Next: "),
               hides=("intact: error",),
               check=f"{GONE} && {READABLE} && dmsetup table root | grep -F '{cipher}'")


def at_resume(exit: int, *shows: str, setup: str) -> Direct:
    """Refused, and the record stays."""
    return row(f"{RESUME} /dev/loop0", exit=exit, shows=shows, setup=f"{KILLED}; {setup}",
               seconds=120, check=f"{GONE} && dd if=/dev/loop0 bs=1 skip=16777216 count=7 "
                                  "2>/dev/null | grep intwipe")


DIRECT: dict[str, Direct] = {
    "through/gcm-192": made(f"{GCM} --key-size 192", "capi:gcm(aes)-random"),
    "through/ccm": made("--cipher aes-ccm-random --integrity aead", "rfc4309(ccm(aes))-random"),
    "through/chacha": made(CHACHA, "rfc7539(chacha20,poly1305)-random"),
    "through/chacha-512": made(f"{CHACHA} --sector-size 512", "rfc7539(chacha20,poly1305)-random",
                               size="40M"),
    "through/aegis": made("--cipher aegis128-random", "aegis128-random"),
    "through/serpent": made("--cipher serpent-xts-plain64", "authenc(hmac(sha256),xts(serpent))"),
    "through/twofish": made("--cipher twofish-xts-random --integrity hmac-sha512",
                            "authenc(hmac(sha512),xts(twofish))-random"),
    "through/camellia": made("--cipher camellia-xts-plain64 --integrity hmac-sha1 --key-size 256",
                             "authenc(hmac(sha1),xts(camellia))-plain64"),
    "through/cast6": made("--cipher cast6-cbc-essiv:sha256", "cbc(cast6))-essiv:sha256"),
    "through/adiantum": made("--cipher xchacha12,aes-adiantum-plain64",
                             "authenc(hmac(sha256),adiantum(xchacha12,aes))"),
    "through/essiv": made("--cipher aes-cbc-essiv:sha256", "cbc(aes))-essiv:sha256"),
    "through/xts-essiv": made("--cipher aes-xts-essiv:sha256 --integrity hmac-sha512",
                              "xts(aes))-essiv:sha256"),
    "through/ctr": made("--cipher aes-ctr-random", "ctr(aes))-random"),
    "through/cmac": made("--integrity cmac-aes", "authenc(cmac(aes),xts(aes))-plain64"),
    "through/key-of-384": made("--key-size 384", "authenc(hmac(sha256),xts(aes))-plain64"),
    "through/blocks-of-4096": row(
        f"{FORMAT} {CHACHA} /dev/mapper/sick", setup=LARGE, seconds=120,
        check=f"{GONE} && {QUIETLY} && {OPEN.format('/dev/mapper/sick')} && {ZEROS} && "
              "! dmesg | grep 'AEAD ERROR'"),
    "through/blocks-too-large": refused(
        f"{FORMAT} {CHACHA} --sector-size 512 /dev/mapper/sick", 4,
        "has blocks of 4096 bytes, so it cannot have sectors of 512 bytes", setup=LARGE,
        check="cmp -n 62914560 /dev/zero /tmp/disk"),
    # Opened by ours, with a file system in it.
    "through/unlock": row(
        f"{FORMAT} {CHACHA} --uuid {ROOT_UUID} /dev/loop0 && {OPEN.format('/dev/loop0')} && "
        "mke2fs -q /dev/mapper/root && cryptsetup close root && "
        "intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline", crypttab=CHACHA_TAB,
        setup=SMALL, dialogue=((PROMPT, b"intact\n"),), seconds=120,
        check="dmsetup table root | grep -q integrity && e2fsck -fn /dev/mapper/root"),
    # Every byte is what luksFormat leaves, from the superblock on.
    "through/same/serpent": same_as_kernel(
        "--cipher serpent-xts-plain64 --integrity hmac-sha256 --sector-size 4096", 96),
    "through/same/adiantum-512": same_as_kernel(
        "--cipher xchacha20,aes-adiantum-plain64 --key-size 256 --integrity hmac-sha256 "
        "--sector-size 512", 64),
    "through/same/essiv-2048": same_as_kernel(
        "--cipher aes-cbc-essiv:sha256 --key-size 256 --integrity hmac-sha512 --sector-size 2048",
        96, "50332160"),
    "through/same/computed": row(
        f"{FORMAT} --volume-key-file /tmp/vk /dev/loop1 && "
        f"{FORMAT} --volume-key-file /tmp/vk --through-kernel /dev/loop0",
        setup=f"{SMALL}; truncate -s 60M /tmp/other; losetup /dev/loop1 /tmp/other; "
              "dd if=/dev/urandom of=/tmp/vk bs=96 count=1 2>/dev/null", seconds=120,
        shows=("every sector once, through the kernel",),
        check="sync; cmp /tmp/disk /tmp/other 16777216 16777216 && "
              "cmp -n 4096 /dev/zero /tmp/disk 0 16773120"),
    # The layout for tags that have no exact counterpart above.
    "through/same/superblocks": row(
        f"""for mode in '--cipher aes-gcm-random --integrity aead --key-size 256' \\
	'--cipher chacha20-random --integrity poly1305 --key-size 256 --sector-size 512' \\
	'--cipher aes-ccm-random --integrity aead --key-size 280 --sector-size 1024' \\
	'--cipher twofish-xts-random --integrity hmac-sha512'; do
	{FORMAT} $mode /dev/loop0 >/dev/null && sync && cp /tmp/disk /tmp/other &&
	cryptsetup luksFormat -q --type luks2 --key-file /tmp/key {FAST} --integrity-no-wipe \\
		--sector-size 4096 $mode /dev/loop0 && sync &&
	cmp -n $((4096 + 100 * 512)) /tmp/disk /tmp/other 16777216 16777216 || exit 1
done""", setup=DISK.replace("90M", "40M"), seconds=240),

    # Stopped and resumed.
    "through/stopped": row(
        f"{stop('TERM')} code=$?; dmsetup ls; {RESUME} /dev/mapper/sick; exit $code",
        setup=SLOW, exit=130, seconds=240, hides=("intact-format",),
        check=f"{GONE} && {QUICK} && dmsetup remove sick && {READABLE}"),
    # A terminal would send it to the shell of the guest, too.
    "through/ctrl-c": row(
        f"{FORMAT} {CHACHA} /dev/mapper/sick & pid=$!; {BEGUN} kill -INT $pid; wait $pid",
        setup=SLOW, exit=130, seconds=240,
        shows=(r"Stopped at \d+ %", "^    intact format --resume"),
        check=f"{GONE} && {QUICK} && ! {OPEN.format('/dev/mapper/sick')}"),
    "through/unfinished": row(
        "intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline", crypttab=CHACHA_TAB,
        setup=KILLED, exit=4, seconds=120,
        shows=(rf"{UNFINISHED} \(\d+ %\)", "go on with: intact format --resume /dev/loop0"),
        check=f"{GONE} && ! {OPEN.format('/dev/loop0')}"),
    "through/unfinished-needs": row(
        'mkdir -p /etc && mv /tmp/crypttab /etc && intact needs --kernel "$(uname -r)" >/dev/null; '
        "code=$?; rm /etc/crypttab; exit $code", setup=KILLED, exit=1, seconds=120,
        crypttab="root /dev/loop0 none luks,initramfs,x-intact.integrity=aead\n",
        shows=(r"the format of /dev/loop0 is not finished \(\d+ %\)",)),
    "through/resumed": row(f"{RESUME} /dev/loop0", setup=KILLED, seconds=120,
                           shows=(rf"% done, LUKS2 UUID {ROOT_UUID}$",),
                           check=f"{GONE} && {READABLE} && cmp -n 4096 /dev/zero /tmp/disk 0 "
                                 "16773120"),
    # At once, while the kernel still removes the mappings of the one that was killed.
    "through/resumed-at-once": row(
        f"{stop('KILL')} {RESUME} /dev/mapper/sick", setup=SLOW, seconds=240,
        check=f"{GONE} && {QUICK} && dmsetup remove sick && {READABLE}"),
    # The same bytes as without a break, after kills at moments that nothing fixes.
    "through/killed-often": row(
        f"""serpent='--cipher serpent-xts-plain64 --volume-key-file /tmp/vk'
{FORMAT} $serpent /dev/loop1 >/dev/null
{FORMAT} $serpent /dev/mapper/sick >/dev/null & pid=$!
{KILLED_OFTEN}""",
        setup=SLOW.replace("0 400", "0 60").replace("90M", "60M") +
        "; truncate -s 60M /tmp/other; losetup /dev/loop1 /tmp/other; "
        "dd if=/dev/urandom of=/tmp/vk bs=96 count=1 2>/dev/null", seconds=300,
        shows=("killed [1-9][0-9]* times",),
        check=f"{GONE} && {OPEN.format('/dev/mapper/sick')}; code=$?; dmsetup remove -f root; "
              "exit $code"),
    # What a kill can leave is removed; what looks like it, or is in use, is not.
    "through/leftover": row(f"{RESUME} /dev/loop0", setup=f"{KILLED}; {SPLICE} && {DIF}",
                            seconds=120, check=f"{GONE} && {READABLE}"),
    # Of the question to the kernel, which stands on no disk.
    "through/leftover-try": row(
        f"{FORMAT} {CHACHA} /dev/loop0 >/dev/null", seconds=120,
        setup=f"{SMALL}; modprobe -q dm-zero; "
              "dmsetup create intact-format-98_disk --table '0 131072 zero' && "
              "dmsetup mknodes intact-format-98_disk && dmsetup create intact-format-98_dif "
              "--table '0 16384 integrity /dev/mapper/intact-format-98_disk 0 28 D 1 "
              "block_size:4096' || echo not made", hides=("not made",),
        check=GONE),
    "through/leftover-of-another": row(
        f"{RESUME} /dev/loop0", setup=f"{KILLED}; {OTHER}", exit=5, seconds=120,
        shows=("in use: intact-format-99_disk uses it",),
        check="dmsetup remove intact-format-99_disk"),
    "through/leftover-open": row(
        f"{RESUME} /dev/loop0", exit=5, seconds=120,
        setup=f"{KILLED}; {SPLICE} && exec 9</dev/mapper/intact-format-99_disk",
        shows=("in use: intact-format-99_disk uses it",),
        check="dmsetup table intact-format-99_disk | grep linear"),
    "through/two-at-once": row(
        f"{FORMAT} {CHACHA} /dev/mapper/sick >/dev/null & pid=$!; {BEGUN} "
        f"{RESUME} /dev/mapper/sick; code=$?; kill -TERM $pid; wait $pid; exit $code",
        setup=SLOW, exit=5, seconds=240, shows=("another `intact format` .process [0-9]+. works",),
        check=f"{GONE}; code=$?; {QUICK}; dmsetup remove sick; exit $code"),
    "through/resume-wrong-key": at_resume(2, "opens no keyslot", setup="printf other >/tmp/key"),
    "through/resume-other-size": at_resume(
        7, "the size of /dev/loop0 has changed",
        setup="losetup -d /dev/loop0; truncate -s 100M /tmp/disk; losetup /dev/loop0 /tmp/disk"),
    "through/resume-forged": at_resume(
        7, "is not genuine",
        setup="printf '\\4' | dd of=/dev/loop0 bs=1 seek=16777232 2>/dev/null"),
    # The way in which it was begun is as much a part of the record as how far it got.
    "through/resume-forged-way": row(
        f"{RESUME} /dev/loop0", exit=7, seconds=120, shows=("is not genuine",),
        setup=f"{SLOW}; {stop('KILL', '')} dmsetup remove sick; "
              "printf '\\1' | dd of=/dev/loop0 bs=1 seek=16777228 2>/dev/null"),
    "through/resume-other-header": at_resume(
        7, "is not genuine",
        setup=f"truncate -s 90M /tmp/other; losetup /dev/loop1 /tmp/other; {FORMAT} {CHACHA} "
              "/dev/loop1 >/dev/null; dd if=/tmp/other of=/dev/loop0 bs=1M count=16 2>/dev/null"),
    "through/resume-other-cipher": at_resume(
        7, "is not genuine",
        setup="truncate -s 90M /tmp/other; losetup /dev/loop1 /tmp/other; "
              f"{FORMAT} --uuid {ROOT_UUID} --cipher aes-ccm-random /dev/loop1 >/dev/null 2>&1; "
              "dd if=/tmp/other of=/dev/loop0 bs=1M count=16 2>/dev/null"),
    "through/resume-no-header": at_resume(
        4, "cannot be resumed. Format anew",
        setup="dd if=/dev/zero of=/dev/loop0 bs=1M count=16 2>/dev/null"),
    # Something is stored where the second superblock has to be: it is not overwritten.
    "through/resume-aside-in-use": row(
        f"{RESUME} /dev/loop0", exit=7, seconds=120,
        shows=("the last 4096 bytes before the data of /dev/loop0 are in use",),
        setup=f"{KILLED}; printf keykeykeykey | dd of=/dev/loop0 bs=1 seek=16773120 2>/dev/null",
        check="dd if=/dev/loop0 bs=1 skip=16773120 count=12 2>/dev/null | grep keykeykeykey"),
    "through/resume-aside-gone": row(
        f"{RESUME} /dev/loop0", seconds=120, check=READABLE,
        setup=f"{KILLED}; dd if=/dev/zero of=/dev/loop0 bs=4096 seek=4095 count=1 2>/dev/null"),

    # Disks that fail.
    "through/write-error": row(
        f"{FORMAT} {CHACHA} /dev/mapper/sick", exit=1, seconds=120,
        shows=(r"cannot be written at sector 90000 \(tried 3 times\): the disk is failing",
               "^    intact format --resume /dev/mapper/sick"),
        setup=f"{DISK}; printf '%s\\n' '0 90000 linear /dev/loop0 0' '90000 8 error' "
              "'90008 94312 linear /dev/loop0 90008' | dmsetup create sick; dmsetup mknodes sick",
        check=f"{GONE} && ! {OPEN.format('/dev/mapper/sick')} && {QUICK} && "
              f"{RESUME} /dev/mapper/sick >/dev/null && dmsetup remove sick && {READABLE}"),
    "through/vanishes": row(
        f"{FORMAT} {CHACHA} /dev/mapper/sick >/dev/null & pid=$!; {BEGUN} "
        "dmsetup wipe_table sick; wait $pid", setup=SLOW, exit=1, seconds=240,
        # Also while the kernel makes the mapping, which it then refuses.
        shows=("the disk is failing",), hides=("this kernel does not open",),
        check=f"{GONE} && {QUICK} && {RESUME} /dev/mapper/sick >/dev/null && "
              f"dmsetup remove sick && {READABLE}"),
    # It loses a block in the first area: neither way is of use.
    "through/disk-lies": row(
        f"{FORMAT} /dev/mapper/sick", exit=8, seconds=120,
        shows=("warning: the kernel does not read what was computed here",
               "does not return what was written"),
        setup=f"{DISK}; modprobe -q dm-zero; printf '%s\\n' '0 40000 linear /dev/loop0 0' "
              "'40000 8 zero' '40008 144312 linear /dev/loop0 40008' | dmsetup create sick; "
              "dmsetup mknodes sick",
        check=f"{GONE} && ! cryptsetup isLuks /tmp/disk && "
              "! dd if=/tmp/disk bs=1 skip=16777216 count=7 2>/dev/null | grep int"),

    # Refused before a byte is written.
    "through/kernel-lacks": refused(
        f"{FORMAT} --cipher aes-hctr2-plain64 /dev/loop0", 1, "this kernel does not have .*hctr2",
        "nothing was written"),
    # dm-crypt of this kernel has no such option; it is asked, on a device that stores nothing.
    "through/kernel-refuses": refused(
        f"{FORMAT} --integrity-key-size 264 /dev/loop0", 1, "this kernel does not open "
        r"aes-xts-plain64 with hmac\(sha256\) and a key of 776 bits", "nothing was written",
        check=f"{UNTOUCHED} && {GONE}"),
    "through/null": refused(f"{FORMAT} --cipher cipher_null-ecb /dev/loop0", 1,
                            "no cipher that a protected volume may have"),
    "through/repeats": refused(f"{FORMAT} --cipher chacha20-plain64 /dev/loop0", 1,
                               'take it with "-random" at its end'),
    "through/no-match": refused(f"{FORMAT} {GCM} --integrity hmac-sha256 /dev/loop0", 1,
                                "aes-gcm-random takes --integrity aead, but not hmac-sha256"),
    "through/image": refused(f"{FORMAT} {CHACHA} --image /tmp/disk", 1,
                             "computed by the kernel alone, so a file cannot have it"),
    "through/not-confirmed": row(
        f"intact format {FAST} {GCM} /dev/loop0", exit=1, check=f"{UNTOUCHED} && {GONE}",
        dialogue=(("Type YES in capitals: ", b"no\n"),),
        shows=("aes-gcm-random draws a short random number .* before 17 TB are written",
               "not confirmed: nothing was written")),
    "through/warned-once": row(
        f"{FORMAT} {GCM} --json /dev/loop0 2>/dev/null >/tmp/said; code=$?; "
        "grep -c '\"event\":\"warning\",\"text\":\"aes-gcm-random draws' /tmp/said; exit $code",
        setup=DISK.replace("90M", "40M"), seconds=120, shows=("^1$",),
        check="grep -q '^{\"event\":\"end\",\"exit\":0}$' /tmp/said"),
}
