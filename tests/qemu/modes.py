# SPDX-License-Identifier: GPL-2.0-or-later
"""Is what `intact needs` prints what the kernel then loads? For each integrity mode, kernel and
CPU.

One lab guest for a kernel on a CPU. For each mode it takes a disk and
  1. asks `intact needs` as the installer of a system on that disk does: crypttab, fstab, a module
     tree;
  2. makes of the answer what an image would hold, and nothing else: those modules, no modprobe, no
     way for the kernel to ask for one. There intact-unlock opens the disk, and some blocks are
     written and read back;
  3. takes all down and loads the same dm tables again by themselves, now with the whole tree and
     modprobe: what is loaded then is what the kernel itself asked for.
The modules that needs printed are right when

  nothing is missing: the disk opened in step 2, and everything loaded in step 3 was printed;
  nothing is of another cipher: each printed module was loaded in step 3, on this CPU or on the
      other one; or it carries a crypto-… alias that one of those carries too, or that is a name in
      the dm-crypt table (the same algorithm for other CPUs); or one of all these needs it
      (modules.dep, softdep). What is not live after step 2 was refused by this CPU (ENODEV).
"""

import re
import shlex
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lib import cache, debs, kernels, lab, ours, suite
from lib.console import Unexpected
from lib.disks import ROOT_UUID
from lib.proc import Failed, Missing


@dataclass(frozen=True)
class Mode:
    """An integrity mode as cryptsetup takes it."""
    integrity: str = "hmac-sha256"
    cipher: str = "aes-xts-plain64"
    key_size: int = 0
    options: tuple[str, ...] = ()
    sector: int = 4096
    new: bool = False               # needs a newer cryptsetup than the tree's
    open: str = ""                  # opened once with this, --persistent
    table: str = ""                 # what the dm tables must show then
    since: tuple[int, ...] = ()     # the kernel that can do it


# facts.md of the field: each with the cipher that its users write beside it.
BASIC: dict[str, Mode] = {
    "hmac-sha256": Mode(table=r"authenc\(hmac\(sha256\),xts\(aes\)\)-plain64"),
    "hmac-sha512": Mode("hmac-sha512"),
    "hmac-sha1": Mode("hmac-sha1"),
    "random-iv": Mode(cipher="aes-xts-random"),
    "long-key": Mode(options=("--integrity-key-size", "512"), new=True,
                     table=r"integrity_key_size:64", since=(6, 12)),
    "gcm": Mode("aead", "aes-gcm-random", 256),
    "chacha": Mode("poly1305", "chacha20-random", 256),
    "aegis": Mode("aead", "aegis128-random", 128),
    "adiantum": Mode(cipher="xchacha20,aes-adiantum-plain64", key_size=256),
    "serpent": Mode(cipher="serpent-xts-plain64"),
    "essiv": Mode(cipher="aes-cbc-essiv:sha256", key_size=256),
    "no-journal": Mode(open="--integrity-no-journal", table=r" integrity \S+ \d+ \d+ D "),
}


def _sized(sector: int) -> dict[str, Mode]:
    return {f"{name}-{sector}": Mode(**{**mode.__dict__, "sector": sector})
            for name, mode in BASIC.items()}


MODES = {**_sized(4096), **_sized(512)}
# Saves time when the kernel has it; whether it is live yet is a matter of chance.
HELPFUL = {"crypto_user"}
CPUS = {"aes": "max,la57=off", "no-aes": "Nehalem"}
# Name of a group of tests → suite of the kernel ("" is the tree's own), and the modes.
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    # Those that differ in what they load.
    "modules": ("",
                tuple(f"{name}-4096" for name in BASIC if name not in ("random-iv", "no-journal"))),
    "modules/slow/own": ("", tuple(MODES)),
    "modules/slow/trixie": ("trixie", tuple(MODES)),
    "modules/slow/unstable": ("unstable", tuple(MODES)),
}


def chosen(group: str, pattern: str) -> tuple[str, ...]:
    """The modes of a group that a pattern means; a name is GROUP/MODE/CPU, and both CPUs are always
    tried."""
    return tuple(name for name in GROUPS[group][1]
                 if any(suite.matches(f"{group}/{name}/{cpu}", pattern) for cpu in CPUS))


