# SPDX-License-Identifier: GPL-2.0-or-later
"""Headers that are not as LUKS2 wants them, and sound ones of unusual shape; direct.py explains the
rows.

The kinds are those that cryptsetup tries its own reading with (its tests/generators and
tests/luks2-validation-test, where each has nearly the same name), here on a volume with integrity
protection. A wrong header is refused before any question, and nothing is written to its disk.
"""

import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass

from lib import disks, luks2

from .direct import LOOP0, Direct

PLACE = "/lab/headers"
# Other areas than these 16 KiB are made by cryptsetup in the guest.
FORMAT = ("dd if=/dev/zero of=/tmp/disk bs=1M count=24 2>/dev/null; "
          "printf intact | cryptsetup luksFormat -q --type luks2 --integrity hmac-sha256 "
          "--sector-size 4096 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "
          "--luks2-metadata-size ${size}k --luks2-keyslots-size 1m --key-file - /tmp/disk; "
          "losetup /dev/loop0 /tmp/disk")


@dataclass
class Copies:
    """Both copies of a header: the binary parts, and what is where the JSON stands."""
    binary: list[bytearray]
    area: list[bytes]
    size: int

    def text(self, change: Callable[[dict], object], copies: tuple[int, ...] = (0, 1)) -> None:
        """Change the JSON."""
        for copy in copies:
            text = json.loads(self.area[copy].split(b"\0", 1)[0])
            change(text)
            self.put(json.dumps(text, separators=(",", ":")).encode(), copy)

    def put(self, text: bytes, copy: int, fill: bytes = b"\0") -> None:
        self.area[copy] = text.ljust(len(self.area[copy]), fill)

    def both(self, change: Callable[[bytes], bytes]) -> None:
        """Change the JSON as a text."""
        for copy in (0, 1):
            self.put(change(self.area[copy].split(b"\0", 1)[0]), copy)

    def number(self, value: int, copies: tuple[int, ...]) -> None:
        """The size that a binary part claims."""
        for copy in copies:
            struct.pack_into(">Q", self.binary[copy], 8, value)

    def seal(self) -> bytes:
        """Both copies as they lie on the disk, with right checksums: they authenticate nothing."""
        out = b""
        assert {len(area) for area in self.area} == {self.size - 4096}
        for binary, area in zip(self.binary, self.area, strict=True):
            name = binary[72:104].rstrip(b"\0").decode()
            binary[448:512] = bytes(64)
            binary[448:480] = hashlib.new(name, bytes(binary) + area).digest()[:32]
            out += bytes(binary) + area
        return out


def read() -> Copies:
    path = disks.disk("tiny")
    size = luks2.read(path).size
    with path.open("rb") as file:
        copies = [file.read(size) for _ in range(2)]
    return Copies([bytearray(copy[:4096]) for copy in copies], [copy[4096:] for copy in copies],
                  size)


def put(*keys: str, **to: object) -> Callable[[Copies], None]:
    """Set members of the object at these keys, or take them away (...)."""
    def change(text: dict) -> None:
        for key in keys:
            text = text[key]
        for name, value in to.items():
            if value is ...:
                del text[name]
            else:
                text[name] = value
    return lambda copies: copies.text(change)


def edit(change: Callable[[dict], object], copies: tuple[int, ...] = (0, 1)
         ) -> Callable[[Copies], None]:
    return lambda header: header.text(change, copies)


def area(**to: Callable[[int], int]) -> Callable[[Copies], None]:
    """Change numbers of keyslot 0's area."""
    def change(text: dict) -> None:
        place = text["keyslots"]["0"]["area"]
        for name, new in to.items():
            place[name] = str(new(int(place[name])))
    return edit(change)


def second_area(move: Callable[[int, int], int]) -> Callable[[Copies], None]:
    """A second keyslot, placed by the offset and size of the first one's area."""
    def change(text: dict) -> None:
        first = text["keyslots"]["0"]
        place = first["area"]
        text["keyslots"]["1"] = {**first, "area": {
            **place, "offset": str(move(int(place["offset"]), int(place["size"])))}}
        text["digests"]["0"]["keyslots"].append("1")
    return edit(change)


