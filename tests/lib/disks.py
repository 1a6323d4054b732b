# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of disks: a name → how it is made. Formatted in the lab guest, kept in the cache.

To add one: a line in TABLE. A tampered disk names the one it is a copy of (`base`) and the function
of tamper.py that changes it. All single-root disks carry the same LUKS UUID, so that one image
boots them all.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import cache, clevis, debian, debs, kernels, lab, layouts, legs, pairs, rootfs, tamper
from .proc import run
from .qemu import Drive

ROOT_UUID = rootfs.LUKS_UUID
HOME_UUID = "1a7ac700-0000-4000-8000-000000000002"
OTHER_UUID = "1a7ac700-0000-4000-8000-000000000003"     # the second volume of one root
PASSPHRASE = b"intact"

def argon2(memory: int, lanes: int = 1) -> tuple[str, ...]:
    """Options for Argon2id with that much memory (KiB) and the fewest iterations cryptsetup
    allows."""
    return ("--pbkdf", "argon2id", "--pbkdf-memory", str(memory), "--pbkdf-force-iterations", "4",
            "--pbkdf-parallel", str(lanes))


# Emulated memory is slow: most disks are not about the key derivation. The benchmark and the demo
# are.
CHEAP = argon2(8192)


@dataclass(frozen=True)
class Disk:
    """How a disk is made. `size` is in MiB; 0: as large as the root file system needs."""
    fs: str = "tiny"                    # what is written into it: tiny, debian, or nothing
    integrity: str = "hmac-sha256"      # empty: LUKS2 without integrity
    cipher: str = "aes-xts-plain64"
    key_size: int = 0
    sector: int = 4096
    # luks2, luks1, ext4 (the bare file system), zero (an empty disk)
    format: str = "luks2"
    options: tuple[str, ...] = ()       # more for luksFormat
    kdf: tuple[str, ...] = CHEAP
    open: tuple[str, ...] = ()          # for the open that fills it (e.g. --persistent)
    uuid: str = ROOT_UUID
    passphrase: bytes = PASSPHRASE
    size: int = 0
    fill: bool = True                   # write every block (else unwritten ones have no valid tag)
    base: str = ""                      # a copy of that disk …
    tamper: tuple[Callable[[Path], None], ...] = ()     # … changed by these
    # Has the LUKS2 header of that disk, and so its volume key. (Not in repr: see folder.)
    header: str = field(default="", repr=False)
    # the first Linux that can open it: made with a later one and the newest cryptsetup
    since: tuple[int, ...] = ()
    # shell run with the mapping open as /dev/mapper/disk, $DISK0 the raw one
    then: str = ""
    # shell run before all: may set DISK0 to a device on the raw one (not in repr, as above)
    first: str = field(default="", repr=False)
    # shell run with two volumes open (lib/pairs.py): the first one's disk; the other one of that
    pair: str = field(default="", repr=False)
    other_of: str = field(default="", repr=False)
    # one of the disks of lib/layouts.py: which layout, which disk
    layout: tuple[str, int] | None = field(default=None, repr=False)


# The root on a logical volume, and on a subvolume.
LVM = """lvm pvcreate -q -ff -y /dev/mapper/disk
lvm vgcreate -q system /dev/mapper/disk
lvm lvcreate -q -y -Zn -l 100%FREE -n root system
lvm vgmknodes
dd if=$DISK1 of=/dev/system/root bs=1M conv=notrunc 2>/dev/null
sync
lvm vgchange -q -an system"""
# … with a swap beside it, which seems to hold a hibernated system.
LVM_SWAP = LVM.replace(
    "lvm lvcreate", "lvm lvcreate -q -y -Zn -L 8M -n swap system\nlvm lvcreate", 1
).replace("sync\n", r"""mkswap /dev/system/swap >/dev/null
printf 'S1SUSPEND\0' | dd of=/dev/system/swap bs=1 seek=4086 conv=notrunc 2>/dev/null
sync
""", 1)
SWAP = r"""dd if=/dev/zero of=/dev/mapper/disk bs=1M 2>/dev/null || :
mkswap /dev/mapper/disk >/dev/null
printf 'S1SUSPEND\0' | dd of=/dev/mapper/disk bs=1 seek=4086 conv=notrunc 2>/dev/null"""
# The volume on a logical volume.
ON_LVM = """lvm pvcreate -q -ff -y $DISK0
lvm vgcreate -q outer $DISK0
lvm lvcreate -q -y -Zn -l 100%FREE -n crypt outer
lvm vgmknodes
DISK0=/dev/outer/crypt"""
BTRFS = f"""mkfs.btrfs -q -f -M -L {rootfs.FS_LABEL} /dev/mapper/disk
mkdir -p /mnt/from /mnt/to
mount -o ro $DISK1 /mnt/from
mount /dev/mapper/disk /mnt/to
btrfs -q subvolume create /mnt/to/@root
cp -a /mnt/from/. /mnt/to/@root/
umount /mnt/from /mnt/to"""

