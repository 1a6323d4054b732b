# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows that `make check` leaves out, so that it ends within the time that people wait for it.

Each takes a way that another row of `make check` takes too: the same code with another generator,
algorithm or length, or the same story told longer. `tests/run '*'` and every pattern that names
them run them. Rows of hostile input are never here.
"""

import fnmatch

PATTERNS = (
    # Many boots each. The same stories without systemd, and what a closing record is:
    # fresh/records, fresh/old-image, fresh/tags. Cut in the middle of a write: native/tpm, unit/.
    "fresh/systemd", "fresh/cuts", "fresh/cuts-tags", "fresh/tags-slow", "fresh/tags-stacked",
    "fresh/raid1",
    # By direct/ on the same program, or with another version of dracut.
    "qemu/dracut/systemd/fails-*", "qemu/dracut/systemd/header-late", "qemu/dracut/systemd/leg",
    "qemu/dracut/systemd/raw-key", "qemu/dracut/systemd/root-uuid",
    "qemu/dracut/systemd/other-root", "qemu/dracut/systemd@testing/resume-decoy",
    "qemu/dracut/plain/luks-name", "qemu/dracut/plain@trixie/fails-flip-fs",
    # One generator of several.
    "qemu/stack/dracut-*", "qemu/stack/mirror-missing", "qemu/stack/raid-late",
    "qemu/stack/raid-in-time", "qemu/stack/on-lvm",
    "qemu/remote/by-hand", "qemu/remote/clevis", "qemu/memory/losing-*",
    "qemu/memory/keyring-expires", "claims/alone", "claims/shared", "image/check:most",
    # An algorithm that direct/modes opens, and whose modules modules/* loads.
    "qemu/mode/adiantum", "qemu/mode/aegis", "qemu/mode/chacha", "qemu/mode/essiv",
    "qemu/mode/no-aesni", "qemu/mode/no-journal", "qemu/mode/sector-512",
    # A boot of what direct/ shows without one.
    "qemu/luks1", "qemu/junk-after", "qemu/not-promised", "qemu/backspace", "qemu/kill-line",
    "qemu/end-of-file",
    "qemu/ctrl-c", "qemu/fstab-uuid", "qemu/root-label", "qemu/header-1", "qemu/header-both",
    "qemu/longest", "qemu/beside-cryptsetup-dep", "qemu/peer/dep-by-hand", "qemu/tpm-gone",
    "qemu/flip-init", "qemu/wrong-three-times-panic",
    # Formats that are cut short in many ways, and files' names on many file systems.
    "direct/format/resume-other-*", "direct/format/resume-wrong-key",
    "direct/format/resume-no-header", "direct/format/killed-often",
    "direct/format/same/sha512-2048", "direct/format/same/sha1-1024",
    *(f"direct/through/{name}" for name in (
        "adiantum", "aegis", "serpent", "twofish", "xts-essiv", "ctr", "key-of-384", "blocks-*",
        "unlock", "same/*", "unfinished*", "resumed*", "killed-often", "leftover*", "two-at-once",
        "resume-wrong-key", "resume-other-*", "resume-no-header", "resume-aside-*", "vanishes",
        "kernel-refuses", "repeats", "not-confirmed", "warned-once")),
    # Minutes; the same judgement of the other way is powercuts/computed.
    "powercuts/through",
    "direct/scrub/names-json", "direct/scrub/names-xfs", "direct/scrub/names-lvm",
    # Their subject is a long wait.
    "direct/pin/not-in-silence", "direct/promise-of-second-line", "direct/udev-silent",
    "direct/memory/killed",
)

_used: set[str] = set()


def leaves_out(name: str) -> bool:
    """Does `make check` leave out the row of that name?"""
    for pattern in PATTERNS:
        if fnmatch.fnmatchcase(name, pattern):
            _used.add(pattern)
            return True
    return False


def names_nothing() -> list[str]:
    """The patterns that no row had when all were looked at."""
    return [pattern for pattern in PATTERNS if pattern not in _used]