def segments(**more: dict) -> Callable[[Copies], None]:
    """More segments behind the first, by their numbers (`s1`)."""
    def change(text: dict) -> None:
        first = text["segments"]["0"]
        offset = int(first["offset"])
        for name, segment in more.items():
            text["segments"][name[1:]] = {"offset": str(offset + 512), **segment}
    return edit(change)


def full(header: Copies) -> None:
    """JSON up to the last byte that may be one."""
    for copy in (0, 1):
        text = json.loads(header.area[copy].split(b"\0", 1)[0])
        text["tokens"] = {"0": {"type": "note", "keyslots": [], "text": ""}}
        short = len(json.dumps(text, separators=(",", ":")))
        text["tokens"]["0"]["text"] = "x" * (len(header.area[copy]) - 1 - short)
        header.put(json.dumps(text, separators=(",", ":")).encode(), copy)


def broken_text(header: Copies, copy: int) -> None:
    """A copy that no JSON reader takes, whose checksum is right."""
    header.area[copy] = b'{"keyslots":{"0":"'.ljust(len(header.area[copy]), b"x")


def no_end(header: Copies) -> None:
    for copy in (0, 1):
        text = header.area[copy].split(b"\0", 1)[0]
        header.area[copy] = text[:-1] + b" " * (len(header.area[copy]) - len(text)) + b"}"


def behind(length: int) -> Callable[[Copies], None]:
    def change(header: Copies) -> None:
        for copy in (0, 1):
            text = header.area[copy].split(b"\0", 1)[0]
            header.put(text + b"\0" + b"X" * length, copy)
    return change


def spaced(header: Copies) -> None:
    header.both(lambda text: json.dumps(json.loads(text), indent=1).encode())


def token(value: object) -> Callable[[Copies], None]:
    return edit(lambda text: text["tokens"].update({"0": value}))