SYSTEMS = ("peer", "dracut", "dracut@trixie", "dracut@testing", "mkinitcpio@trixie")

# The volume key is then beside the disk.
DUMP_KEY = ("cryptsetup luksDump -q --dump-volume-key --key-file /lab/passphrase "
            '--volume-key-file /share/block.key "$DISK0" >/dev/null')

TABLE: dict[str, Disk] = {
    # Keys for another disk: a file on a stick, bytes of a disk without a file system.
    "blank": Disk(format="zero", fs="", size=2),
    "stick": Disk(base="blank", tamper=(tamper.stick,)),
    "swap-decoy": Disk(base="blank", tamper=(tamper.swap_decoy,)),
    # A swap on a volume, which seems to hold a hibernated system.
    "swap-volume": Disk(fs="", uuid=OTHER_UUID, size=32, then=SWAP),
    "raw-key": Disk(base="blank", tamper=(tamper.raw_key,)),
    "tiny": Disk(),
    "clevis": Disk(base="tiny", tamper=(clevis.bind,)),
    "tang": Disk(base="tiny", tamper=(clevis.bind_to_server,)),
    "debian": Disk(fs="debian", kdf=argon2(65536)),
    **{f"debian-{name}": Disk(fs=f"debian-{name}")
       for name in SYSTEMS},
    # Small disks in their place: an image that was made on one of these takes no other volume key.
    **{f"as-{name}": Disk(header=name)
       for name in ("debian", *(f"debian-{name}" for name in SYSTEMS))},
    "bench": Disk(kdf=argon2(65536)),
    "bench-256": Disk(kdf=argon2(262144)),
    # All that a key derivation is not.
    "bench-no-kdf": Disk(kdf=("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000")),
    # Integrity modes (facts: `--integrity` / `--cipher`).
    "random-iv": Disk(cipher="aes-xts-random"),
    "hmac-sha512": Disk(integrity="hmac-sha512"),
    "hmac-sha1": Disk(integrity="hmac-sha1"),
    "long-key": Disk(options=("--integrity-key-size", "512"), since=(6, 12)),
    "essiv": Disk(cipher="aes-cbc-essiv:sha256", key_size=256),
    "serpent": Disk(cipher="serpent-xts-plain64"),
    "adiantum": Disk(cipher="xchacha20,aes-adiantum-plain64", key_size=256),
    "gcm": Disk(integrity="aead", cipher="aes-gcm-random", key_size=256),
    "chacha": Disk(integrity="poly1305", cipher="chacha20-random", key_size=256),
    "aegis": Disk(integrity="aead", cipher="aegis128-random", key_size=128),
    "none": Disk(integrity="none", cipher="aes-xts-random"),
    "sector-512": Disk(sector=512),
    "no-journal": Disk(open=("--integrity-no-journal", "--persistent")),
    "unwiped": Disk(fill=False),
    # What lies in the mapping.
    "lvm": Disk(then=LVM),
    "lvm-swap": Disk(then=LVM_SWAP, size=80),
    "btrfs": Disk(then=BTRFS, size=192),
    # /usr on a volume of its own.
    "usr": Disk(uuid=OTHER_UUID),
    "names-usr": Disk(then="mkdir -p /mnt && mount /dev/mapper/disk /mnt && "
                           "mkdir /mnt/usr && "
                           "echo '/dev/mapper/usr /usr ext4 ro 0 0' >/mnt/etc/fstab && "
                           "umount /mnt"),
    "usr-flip": Disk(base="usr", tamper=(tamper.flip_fs_superblock,)),
    # One root on two volumes; each of the disks is half of it.
    "btrfs-a": Disk(pair=pairs.BTRFS, size=160),
    "btrfs-b": Disk(other_of="btrfs-a"),
    "btrfs-b-broken": Disk(base="btrfs-b", tamper=(tamper.header_first, tamper.header_second)),
    "pair-lvm-a": Disk(pair=pairs.LVM, size=96),
    "pair-lvm-b": Disk(other_of="pair-lvm-a"),
    **{f"{name}-{number}": Disk(layout=(name, number))
       for name, layout in layouts.LAYOUTS.items() for number in range(len(layout.sizes))},
    # Not what the image expects.
    "luks2-plain": Disk(integrity=""),
    # A second volume beside the root: /home, for another program to open.
    "home-plain": Disk(integrity="", uuid=HOME_UUID),
    "luks1": Disk(format="luks1", integrity=""),
    "ext4": Disk(format="ext4"),
    "zero": Disk(format="zero", size=32),
    "stranger": Disk(uuid="1a7ac700-0000-4000-8000-00000000dead"),
    "long-passphrase": Disk(passphrase=b"0123456789abcdef" * 32),
    # More than one keyslot: the passphrase "intact" in the first, "second" in the second.
    "two-keys": Disk(
        then='printf second >/tmp/second; cryptsetup luksAddKey --key-file /lab/passphrase '
        + " ".join(CHEAP) + ' "$DISK0" /tmp/second'),
    "memory-first": Disk(base="two-keys", tamper=(tamper.memory_4_tib,)),
    "memory-only": Disk(base="tiny", tamper=(tamper.memory_4_tib,)),
    "memory-most": Disk(base="two-keys", tamper=(tamper.memory_most,)),
    "spaced-passphrase": Disk(passphrase=" a\tb \xe4\u20ac\"'\\ ".encode()),
    # Damaged.
    "header-1": Disk(base="tiny", tamper=(tamper.header_first,)),
    "header-2": Disk(base="tiny", tamper=(tamper.header_second,)),
    "header-both": Disk(base="tiny", tamper=(tamper.header_first, tamper.header_second)),
    "superblock": Disk(base="tiny", tamper=(tamper.integrity_superblock,)),
    **{change.__name__.replace("_", "-"): Disk(base="tiny", tamper=(change,)) for change in (
        tamper.superblock_journal_mac, tamper.superblock_recalculating,
        tamper.superblock_sector)},
    "truncated": Disk(base="tiny", tamper=(tamper.truncate,)),
    "truncated-header": Disk(base="tiny", tamper=(tamper.truncate_in_header,)),
    # A header that an attacker wrote, who knows the volume key.
    "known-key": Disk(then=DUMP_KEY),
    # With a passphrase that is nowhere else in a guest's memory.
    "unusual": Disk(passphrase=b"mYtholOgy7-of_a:ShELf.that+nobody=Reads", then=DUMP_KEY),
    "losing-argon2": Disk(base="unusual", tamper=(tamper.losing_argon2,)),
    "losing-pbkdf2": Disk(base="unusual", tamper=(tamper.losing_pbkdf2,)),
    **{f"hostile-{change.__name__}": Disk(base="known-key", tamper=(change,)) for change in (
        tamper.clear_null_ecb, tamper.clear_null_xts, tamper.clear_cipher_null,
        tamper.area_key_of_a_byte, tamper.key_of_a_byte, tamper.data_null, tamper.data_ecb,
        tamper.pbkdf2_years, tamper.argon2_years, tamper.digest_years, tamper.other_stripes,
        tamper.other_kdf, tamper.two_digests, tamper.fixed_size, tamper.second_segment,
        tamper.long_salt, tamper.loose_salt, tamper.loose_digest, tamper.other_digest,
        tamper.journal_mac, tamper.other_iv, tamper.data_beyond_the_end,
        tamper.reencryption, tamper.bad_uuid)},
    "keyslot-camellia": Disk(base="known-key", tamper=(tamper.camellia_keyslot,)),
    # A header on a disk of its own, and disks without theirs.
    "header-alone": Disk(base="tiny", tamper=(tamper.header_alone,)),
    "apart": Disk(base="tiny", tamper=(tamper.without_header,)),
    "apart-camellia": Disk(base="keyslot-camellia", tamper=(tamper.without_header,)),
    "one-bad-keyslot": Disk(base="two-keys", tamper=(tamper.area_key_of_a_byte,)),
    "slow-together": Disk(base="two-keys", tamper=(tamper.slow_together,)),
    "unknown-cipher": Disk(base="tiny", tamper=(tamper.unknown_cipher,)),
    "unknown-hash": Disk(base="tiny", tamper=(tamper.unknown_hash,)),
    "flip-fs": Disk(base="tiny", tamper=(tamper.flip_fs_superblock,)),
    # Half of a RAID array.
    "raid-member": Disk(base="tiny", tamper=(tamper.md_member,)),
    "raid-other": Disk(base="tiny", tamper=(tamper.md_other,)),
    "raid-before": Disk(base="tiny", tamper=(tamper.md_before,)),
    # … with LVM in the volume on it.
    "raid-lvm": Disk(base="lvm", tamper=(tamper.md_member,)),
    "raid-lvm-other": Disk(base="lvm", tamper=(tamper.md_other,)),
    # Half of one on standalone dm-integrity: with changed blocks, and the one that has them right.
    "leg-rotten": Disk(base="tiny", tamper=(tamper.md_before, legs.leg, legs.rot)),
    "leg-luks": Disk(base="tiny", tamper=(legs.leg,)),     # the volume on one, without an array
    "leg-plain": Disk(base="luks2-plain", tamper=(legs.leg,)),  # … and one without integrity
    "leg-other": Disk(base="tiny", tamper=(tamper.md_before_idle, legs.leg)),
    # The LUKS volume on a logical volume.
    "on-lvm": Disk(first=ON_LVM, size=96),
    "flip-init": Disk(base="tiny", tamper=(tamper.flip_init,)),
}


