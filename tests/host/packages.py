# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages: what is in them, what lintian says of one, and what they do when they come and
go."""

import difflib
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lib import debian, generator, images, ours
from lib.paths import BUILD, REPO
from lib.proc import Failed, Missing, run
from lib.suite import Need, Report, Test

OUT = BUILD / "packages"
LISTS = REPO / "tests/data/packages"


@dataclass(frozen=True)
class Kind:
    """How a kind of package is made and looked at."""
    tools: tuple[str, ...]
    pattern: str                                # of the packages, in OUT
    listing: Callable[[Path], list[str]]        # lines of mode, owner and path


def _tar_lines(text: str) -> list[str]:
    """What tar and dpkg-deb print: mode, owner, size, date, time, path."""
    rows = [line.split(None, 5) for line in text.splitlines()]
    return sorted((f"{row[0]} {row[1]} /{row[5].removeprefix('./')}" for row in rows),
                  key=lambda line: line.split()[2])


def _rpm_lines(package: Path) -> list[str]:
    return run(["rpm", "-qp", "--qf",
                "[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]",
                package]).splitlines()


KINDS = {
    "deb": Kind(("dpkg-buildpackage", "dh"), "intact_*.deb",
                lambda package: _tar_lines(run(["dpkg-deb", "-c", package]))),
    "rpm": Kind(("rpmbuild", "rpm"), "intact-*[!c].rpm", _rpm_lines),
    "arch": Kind(("makepkg", "bsdtar", "fakeroot", "zstd"), "intact-*.pkg.tar.zst",
                 lambda package: _tar_lines(run(["tar", "--exclude=.[A-Z]*", "-tvf", package]))),
}
# Where the libraries are kept and come from is the caller's choice; the rest of the environment is
# not.
PASSED = {name: os.environ[name]
          for name in ("INTACT_CACHE", "XDG_CACHE_HOME", "DEPS_TARBALLS", "DEPS_MIRROR")
          if name in os.environ}
_lock = threading.Lock()
_built: dict[str, list[Path] | Failed] = {}


def need_tools(*tools: str) -> None:
    for tool in tools:
        if not shutil.which(tool):
            raise Missing(f"{tool} is not installed (see packaging/packages.*, tests/packages)")


def packages(kind: str) -> list[Path]:
    """The packages of a kind, made by `make KIND` once a run; one kind after the other, they share
    their source."""
    with _lock:
        if kind not in _built:
            try:
                need_tools(*KINDS[kind].tools)
                run(["make", "-s", "-C", REPO, kind], env=PASSED, timeout=900)
                _built[kind] = sorted(OUT.glob(KINDS[kind].pattern))
            except Failed as error:
                _built[kind] = error
        found = _built[kind]
    if isinstance(found, Failed):
        raise found
    return found


def _contents(kind: str, logs: Path) -> None:
    lines = []
    for package in packages(kind):
        name = re.split(r"[-_]\d", package.name)[0]
        lines += [f"# {name}", *KINDS[kind].listing(package)]
    stored = LISTS / f"{kind}.list"
    (logs / stored.name).write_text("\n".join(lines) + "\n")
    wanted = stored.read_text().splitlines() if stored.exists() else []
    if lines != wanted:
        diff = difflib.unified_diff(wanted, lines, str(stored.relative_to(REPO)), "the package",
                                    lineterm="", n=0)
        raise Failed(
            "\n".join([*diff, f"if that is right: cp {logs / stored.name} {stored.parent}"]))


def _same_programs(kind: str) -> None:
    """With the project's own flags the programs are those that were tested, byte for byte."""
    with tempfile.TemporaryDirectory() as folder:
        for package in packages(kind):
            run(["bsdtar", "-C", folder, "-xf", package])
        for program in (ours.UNLOCK, ours.TOOL):
            found = next(Path(folder).glob(f"usr/*bin/{program.name}"))
            if found.read_bytes() != ours.program(program).read_bytes():
                raise Failed(f"{program.name} in the {kind} package is not what make builds")