# What must not open, and nobody is asked for.
WRONG: dict[str, Callable[[Copies], None]] = {
    "json-broken-in-both": lambda header: (broken_text(header, 0), broken_text(header, 1)),
    "json-byte-behind-it": behind(1),
    "json-bytes-behind-it": behind(500),
    "json-without-end": no_end,
    "json-opening": lambda header: header.both(lambda text: b"[" + text[1:]),
    "json-array": lambda header: header.both(lambda text: b"[" + text + b"]"),
    "json-empty": lambda header: header.both(lambda text: b""),
    "json-deep": lambda header: header.both(
        lambda text: text[:-1] + b',"x":' + b"[" * 4000 + b"]" * 4000 + b"}"),
    "json-twice": lambda header: header.both(
        lambda text: text[:-1] + b',"keyslots":{"0":{"type":"luks2"}}}'),
    "areas-the-same": second_area(lambda offset, size: offset),
    "areas-overlapping": second_area(lambda offset, size: offset + size // 2),
    "areas-overlapping-by-a-block": second_area(lambda offset, size: offset + size - 4096),
    "area-in-header": area(offset=lambda offset: 16384),
    "area-behind-keyslots": area(offset=lambda offset: 16 << 20),
    "area-too-large": area(size=lambda size: 32 << 20),
    "area-size-wraps": area(size=lambda size: (1 << 64) - 1),
    "area-offset-wraps": area(offset=lambda offset: (1 << 64) - 4096),
    "area-number": put("keyslots", "0", area=42),
    "area-size-number": put("keyslots", "0", "area", size=258048),
    "af-number": put("keyslots", "0", af=42),
    "af-type-number": put("keyslots", "0", "af", type=42),
    "kdf-number": put("keyslots", "0", kdf=42),
    "keyslots-array": put(keyslots=[]),
    "keyslots-of-a-name": edit(lambda text: text["keyslots"].update(x=text["keyslots"]["0"])),
    "digest-of-absent-keyslot": put("digests", "0", keyslots=["0", "1"]),
    "digest-of-absent-segment": put("digests", "0", segments=["0", "1"]),
    "digest-without-keyslot": put("digests", "0", keyslots=[]),
    "digest-twice": edit(lambda text: text["digests"].update({"1": text["digests"]["0"]})),
    "digests-number": put(digests=42),
    "token-of-absent-keyslot": token({"type": "note", "keyslots": ["1"]}),
    "tokens-number": put(tokens=42),
    "tops-number": put(tokens=42, digests=42, keyslots=[], segments="x"),
    "segment-size-most": put("segments", "0", size=str((1 << 64) - 1)),
    "segment-size-wraps": put("segments", "0", size=str(1 << 64)),
    "segment-size-negative": put("segments", "0", size="-512"),
    "segment-size-absent": put("segments", "0", size=...),
    "segment-size-number": put("segments", "0", size=4096),
    "segment-size-odd": put("segments", "0", size="511"),
    "segment-size-word": put("segments", "0", size="automatic"),
    "segment-type-absent": put("segments", "0", type=...),
    "segment-type-number": put("segments", "0", type=42),
    "segment-type-unknown": put("segments", "0", type="some_type"),
    "segment-offset-absent": put("segments", "0", offset=...),
    "segment-offset-number": put("segments", "0", offset=42),
    "segment-offset-octal": put("segments", "0", offset="0x1000000"),
    "segment-encryption-absent": put("segments", "0", encryption=...),
    "segment-encryption-number": put("segments", "0", encryption=42),
    "segment-encryption-empty": put("segments", "0", encryption=""),
    "segment-iv-absent": put("segments", "0", iv_tweak=...),
    "segment-iv-word": put("segments", "0", iv_tweak="dynamic"),
    "segment-sector-absent": put("segments", "0", sector_size=...),
    "segment-sector-word": put("segments", "0", sector_size="4096"),
    "segment-sector-of-1023": put("segments", "0", sector_size=1023),
    "segment-sector-negative": put("segments", "0", sector_size=-4096),
    "segment-flags-word": put("segments", "0", flags="backup"),
    "segment-flags-number": put("segments", "0", flags=[42]),
    "segment-flags-unknown": put("segments", "0", flags=["in-reencryption"]),
    "segment-integrity-word": put("segments", "0", integrity="hmac(sha256)"),
    "segment-integrity-absent": put("segments", "0", integrity=...),
    "segments-two": segments(s1={"type": "some", "size": "dynamic"}),
    "segments-backup-apart": segments(
        s3={"type": "linear", "size": "512", "flags": ["backup-x"]}),
    "segments-backup-far": segments(
        s268435472={"type": "linear", "size": "512", "flags": ["backup-x"]}),
    "segments-word": put(segments="x"),
    "keyslots-size-large": put("config", keyslots_size=str(1 << 40)),
    "keyslots-size-odd": put("config", keyslots_size="4097"),
    "keyslots-size-small": put("config", keyslots_size="4096"),
    "json-size-large": put("config", json_size=str(1 << 20)),
    "json-size-odd": put("config", json_size="12289"),
    "json-size-other": put("config", json_size="28672"),
    "config-absent": put(config=...),
    "header-size-odd": lambda header: header.number(16385, (0, 1)),
    "header-size-most": lambda header: header.number((1 << 64) - 1, (0, 1)),
    "header-size-none": lambda header: header.number(0, (0, 1)),
    "requirement-unknown": put("config", requirements={"mandatory": ["unheard-of"]}),
    "requirement-word": put("config", requirements="unheard-of"),
}
# What is as sound as before, by another way.
SOUND: dict[str, Callable[[Copies], None]] = {
    "json-full": full,
    "json-with-blanks": spaced,
    "json-broken-in-first": lambda header: broken_text(header, 0),
    "json-broken-in-second": lambda header: broken_text(header, 1),
    "header-size-odd-in-first": lambda header: header.number(16385, (0,)),
    "header-size-odd-in-second": lambda header: header.number(16385, (1,)),
    "token-of-others": token({"type": "note", "keyslots": ["0"], "text": "x" * 500}),
    "config-flags-unknown": put("config", flags=["unheard-of"]),
    "kdf-leftovers": edit(lambda text: text["keyslots"]["0"]["kdf"].update(
        {"hash": "sha256", "iterations": 1001})),
}
SIZES = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)          # KiB
# In a loop: hundreds of them take the time of few rows.
KEYED = LOOP0.replace("none", "/tmp/key")
RUN = "intact-unlock --config /tmp/crypttab --cmdline /tmp/cmdline --ask console </dev/null"

