# SPDX-License-Identifier: GPL-2.0-or-later
"""Distribution kernels to test on: the tree's own, and those of other suites without a tree around
them."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import cache, cpio, debian, debs
from .proc import Failed, run


@dataclass(frozen=True)
class Kernel:
    """A kernel: its version, its image, its whole module tree."""
    version: str
    image: Path
    modules: Path


def own() -> Kernel:
    """The kernel of the tree that all else is tested on."""
    base = debian.tree("debian")
    version, image = base.kernel()
    modules = base.find(f"/usr/lib/modules/{version}") or base.find(f"/lib/modules/{version}")
    if not modules:
        raise Failed(f"{base.name}: no modules of {version}")
    return Kernel(version, image, modules)


def of(suite: str) -> Kernel:
    """The kernel of a suite; "" is our own. Fetching another takes seconds: it is not installed."""
    if not suite:
        return own()
    root = debs.folder(suite, "linux-image-amd64", r"linux-(image|binary|modules|base)-\d")
    modules = next(root.glob("usr/lib/modules/*"), None) or next(root.glob("lib/modules/*"), None)
    if not modules:
        raise Failed(f"{suite}: its kernel package has no modules")
    # Newer packages keep the kernel beside its modules.
    images = [*root.glob("boot/vmlinuz-*"), *modules.glob("vmlinuz")]
    if not images:
        raise Failed(f"{suite}: its kernel package has no kernel")
    if not (modules / "modules.dep").exists():
        (root / "lib").exists() or (root / "lib").symlink_to("usr/lib")
        run(["depmod", "-b", root, modules.name])
    return Kernel(modules.name, images[0], modules)


def modules_archive(kernel: Kernel, folders: tuple[str, ...]) -> Path:
    """A cpio archive with those folders of the module tree, for the lab guest."""
    def build(path: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            to = Path(scratch, "lib/modules", kernel.version)
            to.mkdir(parents=True)
            for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
                shutil.copy(kernel.modules / name, to)
            for name in folders:
                for source in kernel.modules.glob(f"{name}*" if name.endswith(".ko") else name):
                    target = to / source.relative_to(kernel.modules)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    if source.is_dir():
                        shutil.copytree(source, target, dirs_exist_ok=True)
                    else:
                        shutil.copy(source, target)
            run(["depmod", "-b", scratch, kernel.version])
            root = to.parents[2]
            path.write_bytes(cpio.pack([cpio.copy(file, f"usr/{file.relative_to(root)}")
                                        for file in sorted(to.rglob("*")) if file.is_file()]))
    return cache.entry("lab", f"modules-{kernel.version}",
                       (str(kernel.modules), folders, "archive 1"), build)