def _lintian() -> None:
    need_tools("lintian")
    packages("deb")
    changes = next((OUT / "deb").glob("*.changes"))
    run(["lintian", "--pedantic", "-I", "--allow-root", "--fail-on", "error,warning,info,pedantic",
         changes], timeout=300)


def _copyright() -> None:
    """Every part of deps/list is in the Debian copyright file."""
    text = (REPO / "packaging/deb/copyright").read_text()
    for line in (REPO / "deps/list").read_text().splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        said = f" {words[0]}: "
        if words[3] != "-":
            said = f"tarballs/{Path(words[3]).name.split('_')[0]}_*"
        if said not in text:
            raise Failed(f"packaging/deb/copyright says nothing of {said}")


def _reproducible(logs: Path) -> None:
    """Made again, unpacked elsewhere from its own source package: the same bytes."""
    deb = packages("deb")[0]
    dsc = next((OUT / "deb").glob("*.dsc"))
    with tempfile.TemporaryDirectory(prefix="intact-deb-") as folder:
        run(["dpkg-source", "--no-check", "-x", dsc, f"{folder}/again"], log=logs / "log")
        run(["env", "-C", f"{folder}/again", "dpkg-buildpackage", "-b", "-us", "-uc"],
            log=logs / "log",
            env={"INTACT_CACHE": run([REPO / "deps/path"], env=PASSED).strip().rpartition("/")[0]})
        if (Path(folder) / deb.name).read_bytes() != deb.read_bytes():
            raise Failed(f"two builds of {deb.name} differ")


# --- what they do ---------------------------------------------------------------------------------

DEB_LIFE = """set -e
exec </dev/null
{drivers}
cp -r /out/etc/. /etc/
version=$(ls /lib/modules)
list()
{{
	lsinitramfs /boot/initrd.img-$version >/out/$1.image
	find / -xdev ! -path '/boot/*' ! -path '/out*' ! -path '/tmp*' ! -path '/var/lib/dpkg/*' \\
		! -path '/var/log/*' ! -path '/var/cache/*' | sort >/out/$1.files
}}
update-initramfs -c -k $version >/out/before.log 2>&1
list before
step()
{{
	name=$1
	shift
	"$@" >/out/$name.log 2>&1 || {{ cat /out/$name.log; exit 1; }}
	list $name
}}
step install dpkg -i /out/intact.deb
step upgrade dpkg -i /out/newer.deb
step remove dpkg -r intact
step purge dpkg -P intact
dpkg-query -W -f '${{db:Status-Abbrev}}' intact >/out/status 2>/dev/null || :
"""


def _newer(deb: Path, folder: Path) -> None:
    """The same with a higher version."""
    run(["dpkg-deb", "-R", deb, folder / "newer"])
    control = folder / "newer/DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*", "Version: 9999-1", control.read_text()))
    run(["dpkg-deb", "-b", "--root-owner-group", folder / "newer", folder / "newer.deb"])


