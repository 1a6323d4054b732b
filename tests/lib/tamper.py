# SPDX-License-Identifier: GPL-2.0-or-later
"""What an attacker, an accident or a bad cable does to a disk: each function changes a file in
place.

A byte of a given *file-system* block cannot be found by arithmetic without repeating dm-integrity's
layout (superblock, journal, tags interleaved with data by parameters of its own). So when a disk is
made, the lab guest reads the block's ciphertext through NAME_dif, as dm-crypt sees it, and keeps it
beside the disk; here those 4096 bytes are looked for on the raw disk and one of them is flipped.
Found exactly once (beyond the journal, which keeps old copies), or the tampering fails loudly.
"""

import base64
import hashlib
import json
import struct
import subprocess
from pathlib import Path

from . import luks2
from .proc import Failed, run


def _write(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def flip(path: Path, offset: int) -> None:
    """Invert one bit of one byte."""
    with path.open("r+b") as file:
        file.seek(offset)
        old = file.read(1)
        file.seek(offset)
        file.write(bytes([old[0] ^ 1]))


def header_first(path: Path) -> None:
    """Destroy the first copy of the LUKS2 header."""
    _write(path, 0, b"\0" * 4096)


def header_second(path: Path) -> None:
    """Destroy the second copy of the LUKS2 header."""
    for size in (0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, 0x400000):
        with path.open("rb") as file:
            file.seek(size)
            if file.read(6) == luks2.MAGIC[1]:
                break
    else:
        raise Failed(f"{path}: no second header copy")
    _write(path, size, b"\0" * 4096)


def integrity_superblock(path: Path) -> None:
    """Damage the superblock of dm-integrity: the first sector of the data area."""
    _write(path, luks2.read(path).data, b"\xff" * 512)


def superblock_journal_mac(path: Path) -> None:
    """Its journal has a key of its own, which LUKS2 cannot give."""
    _write(path, luks2.read(path).data + 24, b"\1")


def superblock_recalculating(path: Path) -> None:
    """Its tags are still being computed, which only dm-integrity's own tags are."""
    _write(path, luks2.read(path).data + 24, b"\2")


def superblock_sector(path: Path) -> None:
    """Sectors of half the size, and so much less data that these fit on the disk."""
    at = luks2.read(path).data
    _write(path, at + 16, (8 << 10).to_bytes(8, "little"))
    _write(path, at + 28, b"\2")


def truncate(path: Path) -> None:
    """Cut off the last quarter of the data area."""
    data = luks2.read(path).data
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate((data + (size - data) * 3 // 4) // 4096 * 4096)


def truncate_in_header(path: Path) -> None:
    """Cut the disk off inside the keyslot area."""
    with path.open("r+b") as file:
        file.truncate(1 << 20)


def header_alone(path: Path) -> None:
    """Keep nothing but the LUKS2 header."""
    data = luks2.read(path).data
    with path.open("r+b") as file:
        file.truncate(data)


def without_header(path: Path) -> None:
    """Leave no LUKS2 header, as where it is detached."""
    _write(path, 0, bytes(luks2.read(path).data))


def edit_header(path: Path, change, uuid: bytes = b"") -> None:
    """Rewrite the JSON of both header copies, with correct checksums (the header is not
    authenticated)."""
    header = luks2.read(path)
    text = header.json
    change(text)
    area = json.dumps(text, separators=(",", ":")).encode().ljust(header.size - 4096, b"\0")
    for offset in (0, header.size):
        with path.open("r+b") as file:
            file.seek(offset)
            binary = bytearray(file.read(4096))
            name = binary[72:104].rstrip(b"\0").decode()
            sequence, = struct.unpack_from(">Q", binary, 16)
            struct.pack_into(">Q", binary, 16, sequence + 1)
            if uuid:
                binary[168:208] = uuid.ljust(40, b"\0")
            binary[448:512] = b"\0" * 64
            checksum = hashlib.new(name, bytes(binary) + area).digest()
            binary[448:448 + len(checksum)] = checksum
            file.seek(offset)
            file.write(bytes(binary) + area)


def unknown_cipher(path: Path) -> None:
    """A header that asks for a cipher no kernel has."""
    def change(text: dict) -> None:
        for segment in text["segments"].values():
            segment["encryption"] = "frobnicate-xts-plain64"
    edit_header(path, change)


def unknown_hash(path: Path) -> None:
    """A header that asks for an integrity that exists only on other hardware."""
    def change(text: dict) -> None:
        for segment in text["segments"].values():
            segment["integrity"]["type"] = "phmac(sha256)"
    edit_header(path, change)


def _keyslot(path: Path, **changes: dict) -> None:
    """Change parts of keyslot 0: `area={...}`, `kdf={...}`, `af={...}`; `slot={...}`: itself."""
    def change(text: dict) -> None:
        slot = text["keyslots"]["0"]
        for part, values in changes.items():
            (slot if part == "slot" else slot[part]).update(values)
    edit_header(path, change)


def _segment(path: Path, **values: object) -> None:
    def change(text: dict) -> None:
        text["segments"]["0"].update(values)
    edit_header(path, change)


def _digest(path: Path, **values: object) -> None:
    def change(text: dict) -> None:
        text["digests"]["0"].update(values)
    edit_header(path, change)


def _diffuse(block: bytes) -> bytes:
    out = b""
    for number, at in enumerate(range(0, len(block), 32)):
        part = block[at:at + 32]
        out += hashlib.sha256(struct.pack(">I", number) + part).digest()[:len(part)]
    return out


def _split_key(path: Path) -> bytes:
    """The volume key as LUKS splits it, before it is encrypted."""
    key = (path.parent / "block.key").read_bytes()
    block = bytes(len(key))
    for _ in range(3999):               # stripes of zeros
        block = _diffuse(block)
    return bytes(3999 * len(key)) + bytes(a ^ b for a, b in zip(block, key, strict=True))


def _write_area(path: Path, material: bytes) -> None:
    _write(path, int(luks2.read(path).json["keyslots"]["0"]["area"]["offset"]), material)


def _clear_key(path: Path, encryption: str) -> None:
    """Keyslot 0 holds the volume key in the clear: with a cipher that does nothing."""
    _write_area(path, _split_key(path))
    _keyslot(path, area={"encryption": encryption})


def camellia_keyslot(path: Path) -> None:
    """A good keyslot in a cipher that Mbed TLS lacks (cryptsetup makes none with integrity)."""
    salt = bytes(range(32))
    key = hashlib.pbkdf2_hmac("sha256", b"intact", salt, 1000, 32)
    material = _split_key(path)
    encrypted = b"".join(
        subprocess.run(["openssl", "enc", "-camellia-256-cbc", "-nopad", "-K", key.hex(), "-iv",
                        struct.pack("<QQ", at // 512, 0).hex()], input=material[at:at + 512],
                       stdout=subprocess.PIPE, check=True).stdout
        for at in range(0, len(material), 512))
    _write_area(path, encrypted)

    def change(text: dict) -> None:
        slot = text["keyslots"]["0"]
        slot["kdf"] = {"type": "pbkdf2", "hash": "sha256", "iterations": 1000,
                       "salt": base64.b64encode(salt).decode()}
        slot["area"].update(encryption="camellia-cbc-plain64", key_size=32)
    edit_header(path, change)


def clear_null_ecb(path: Path) -> None:
    """Any passphrase opens it, to a program that takes this name for a cipher."""
    _clear_key(path, "null-ecb")


def clear_null_xts(path: Path) -> None:
    """The same by another name."""
    _clear_key(path, "null-xts-plain64")


def clear_cipher_null(path: Path) -> None:
    """The name that libcryptsetup knows: the empty passphrase opens it."""
    _clear_key(path, "cipher_null-ecb")


def area_key_of_a_byte(path: Path) -> None:
    """One passphrase in 256 decrypts the key material."""
    _keyslot(path, area={"encryption": "serpent-cbc-plain64", "key_size": 1})


def key_of_a_byte(path: Path) -> None:
    _keyslot(path, slot={"key_size": 1})


def data_null(path: Path) -> None:
    _segment(path, encryption="cipher_null-ecb-null")


def data_ecb(path: Path) -> None:
    _segment(path, encryption="aes-ecb-null")


def pbkdf2_years(path: Path) -> None:
    def change(text: dict) -> None:
        slot = text["keyslots"]["0"]
        slot["kdf"] = {"type": "pbkdf2", "hash": "sha256", "iterations": 2000000000,
                       "salt": slot["kdf"]["salt"]}
    edit_header(path, change)


def argon2_years(path: Path) -> None:
    _keyslot(path, kdf={"time": 2000000000})


# Of the keyslots that lose.
LOSING_SALT = bytes(range(100, 132))
LOSING_MEMORY = 262144


def _losing(path: Path, kdf: dict) -> None:
    def change(text: dict) -> None:
        slots = text["keyslots"]
        area = {**slots["0"]["area"]}
        area["offset"] = str(int(area["offset"]) + int(area["size"]))
        salt = base64.b64encode(LOSING_SALT).decode()
        slots["1"] = {**slots["0"], "area": area, "kdf": {**kdf, "salt": salt}}
        text["digests"]["0"]["keyslots"].append("1")
    edit_header(path, change)


def losing_argon2(path: Path) -> None:
    """A second keyslot that is still in its first pass when the first one has opened."""
    _losing(path, {"type": "argon2id", "time": 8, "memory": LOSING_MEMORY, "cpus": 1})


def losing_pbkdf2(path: Path) -> None:
    """The same that iterates for long."""
    _losing(path, {"type": "pbkdf2", "hash": "sha256", "iterations": 80000000})


def slow_together(path: Path) -> None:
    """Keyslots that each derive for minutes, and no longer than a keyslot may."""
    def change(text: dict) -> None:
        slots = text["keyslots"]
        at = int(slots["1"]["area"]["offset"])
        for number in range(2, 6):
            size = int(slots["1"]["area"]["size"])
            area = {**slots["1"]["area"], "offset": str(at + (number - 1) * size)}
            slots[str(number)] = {**slots["1"], "area": area, "kdf": {
                "type": "pbkdf2", "hash": "sha256", "iterations": (number + 2) * 80000000,
                "salt": slots["1"]["kdf"]["salt"]}}
            text["digests"]["0"]["keyslots"].append(str(number))
    edit_header(path, change)


def digest_years(path: Path) -> None:
    _digest(path, iterations=2000000000)


def other_stripes(path: Path) -> None:
    _keyslot(path, af={"stripes": 1})


def other_kdf(path: Path) -> None:
    _keyslot(path, kdf={"type": "none"})


def long_salt(path: Path) -> None:
    _keyslot(path, kdf={"salt": "x" * 300})


def loose_salt(path: Path) -> None:
    """32 bytes and two bits that belong to none."""
    def change(text: dict) -> None:
        kdf = text["keyslots"]["0"]["kdf"]
        kdf["salt"] = kdf["salt"][:-2] + "/="
    edit_header(path, change)


def loose_digest(path: Path) -> None:
    """The same in the digest of the volume key."""
    def change(text: dict) -> None:
        digest = text["digests"]["0"]
        digest["digest"] = digest["digest"][:-2] + "/="
    edit_header(path, change)


def other_digest(path: Path) -> None:
    """The digest of another volume key: what keyslot 0 holds does not match it."""
    _digest(path, digest=base64.b64encode(bytes(range(32))).decode())


def journal_mac(path: Path) -> None:
    """Something that dm-integrity is never told: the journal would not have it."""
    def change(text: dict) -> None:
        text["segments"]["0"]["integrity"]["journal_integrity"] = "hmac(sha256)"
    edit_header(path, change)


def other_iv(path: Path) -> None:
    _segment(path, iv_tweak="1")


def data_beyond_the_end(path: Path) -> None:
    _segment(path, offset=str(1 << 63))


def two_digests(path: Path) -> None:
    """The key of keyslot 0 is checked with a digest that is not the segment's."""
    def change(text: dict) -> None:
        text["digests"] = {"1": {**text["digests"]["0"], "segments": []}, **text["digests"]}
    edit_header(path, change)


def fixed_size(path: Path) -> None:
    """A segment that ends before the disk does."""
    _segment(path, size=str(8 << 20))


def second_segment(path: Path) -> None:
    """Half the disk is not encrypted."""
    def change(text: dict) -> None:
        first = text["segments"]["0"]
        first["size"] = str(8 << 20)
        text["segments"]["1"] = {"type": "linear", "size": "dynamic",
                                 "offset": str(int(first["offset"]) + (8 << 20))}
    edit_header(path, change)


def reencryption(path: Path) -> None:
    """A header as it is while the disk is encrypted anew."""
    def change(text: dict) -> None:
        text["config"]["requirements"] = {"mandatory": ["offline-reencrypt"]}
    edit_header(path, change)


def bad_uuid(path: Path) -> None:
    """Words of a table and an escape sequence in the place of the UUID."""
    edit_header(path, lambda text: None, uuid=b"1 zero \x1b[2J")


def _memory(path: Path, memory: int) -> None:
    def change(text: dict) -> None:
        text["keyslots"]["0"]["kdf"]["memory"] = memory
    edit_header(path, change)


def memory_4_tib(path: Path) -> None:
    """The first keyslot asks for 4 TiB of memory: what libcryptsetup, which takes any number here,
    makes of -1."""
    _memory(path, -1)


def memory_most(path: Path) -> None:
    """The first keyslot asks for nearly all the memory of a lab guest: more than is free, less than
    there is."""
    _memory(path, 960 << 10)


def find_block(path: Path, content: bytes) -> list[int]:
    """Where the content lies on the disk, at 512-byte steps, beyond the header."""
    if len(set(content)) < 16:
        raise Failed(f"{path}: the block to look for is not ciphertext")
    found = []
    data = path.read_bytes()
    at = data.find(content, luks2.read(path).data)
    while at >= 0:
        if at % 512 == 0:
            found.append(at)
        at = data.find(content, at + 1)
    return found


def _flip_noted(path: Path, note: str) -> None:
    places = find_block(path, (path.parent / note).read_bytes())
    if len(places) != 1:
        raise Failed(f"{path}: the block of {note} was found {len(places)} times, wanted once")
    flip(path, places[0] + 1024 + 7)


def flip_fs_superblock(path: Path) -> None:
    """Flip a bit in block 0 of the file system: its superblock."""
    _flip_noted(path, "block.fs")


def flip_init(path: Path) -> None:
    """Flip a bit in the block that holds /sbin/init."""
    _flip_noted(path, "block.init")


def file_block(image: Path, name: str) -> int:
    """The first data block of a file in an ext4 image."""
    text = run(["debugfs", "-R", f"blocks {name}", image])
    for line in text.splitlines():
        words = line.split()
        if words and all(word.isdigit() for word in words):
            return int(words[0])
    raise Failed(f"{image}: no blocks of {name}: {text}")


# The kernel's include/uapi/linux/raid/md_p.h, struct mdp_superblock_1.
MD_UUID = b"intact-raid-uuid"
MD_DATA = 1 << 20           # where the data of metadata 1.2 begins
MD_BEHIND = 65536           # what metadata 1.0 needs behind it


def _md_superblock(role: int, size: int, data: int, at: int, flags: int = 0) -> bytes:
    """Of one disk of two of a RAID 1 that was stopped cleanly: bytes of data, where they and the
    superblock lie."""
    block = bytearray(256 + 2 * 2)
    struct.pack_into("<IIII16s32s", block, 0, 0xa92b4efc, 1, 0, 0, MD_UUID, b"intact:0")
    struct.pack_into("<QIIQII", block, 64, 0, 1, 0, size // 512, 0, 2)      # level 1, two disks
    struct.pack_into("<QQQ", block, 128, data // 512, size // 512, at // 512)
    struct.pack_into("<II16s", block, 160, role, 0, b"intact-disk-%d   " % role)
    block[184] = flags
    struct.pack_into("<QQQ", block, 192, 0, 1, (1 << 64) - 1)           # one event; in sync
    struct.pack_into("<I", block, 220, 2)                               # roles of two disks follow
    struct.pack_into("<HH", block, 256, 0, 1)
    total = sum(struct.unpack(f"<{len(block) // 4}I", block))
    struct.pack_into("<I", block, 216, (total & 0xffffffff) + (total >> 32))
    return bytes(block)


def _md_behind(path: Path, role: int) -> None:
    size = path.stat().st_size + MD_BEHIND
    at = (size & ~0xfff) - 0x2000
    with path.open("r+b") as disk:
        disk.truncate(size)
        disk.seek(at)
        disk.write(_md_superblock(role, at, 0, at))


def md_member(path: Path) -> None:
    """Make the disk half of a RAID 1 with metadata 1.0, which lies behind the data."""
    _md_behind(path, 0)


def md_other(path: Path) -> None:
    """The other half."""
    _md_behind(path, 1)


def _md_before(path: Path, role: int, flags: int = 0) -> None:
    content = path.read_bytes()
    with path.open("r+b") as disk:
        disk.write(bytes(MD_DATA))
        disk.seek(4096)
        disk.write(_md_superblock(role, len(content), MD_DATA, 4096, flags))
        disk.seek(MD_DATA)
        disk.write(content)


def md_before(path: Path) -> None:
    """Half of a RAID 1 with metadata 1.2, which lies before the data."""
    _md_before(path, 0)


def md_before_idle(path: Path) -> None:
    """The other half; it is read only where the first one fails (write-mostly)."""
    _md_before(path, 1, flags=1)


def raw_key(path: Path) -> None:
    """A key for another disk, with nothing that names it."""
    with path.open("r+b") as file:
        file.seek(4097)
        file.write(b"intact")


SWAP_UUID = "1a7ac700-0000-4000-8000-0000000005a9"


def swap_decoy(path: Path) -> None:
    """A swap that seems to hold a hibernated system, on a bare disk."""
    run(["mkswap", "-U", SWAP_UUID, path])
    _write(path, 4086, b"S1SUSPEND\0")


def stick(path: Path) -> None:
    """FAT12 with the label KEYS and /key, the key of another disk."""
    sectors, cluster, fat, entries = path.stat().st_size // 512, 4, 3, 112
    boot = struct.pack("<3s8sHBHBHHBHHHII", b"\xeb\x3c\x90", b"mkfs.fat", 512, cluster, 1, 1,
                       entries, sectors, 0xf8, fat, 32, 64, 0, 0)
    boot += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0x12345678, b"KEYS", b"FAT12   ").replace(
        b"KEYS\0\0\0\0\0\0\0", b"KEYS       ")
    # The media descriptor, the mark of cluster 1, and a file that ends in cluster 2.
    table = b"\xf8\xff\xff\xff\x0f\x00"
    folder = struct.pack("<11sB20x", b"KEYS       ", 0x08)
    folder += struct.pack("<11sB14xHI", b"KEY        ", 0x20, 2, 6)
    with path.open("r+b") as file:
        for sector, data in ((0, boot.ljust(510, b"\0") + b"\x55\xaa"), (1, table),
                             (1 + fat, folder), (1 + fat + entries * 32 // 512, b"intact")):
            file.seek(sector * 512)
            file.write(data)