def _format(name: str) -> str:
    mode = MODES[name]
    cryptsetup = "/lab/new/cryptsetup" if mode.new else "cryptsetup"
    options = ["--batch-mode", "--type", "luks2", "--uuid", ROOT_UUID, "--key-file",
               "/lab/passphrase", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000",
               "--luks2-metadata-size", "16k", "--luks2-keyslots-size", "1m", "--sector-size",
               str(mode.sector), "--cipher", mode.cipher, "--integrity", mode.integrity,
               "--integrity-no-wipe", *mode.options]
    if mode.key_size:
        options += ["--key-size", str(mode.key_size)]
    # Every block is written, or reading the first would be an error. What the lab's kernel cannot
    # open stays as it is.
    persistent = f"{mode.open} --persistent" if mode.open else ""
    again = "" if mode.since else (
        f"cryptsetup open --key-file /lab/passphrase {persistent} /dev/loop0 disk && "
        "{ dd if=/dev/zero of=/dev/mapper/disk bs=64k 2>/dev/null; cryptsetup close disk; } && ")
    return ("truncate -s 8M /tmp/disk && losetup /dev/loop0 /tmp/disk && "
            f"{cryptsetup} luksFormat {' '.join(options)} /dev/loop0 && {again}"
            f"losetup -d /dev/loop0 && cp /tmp/disk /share/{name} || exit\nrm -f /tmp/disk\n")


def _make_disks(path: Path) -> None:
    path.mkdir()
    job = lab.Job("modprobe -q loop\n" + "".join(_format(name) for name in MODES),
                  add={"lab/passphrase": b"intact", **debs.cryptsetup()}, share=path, timeout=600)
    result = lab.lab(job)
    if result.exit:
        raise Unexpected(
            f"the disks of the modes could not be made: exit {result.exit}\n{result.output}")


def disks() -> Path:
    """A folder with a small disk of each mode, with nothing on it but zeros."""
    return cache.entry("disk", "modes",
                       ("".join(_format(name) for name in MODES), cache.recipe(_make_disks)),
                       _make_disks)


SCRIPT = r"""
PATH=/lab/bin:$PATH
version=$(uname -r) tree=/full/lib/modules/$(uname -r) tables=/tmp/tables
mkdir -p /full/bin /full/lib /target/etc/keys /target/etc/cryptsetup-initramfs /tmp/keep
modprobe -q loop
mv /usr/lib/modules /full/lib/modules
mv /usr/bin/kmod /full/bin/kmod
for name in modprobe insmod rmmod lsmod depmod modinfo; do
	ln -s kmod /full/bin/$name
	rm -f /usr/sbin/$name /usr/bin/$name
done
awk -F: '{
	name = $1; sub(/.*\//, "", name); sub(/\.ko.*/, "", name); gsub(/-/, "_", name)
	print name, $1
}' "$tree/modules.dep" >/tmp/paths

printf 'root UUID=%s /etc/keys/root luks\n' @UUID@ >/target/etc/crypttab
echo '/dev/mapper/root / ext4 defaults 0 1' >/target/etc/fstab
echo 'KEYFILE_PATTERN="/etc/keys/*"' >/target/etc/cryptsetup-initramfs/conf-hook
printf intact >/target/etc/keys/root

loaded() { cut -d' ' -f1 /proc/modules | sort; }
# What the kernel asked for while it booted, and does not need any more.
awk '$2 ~ /\/crypto\// { print $1 }' /tmp/paths >/tmp/crypto
before=
free_crypto() {
	awk 'NR == FNR { ours[$1]; next } $1 in ours && $3 == 0 { print $1 }' \
		/tmp/crypto /proc/modules
}
while free=$(free_crypto) && [ "$free" != "$before" ]; do
	busybox rmmod $free 2>/dev/null
	before=$free
done
loaded >/tmp/baseline
cp /tmp/baseline /share/out/

# The folder for the modules that are there, and the program that the kernel calls for more.
offer() {
	rm -rf /usr/lib/modules
	if [ "$1" = all ]; then
		ln -s /full/lib/modules /usr/lib/modules
		echo /full/bin/modprobe >/proc/sys/kernel/modprobe
	else
		mkdir -p "/usr/lib/modules/$version"
		echo /nowhere/modprobe >/proc/sys/kernel/modprobe
	fi
}

# Fills the image from the list, as a hook does.
image() {
	local what a b c d to=/usr/lib/modules/$version
	rm -rf /etc/intact
	mkdir -p /etc/intact
	cp "$tree"/modules.builtin* "$tree/modules.order" "$to"
	while read -r what a b c d; do
		case $what in
		module)
			path=$(sed -n "s/^$a //p" /tmp/paths)
			mkdir -p "$to/${path%/*}"
			cp "$tree/$path" "$to/$path" ;;
		file) cp "$a" "$b" ;;
		volume) echo "$a $b $c $d" >>/etc/intact/crypttab ;;
		esac
	done
	/full/bin/depmod "$version"
}

# 16 blocks, written and read back from the disk.
use() {
	dd if=/dev/urandom of=/tmp/data bs=4096 count=16 2>/dev/null
	dd if=/tmp/data of=/dev/mapper/root bs=4096 seek=8 conv=fsync 2>/dev/null ||
		echo "cannot write"
	echo 3 >/proc/sys/vm/drop_caches
	dd if=/dev/mapper/root bs=4096 skip=8 count=16 2>/dev/null | cmp -s - /tmp/data ||
		echo "reads back something else"
}

unused() {
	awk 'NR == FNR { keep[$1]; next } !($1 in keep) && $3 == 0 { print $1 }' \
		/tmp/baseline /proc/modules
}

take_down() {
	dmsetup remove --noudevsync root >/dev/null 2>&1
	dmsetup remove --noudevsync root_dif >/dev/null 2>&1
	# What nothing uses any more, until that does not change.
	free= before=
	while free=$(unused) && [ "$free" != "$before" ]; do
		busybox rmmod $free 2>/dev/null
		before=$free
	done
	loaded | grep -vxF -f /tmp/baseline
}

mode() {
	out=/share/out/$1
	mkdir -p "$out"
	cp "/share/disks/$1" /tmp/disk
	losetup /dev/loop0 /tmp/disk
	intact needs --root /target --kernel "$version" --modules-dir "$tree" \
		>/tmp/needs 2>"$out/needs.err"
	echo $? >"$out/needs.exit"
	cp /tmp/needs "$out/needs"

	offer none
	image </tmp/needs
	command -v modprobe
	intact-unlock --config /etc/intact/crypttab --cmdline /dev/null \
		</dev/null >"$out/unlock" 2>&1
	echo $? >"$out/unlock.exit"
	loaded | grep -vxF -f /tmp/baseline >"$out/live"
	dmsetup table >"$out/table"
	for module in $(sed -n 's/^module //p' /tmp/needs | grep -vxF -f "$out/live"); do
		echo "$module $(/full/bin/modprobe "$module" 2>&1)"
	done >"$out/refused"
	if [ -b /dev/mapper/root ]; then use; else echo "not open"; fi >"$out/use"
	dmsetup table --showkeys root_dif >/tmp/dif
	# The key is in the kernel's keyring, or it is shown: any other will do to load modules.
	dmsetup table --showkeys root |
	while read -r from size target cipher key offset device rest; do
		case $key in
		:*) bytes=${key#:} bytes=${bytes%%:*} ;;
		*) bytes=$((${#key} / 2)) ;;
		esac
		random=$(od -An -v -tx1 -N "$bytes" /dev/urandom | tr -d ' \n')
		echo "$from $size $target $cipher $random $offset /dev/mapper/root_dif $rest"
	done >/tmp/crypt
	take_down >"$out/stuck"

	offer all
	/full/bin/modprobe dm_mod
	if [ -s /tmp/crypt ]; then
		{
			dmsetup create --noudevsync root_dif </tmp/dif &&
			dmsetup create --noudevsync root </tmp/crypt && use
		} >"$out/kernel.use" 2>&1
	else
		echo "no table" >"$out/kernel.use"
	fi
	loaded | grep -vxF -f /tmp/baseline >"$out/kernel"
	take_down >>"$out/stuck"
	losetup -d /dev/loop0
	echo "INTACT-MODE $1"
}
"""