WRONG_LOOP = f"""
# How often and how much was written to the disk or discarded there.
writes() {{
	read -r reads _ _ _ times _ sectors _ _ _ _ discards _ discarded _ </sys/block/loop0/stat
	echo "$times $sectors $discards $discarded"
}}
for file in {PLACE}/wrong/*; do
	dd if=$file of=/tmp/disk bs=32k conv=notrunc 2>/dev/null
	written=$(writes)
	{RUN} >/tmp/said 2>&1; code=$?
	sync
	case $code in
	4 | 7) ;;
	*) echo "WRONG ${{file##*/}}: exit $code"; cat /tmp/said; bad=1 ;;
	esac
	grep -q "loop0" /tmp/said || {{ echo "SAYS NOTHING ${{file##*/}}"; cat /tmp/said; bad=1; }}
	[ "$(writes)" = "$written" ] || {{ echo "WRITTEN ${{file##*/}}"; bad=1; }}
	set -- /sys/block/dm-*
	if [ -e $1 ]; then
		! dmsetup table root_dif 2>/dev/null | grep -q . ||
			{{ echo "OPEN ${{file##*/}}"; bad=1; }}
		dmsetup remove -f root >/dev/null 2>&1
	fi
	tried=$((tried + 1))
done
echo "$tried headers are wrong"
[ -z "$bad" ]
"""
OPENS = f"""
	{RUN} >/tmp/said 2>&1; code=$?
	if [ $code != 0 ] || ! dmsetup table root | grep -q integrity; then
		echo "NOT OPEN $what: exit $code"; cat /tmp/said; bad=1
	fi
	cryptsetup close root
	tried=$((tried + 1))
"""
SOUND_LOOP = f"""
printf intact >/tmp/key
for what in {PLACE}/sound/*; do
	dd if=$what of=/tmp/disk conv=notrunc 2>/dev/null
{OPENS}
done
echo "$tried headers are sound"
[ -z "$bad" ]
"""
SIZES_LOOP = f"""
printf intact >/tmp/key
for size in {' '.join(map(str, SIZES))}; do
	{FORMAT}
	for what in "$size with both copies" "$size with the second"; do
{OPENS}
		losetup -d /dev/loop0
		dd if=/dev/zero of=/tmp/disk bs=4096 count=1 conv=notrunc 2>/dev/null
		losetup /dev/loop0 /tmp/disk
	done
	losetup -d /dev/loop0
done
echo "$tried headers are sound"
[ -z "$bad" ]
"""


def _row(script: str, disk: str, crypttab: str, shows: str) -> Direct:
    return Direct(disk=disk, crypttab=crypttab, dialogue=(), run=script, shows=(shows,),
                  hides=("^(WRONG|SAYS NOTHING|WRITTEN|OPEN|NOT OPEN) ",), seconds=600)


DIRECT: dict[str, Direct] = {
    # Short: a disk whose header is refused is not waited for.
    "header/wrong": _row(WRONG_LOOP, "tiny", LOOP0.replace("timeout=3", "timeout=2"),
                         f"^{len(WRONG)} headers are wrong"),
    "header/sound": _row(SOUND_LOOP, "tiny", KEYED, f"^{len(SOUND)} headers are sound"),
    "header/sizes": _row(SIZES_LOOP, "", KEYED, f"^{2 * len(SIZES)} headers are sound"),
}


def files() -> dict[str, bytes]:
    """The headers, as they go into the guest."""
    found = {}
    for folder, kinds in (("wrong", WRONG), ("sound", SOUND)):
        for name, change in kinds.items():
            header = read()
            change(header)
            found[f"{PLACE[1:]}/{folder}/{name}"] = header.seal()
    return found