def _format_script(disk: Disk) -> str:
    """The lab's script that makes a disk: format, open, copy the file system in, note where blocks
    lie."""
    options = ["--batch-mode", "--type", disk.format, "--uuid", disk.uuid, *disk.kdf]
    if disk.format == "luks1":
        options = ["--batch-mode", "--type", "luks1", "--uuid", disk.uuid,
                   "--pbkdf-force-iterations", "1000"]
    else:
        options += ["--sector-size", str(disk.sector), "--label", "intact-luks"]
    options += ["--cipher", disk.cipher]
    if disk.integrity:
        # No wipe: every block is written below anyway (or meant to stay unwritten).
        options += ["--integrity", disk.integrity, "--integrity-no-wipe"]
    if disk.key_size:
        options += ["--key-size", str(disk.key_size)]
    options += disk.options
    # No journal while filling: it would only write everything twice. Unless the disk is about that.
    opening = " ".join(disk.open or (("--integrity-no-journal",) if disk.integrity else ()))
    copy = "dd if=$DISK1 of=/dev/mapper/disk bs=1M conv=notrunc 2>/dev/null\n" if disk.fs else ""
    # To the end: dd stops there with "no space left", which is the aim.
    fill = ("dd if=/dev/zero of=/dev/mapper/disk bs=1M "
            "seek=$(($(blockdev --getsize64 $DISK1) / 1048576)) conv=notrunc 2>/dev/null || :\n"
            if disk.fill and disk.fs else "")
    # The ciphertext of two blocks as dm-crypt hands it to dm-integrity: tamper.py looks for it on
    # the raw disk.
    note = ""
    if disk.integrity and disk.fs == "tiny":
        note = """
dd if=/dev/mapper/disk_dif of=/share/block.fs bs=4096 count=1 2>/dev/null
block=$(cat /share/init-block)
dd if=/dev/mapper/disk_dif of=/share/block.init bs=4096 skip="$block" count=1 2>/dev/null
"""
    newer = 'cryptsetup() { /lab/new/cryptsetup "$@"; }\n' if disk.since else ""
    first = disk.first and disk.first + "\n"
    return f"""set -e
{first}{newer}cryptsetup luksFormat {' '.join(options)} --key-file /lab/passphrase "$DISK0"
cryptsetup open {opening} --key-file /lab/passphrase "$DISK0" disk
{copy}{fill}sync
{disk.then}
{note}
cryptsetup close disk
sync
"""