def _module_name(path: str) -> str:
    return re.sub(r"\.ko.*", "", path.rsplit("/", 1)[-1]).replace("-", "_")


class Tree:
    """What the lists of a module tree say about its modules."""

    def __init__(self, folder: Path) -> None:
        self.needs: dict[str, set[str]] = {}
        self.aliases: dict[str, set[str]] = {}
        for line in (folder / "modules.dep").read_text().splitlines():
            path, _, rest = line.partition(":")
            self.needs[_module_name(path)] = {_module_name(word) for word in rest.split()}
        for line in (folder / "modules.softdep").read_text().splitlines():
            if line.startswith("softdep "):
                name, *words = line.split()[1:]
                self.needs.setdefault(name.replace("-", "_"), set()).update(
                    word.replace("-", "_") for word in words if not word.endswith(":"))
        for line in (folder / "modules.alias").read_text().splitlines():
            if line.startswith("alias crypto-"):
                _, alias, name = line.split()
                self.aliases.setdefault(name.replace("-", "_"), set()).add(
                    alias.removeprefix("crypto-"))

    def closure(self, names: set[str]) -> set[str]:
        found, todo = set(), list(names)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self.needs.get(name, ())
        return found

    def answering(self, algorithms: set[str]) -> set[str]:
        return {name for name, aliases in self.aliases.items() if aliases & algorithms}