def _deb_life() -> None:
    """Installed, upgraded, removed and purged on a Debian system with an initramfs image."""
    deb = packages("deb")[0]
    with tempfile.TemporaryDirectory(prefix="intact-deb-") as scratch:
        out = Path(scratch)
        _newer(deb, out)
        shutil.copy(deb, out / "intact.deb")
        settings = {"crypttab": generator.CRYPTTAB, "fstab": generator.FSTAB,
                    "initramfs-tools/conf.d/test": f"MODULES=most\n{images.QUICK}"}
        for name, content in settings.items():
            (out / "etc" / name).parent.mkdir(parents=True, exist_ok=True)
            (out / "etc" / name).write_text(content)
        with debian.mounted(debian.tree("debian")) as mount:
            mount.run(DEB_LIFE.format(drivers=images.FEW_DRIVERS), binds={"/out": out}, timeout=600)
        image = {path.stem: path.read_text() for path in out.glob("*.image")}
        files = {path.stem: path.read_text().splitlines() for path in out.glob("*.files")}
        log = {path.stem: path.read_text() for path in out.glob("*.log")}
        status = (out / "status").read_text()
    for step in ("install", "upgrade", "remove"):
        if log[step].count("update-initramfs: Generating") != 1:
            raise Failed(f"{step}: the image was not made new, once:\n{log[step]}")
    for step in ("install", "upgrade"):
        if "bin/intact-unlock" not in image[step]:
            raise Failed(f"{step}: the image has no intact-unlock:\n{log[step]}")
    if image["remove"] != image["before"]:
        raise Failed("the image after removing holds other files than the one before installing")
    left = sorted(set(files["purge"]) - set(files["before"]))
    if left or status.strip() not in ("", "un"):
        raise Failed(f"a purge leaves behind: {' '.join(left)} {status}")


# A dracut that tells with which of our files it was called.
STUB = """#!/bin/busybox sh
echo "dracut $*:" $(/bin/busybox ls /usr/lib/dracut/modules.d 2>>/err) >>/log
"""


def _busybox_root(folder: Path) -> None:
    """What scriptlets need to run."""
    busybox = Path("/bin/busybox")
    if not busybox.exists():
        raise Missing("busybox-static is not installed (see tests/packages)")
    (folder / "usr/bin").mkdir(parents=True)
    (folder / "bin").symlink_to("usr/bin")
    shutil.copy(busybox, folder / "usr/bin/busybox")
    (folder / "usr/bin/sh").symlink_to("busybox")
    (folder / "log").touch()


def _rpm_life(logs: Path) -> None:
    """rpm's own order of events, in a root with a dracut that only keeps a record."""
    found = packages("rpm")
    with tempfile.TemporaryDirectory(prefix="intact-rpm-") as scratch:
        root = Path(scratch)
        _busybox_root(root)
        dracut = root / "usr/bin/dracut"
        dracut.write_text(STUB)
        dracut.chmod(0o755)
        rpm = ["rpm", "--root", root, "--dbpath", "/var/lib/rpm", "--define", "_tmppath /"]
        if run([*rpm, "-qp", "--requires", found[0]]).count("(intact-dracut =") != 1:
            raise Failed("the programs' package does not require the dracut module where dracut is")
        ours = ["dracut -f --regenerate-all: 91intact 92intact-check"]
        for step, said in (
            ([*rpm, "-i", "--nodeps", *found], ours),
            ([*rpm, "-U", "--force", "--nodeps", *found], ours),
            ([*rpm, "-e", "--nodeps", "intact-dracut", "intact"], ["dracut -f --regenerate-all: "]),
        ):
            (root / "log").write_text("")
            run(step, log=logs / "log")
            lines = (root / "log").read_text().splitlines()
            if [line.rstrip() for line in lines] != [line.rstrip() for line in said]:
                raise Failed(f"rpm {step[7]}: dracut was asked {lines}, not {said}")
        if list(root.rglob("*intact*")):
            raise Failed(f"left behind: {list(root.rglob('*intact*'))}")