def _make(name: str, path: Path) -> None:
    disk = TABLE[name]
    path.mkdir()
    raw = path / "disk"
    if disk.base:
        source = folder(disk.base)
        run(["cp", "--sparse=always", "--reflink=auto", source / "disk", raw])
        for file in source.glob("block.*"):
            (path / file.name).write_bytes(file.read_bytes())
        for change in disk.tamper:
            change(raw)
        return
    if disk.format == "ext4":
        run(["cp", "--sparse=always", rootfs.image(disk.fs), raw])
        return
    filesystem = rootfs.image(disk.fs) if disk.fs else None
    size = disk.size
    if not size and filesystem:
        # Header 16 MiB, journal and tags: generous for every tag size; the rest of the mapping is
        # filled.
        size = 24 + filesystem.stat().st_size // rootfs.MIB * (113 if disk.sector == 4096
                                                               else 150) // 100 + 16
    with raw.open("wb") as file:
        file.truncate(size * rootfs.MIB)
    if disk.format == "zero":
        return
    if disk.fs == "tiny":
        (path / "init-block").write_text(str(tamper.file_block(rootfs.image("tiny"), "/sbin/init")))
    drives = [Drive(raw, keep=True)] + ([Drive(filesystem)] if filesystem else [])
    job = lab.Job(_format_script(disk), add={"lab/passphrase": disk.passphrase}, drives=drives,
                  share=path, timeout=900)
    if disk.since:
        job.add.update(debs.cryptsetup())
        job.kernel = kernels.of("trixie")
    result = lab.lab(job, "qemu" if disk.since else "")
    if result.exit:
        raise lab.Unexpected(f"disk {name} could not be made: exit {result.exit}\n{result.output}")
    run(["fallocate", "-d", raw])