class Result:
    """What one guest noted about one mode."""

    def __init__(self, folder: Path) -> None:
        def text(name: str) -> str:
            return (folder / name).read_text(errors="replace") if (folder / name).exists() else ""
        self.printed = {line.split()[1] for line in text("needs").splitlines()
                        if line.startswith("module ")}
        # What could not be unloaded before the first mode is there all the time.
        self.live = set(text("live").split()) | set(text("../baseline").split())
        self.kernel = set(text("kernel").split())
        self.refused = dict(line.split(" ", 1) for line in text("refused").splitlines())
        self.table, self.stuck = text("table"), set(text("stuck").split())
        self.codes = text("needs.exit").strip(), text("unlock.exit").strip()
        self.use, self.kernel_use = text("use").strip(), text("kernel.use").strip()
        self.said = text("needs.err") + text("unlock")

    def algorithms(self) -> set[str]:
        """The names in the dm-crypt table's cipher."""
        found = re.search(r" crypt (\S+)", self.table)
        return set(re.findall(r"[a-z0-9_]+",
                              found.group(1).removeprefix("capi:"))) if found else set()


def judge(name: str, this: Result, other: Result, tree: Tree, version: str) -> None:
    """Raises what is wrong with a mode on one CPU, by what was seen there and on the other CPU."""
    mode = MODES[name]
    wrong = []
    if mode.since and tuple(int(word) for word in version.split(".")[:2]) < mode.since:
        if this.codes != ("0",
                          "1") or this.said.count("asks for an integrity key of 64 bytes") != 2:
            raise Failed(f"kernel {version} cannot do it, and this was said:\n{this.said}")
        return
    # 8 on a disk that was never written: it is open all the same, for repair.
    if this.codes not in (("0", "0"), ("0", "8") if mode.since else ()):
        wrong.append("exit codes of needs and unlock: " + " ".join(this.codes))
    if this.use or this.kernel_use:
        wrong.append(
            f"the open disk: {this.use or 'works'}; the kernel's own: {this.kernel_use or 'works'}")
    if mode.table and not re.search(mode.table, this.table):
        wrong.append(f"nothing like {mode.table} in {this.table}")
    if "warning" in this.said:
        wrong.append("a warning about nothing")
    if this.stuck:
        wrong.append(f"could not be unloaded, so nothing is sure: {' '.join(this.stuck)}")
    if missing := this.kernel - this.printed:
        wrong.append(f"missing, the kernel loads: {' '.join(sorted(missing))}")
    asked = this.kernel | other.kernel
    names = this.algorithms().union(*(tree.aliases.get(module, set()) for module in asked))
    if foreign := this.printed - tree.closure(asked | tree.answering(names)) - HELPFUL:
        wrong.append(f"of another cipher: {' '.join(sorted(foreign))}")
    for module in sorted(this.printed - this.live - HELPFUL):
        if "No such device" not in this.refused.get(module, ""):
            wrong.append(
                f"printed and not loaded: {module} ({this.refused.get(module) or 'could be'})")
    if wrong:
        raise Failed("\n".join([*wrong, f"printed: {' '.join(sorted(this.printed))}",
                                f"kernel: {' '.join(sorted(this.kernel))}", this.said]))


def _guest(kernel: kernels.Kernel, cpu: str, names: tuple[str, ...], folder: Path) -> dict[
        str, Result]:
    share = folder / "share"
    (share / "out").mkdir(parents=True, exist_ok=True)
    (share / "disks").mkdir(exist_ok=True)
    for name in names:
        (share / "disks" / name).write_bytes((disks() / name).read_bytes())
    script = SCRIPT.replace("@UUID@", ROOT_UUID) + "".join(f"mode {shlex.quote(name)}\n"
                                                           for name in names)
    job = lab.Job(script,
                  add={"lab/bin/intact": ours.program(ours.TOOL),
                       "lab/bin/intact-unlock": ours.program(ours.UNLOCK)}, share=share, cpu=cpu,
                  kernel=kernel, timeout=60 + 40 * len(names))
    try:
        result = lab.lab(job, "qemu", folder)
    finally:
        shutil.rmtree(share / "disks")
    if result.exit:
        raise Unexpected(f"the guest's script ended with {result.exit}\n{result.output}")
    return {name: Result(share / "out" / name) for name in names}


def table(group: str, names: tuple[str, ...], folder: Path,
          ended: Callable[[str, Exception | None, float], None]) -> None:
    """Run a group's modes on both CPUs; `ended` hears of each as NAME/CPU."""
    kernel = kernels.of(GROUPS[group][0])
    start = time.monotonic()
    results = {cpu: _guest(kernel, words, names, folder / cpu) for cpu, words in CPUS.items()}
    seconds = (time.monotonic() - start) / len(names) / len(CPUS)
    tree = Tree(kernel.modules)
    for name in names:
        for cpu, other in zip(CPUS, reversed(CPUS)):
            wrong: Exception | None = None
            try:
                judge(name, results[cpu][name], results[other][name], tree, kernel.version)
            except (Failed, Missing) as error:
                wrong = error
            ended(f"{name}/{cpu}", wrong, seconds)