def _arch_life(logs: Path) -> None:
    """mkinitcpio's hook for pacman is triggered when the package comes and when it goes."""
    need_tools("pacman")
    package = packages("arch")[0]
    where = Path(os.environ.get("MKINITCPIO_DIR") or "/nowhere")
    found = sorted(where.glob("**/90-mkinitcpio-install.hook"))
    if not found:
        raise Missing("MKINITCPIO_DIR names no folder with mkinitcpio's hook for pacman in it")
    hook = found[0].read_text()
    with tempfile.TemporaryDirectory(prefix="intact-arch-") as scratch:
        root = Path(scratch)
        _busybox_root(root)
        (root / "var/lib/pacman").mkdir(parents=True)
        hooks = root / "usr/share/libalpm/hooks"
        hooks.mkdir(parents=True)
        (hooks / "90-mkinitcpio-install.hook").write_text(
            re.sub(r"(?m)^Exec = .*", "Exec = /bin/busybox sh /record", hook))
        (root / "record").write_text("echo \"$(sort) $(ls /etc/mkinitcpio.conf.d)\" >>/log\n")
        (root / "pacman.conf").write_text("[options]\nArchitecture = x86_64\nSigLevel = Never\n")
        pacman = ["pacman", "--root", root, "--config", root / "pacman.conf", "--hookdir", hooks,
                  "--cachedir", root, "--gpgdir", root, "--logfile", root / "pacman.log",
                  "--noconfirm", "-dd"]
        for step, dropin in (("-U", "zz-intact.conf"), ("-U", "zz-intact.conf"), ("-R", "")):
            (root / "log").write_text("")
            run([*pacman, step, package if step == "-U" else "intact"], log=logs / "log")
            said = (root / "log").read_text()
            named = said.split()[-1].endswith(".conf")
            if "usr/lib/initcpio/install/intact" not in said or named != bool(dropin):
                raise Failed(f"pacman {step}: mkinitcpio's hook was told {said!r}")
        left = [path for path in root.rglob("*intact*") if path.is_file()]
        if left:
            raise Failed(f"left behind: {left}")


def _completions() -> None:
    """The completions offer every option that --help names."""
    for program, calls in ((ours.UNLOCK, ("",)), (ours.TOOL, ("", "needs"))):
        text = (REPO / "completions" / program.name).read_text()
        for call in calls:
            for option in re.findall(r"--[a-z-]+",
                                     run([ours.program(program), *call.split(), "--help"])):
                if option not in text:
                    raise Failed(f"completions/{program.name} does not know {call} {option}")


def _install_uninstall() -> None:
    """`make uninstall` takes away what `make install` put there, and folders of our own; not what
    others put there."""
    with tempfile.TemporaryDirectory(prefix="intact-install-") as scratch:
        root = Path(scratch)
        make = ["make", "-s", "-C", REPO, f"DESTDIR={root}"]
        ours.program(ours.UNLOCK)
        run([*make, "install"], env=PASSED)
        kept = root / "usr/lib/intact/kept"
        kept.write_text("somebody else's")
        run([*make, "uninstall"], env=PASSED)
        left = {path.relative_to(root) for path in root.rglob("*")
                if path.is_file() or "intact" in str(path.relative_to(root))}
        if left != {kept.relative_to(root), kept.parent.relative_to(root)}:
            raise Failed(f"left behind: {sorted(map(str, left))}")


def tests() -> list[Test]:
    found = [Test(f"package/{kind}-contents", lambda report, logs, kind=kind: _contents(kind, logs),
                  needs=(Need(f"package {kind}", lambda kind=kind: packages(kind), 0),))
             for kind in KINDS]
    checks: dict[str, Callable[[Report, Path], None]] = {
        "deb-lintian": lambda report, logs: _lintian(),
        "deb-copyright": lambda report, logs: _copyright(),
        "deb-reproducible": lambda report, logs: _reproducible(logs),
        "rpm-programs": lambda report, logs: _same_programs("rpm"),
        "arch-programs": lambda report, logs: _same_programs("arch"),
        "rpm-life": lambda report, logs: _rpm_life(logs),
        "arch-life": lambda report, logs: _arch_life(logs),
        "completions": lambda report, logs: _completions(),
        "install-uninstall": lambda report, logs: _install_uninstall(),
    }
    return found + [Test(f"package/{name}", check) for name, check in checks.items()]


def tree_tests() -> list[Test]:
    """Those that need a Debian tree."""
    return [Test("package/deb-life", lambda report, logs: _deb_life(),
                 needs=(Need("tree debian", lambda: debian.tree("debian"), 0),))]