def _make_as(name: str, path: Path) -> None:
    """A small disk, with the header of another before anything is written with its own."""
    disk = TABLE[name]
    filesystem = rootfs.image(disk.fs)
    path.mkdir()
    with (path / "disk").open("wb") as file:
        file.truncate((40 + filesystem.stat().st_size // rootfs.MIB * 113 // 100) * rootfs.MIB)
    with (folder(disk.header) / "disk").open("rb") as file:
        (path / "header").write_bytes(file.read(16 * rootfs.MIB))
    (path / "init-block").write_text(str(tamper.file_block(filesystem, "/sbin/init")))
    opening = "cryptsetup open"
    script = _format_script(disk).replace(
        opening, f'dd if=/share/header of="$DISK0" conv=notrunc 2>/dev/null\n{opening}', 1)
    result = lab.lab(lab.Job(script, add={"lab/passphrase": disk.passphrase}, timeout=900,
                             drives=[Drive(path / "disk", keep=True), Drive(filesystem)],
                             share=path))
    if result.exit:
        raise lab.Unexpected(f"disk {name} could not be made: exit {result.exit}\n{result.output}")
    run(["fallocate", "-d", path / "disk"])


def _options(disk: Disk) -> str:
    return " ".join(("--type luks2", *disk.kdf, f"--sector-size {disk.sector}",
                     f"--cipher {disk.cipher} --integrity {disk.integrity}"))


def _pair_script(disk: Disk) -> str:
    options = _options(disk)
    return pairs.script(disk.pair, ((disk.uuid, options), (OTHER_UUID, options)))


def _take_other(name: str, path: Path) -> None:
    path.mkdir()
    run(["cp", "--sparse=always", "--reflink=auto", folder(TABLE[name].other_of) / "other",
         path / "disk"])


def folder(name: str) -> Path:
    """The folder with the disk and the notes about it."""
    disk = TABLE[name]
    parts: tuple
    if disk.layout:
        which = disk.layout[0]
        script = layouts.script(which, _options(disk))
        return cache.entry("disk", f"layout-{which}",
                           (script, rootfs.image(disk.fs).name, layouts.LAYOUTS[which].sizes,
                            cache.recipe(layouts.maker)), layouts.maker(which, script))
    if disk.pair:
        parts = (_pair_script(disk), disk.size, rootfs.image(disk.fs).name,
                 cache.recipe(pairs.make))
        return cache.entry("disk", name, parts, lambda path: pairs.make(
            path, disk.size, _pair_script(disk), disk.passphrase))
    if disk.other_of:
        return cache.entry("disk", name, (folder(disk.other_of).name,),
                           lambda path: _take_other(name, path))
    if disk.header:
        parts = (repr(disk), _format_script(disk), folder(disk.header).name,
                 rootfs.image(disk.fs).name, cache.recipe(_make_as))
        return cache.entry("disk", name, parts, lambda path: _make_as(name, path))
    if disk.base:
        parts = (folder(disk.base).name,
                 *(cache.recipe(change) for change in disk.tamper))
    else:
        described = replace(disk, tamper=())
        parts = (repr(described), _format_script(disk) if disk.format.startswith("luks") else "",
                 rootfs.image(disk.fs).name if disk.fs else "", cache.recipe(_make),
                 "uml" if lab.have_uml() else debian.tree("debian").id)
    return cache.entry("disk", name, parts, lambda path: _make(name, path))


def disk(name: str) -> Path:
    """The raw disk of that name. Do not write to it: give guests an overlay (qemu.Drive does)."""
    number = TABLE[name].layout
    return folder(name) / (f"disk{number[1]}" if number else "disk")


def marker(folder_: Path) -> Path:
    """A fresh marker disk: a booted root writes to it."""
    path = folder_ / "marker"
    path.write_bytes(b"")
    os.truncate(path, rootfs.MIB)
    return path


def marked(path: Path) -> str:
    """What a booted root wrote on the marker disk: the device of its /."""
    text = path.read_bytes()[:512].rstrip(b"\0").decode("utf-8", "replace").strip()
    return text.removeprefix("INTACT-TEST-MARKER ") if text.startswith(
        "INTACT-TEST-MARKER ") else ""

