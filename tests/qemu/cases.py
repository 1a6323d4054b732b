# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of boots. A row: a name → image (lib/images.py), disk (lib/disks.py), dialogue,
expected end.

The texts the console must show are here and nowhere else.
"""

from dataclasses import replace

from lib import rootfs
from lib.disks import ROOT_UUID

from . import cases_dracut, cases_mkinitcpio, cases_remote, cases_stacks
from .boot import PROMPT, TPM_PIN, Case, answer, enter, expect, plug, question, quiet, send, shell
from .failures import OTHER_ROOT, RESUME_DECOY

TIMES_3 = (answer("wrong"), expect("wrong passphrase"), answer("guess"), expect("wrong passphrase"),
           answer("again"))

SHORT_WAIT = f"rd.luks.options={ROOT_UUID}=x-systemd.device-timeout=8"

CASES: dict[str, Case] = {
    # --- the peer: what we are measured against, and the premises of the whole project ------------
    "peer/by-hand": Case("peer"),
    "peer/dep-by-hand": Case("peer-dep"),
    "peer/untouched-fails": Case("peer-untouched", ends="said", prompts=1,
                                 dialogue=(answer(), expect("integrity|bad password", 60))),

    # --- ours, as an administrator meets it -------------------------------------------------------
    "most": Case("most", hides=("modprobe: ", "ALERT!"), selftests=True),
    "dep": Case("dep", selftests=True),
    # Ten minutes each to make the image (thousands of processes in a guest): only when asked for by
    # name.
    "slow/most-from-running-root": Case("most-guest"),
    "slow/dep-from-running-root-qemu": Case("dep-qemu"),
    "klibc": Case("klibc"),
    "tpm": Case("most", dialogue=(), prompts=0, tpm=("--tpm2-pcrs=",)),
    "tpm-pin": Case("most", dialogue=(*answer("0000", TPM_PIN), *answer("1234", TPM_PIN)),
                    prompts=0, tpm=("--tpm2-pcrs=", "--tpm2-with-pin=yes"), tpm_pin="1234",
                    shows=("wrong PIN; 2 more attempts",)),
    "tpm-gone": Case("most", tpm=("--tpm2-pcrs=",), tpm_gone=True,
                     shows=("token . of /dev/vd.: this machine has no TPM 2.0",)),
    "tpm-changed": Case("most", tpm=("--tpm2-pcrs=15",), tpm_changed=15,
                        shows=("its PCRs are not those that the key was bound to",)),
    "beside-cryptsetup": Case("beside", hides=("cryptsetup: (?!.*set up successfully)",),
                              seconds=40),
    "beside-cryptsetup-dep": Case("beside-dep"),
    "beside-hand-made": Case("beside-hand"),
    # Standalone dm-integrity is opened here, and the volume on it by cryptsetup-initramfs.
    "beside-weak": Case("beside-weak", disk="leg-plain", stack=f"{rootfs.NAME} over root_crc32c",
                        shows=("root_crc32c: /dev/vd. is open, with crc32c checksums",
                               "left to other programs")),
    "discard-dropped": Case("discard"),
    "root-uuid": Case("most", root=f"UUID={rootfs.FS_UUID}"),
    "root-label": Case("most", root=f"LABEL={rootfs.FS_LABEL}"),
    "fstab-uuid": Case("uuid-fstab", root=f"UUID={rootfs.FS_UUID}"),
    "debian": Case("most", disk="debian", selftests=True, append="intact.report", timeout=240),
    "late-disk": Case("most", late=True, prompts=1, dialogue=(
        expect(f"waiting for the disk with UUID={ROOT_UUID}"), quiet(PROMPT, 3), plug(), answer())),

    # The header is a file in the image, and the kernel decrypts its keyslot.
    "header-in-image": Case("header", disk="apart-camellia"),

    # Who wants to type may; the key on the stick comes first.
    "key-on-stick": Case("stick", disk=("stick", "tiny"), late=True, prompts=1, dialogue=(
        question(), send("half a passph"), plug()),
        shows=("the key /key:LABEL=KEYS is used as soon as LABEL=KEYS appears",)),

    # The prompt does not wait for the slowest hardware; it is not in the way of a shell, and comes
    # back after it.
    "early": Case("slow-hardware", prompts=2, append="break=premount", dialogue=(
        question(), expect(r"^\(initramfs\) ", unless="Kernel panic"),
        shell("echo typed-$((40+2))", "^typed-42"),
        send("exit\n"), question(unless="Kernel panic"), enter())),

    # What runs side by side really does. Not by default: the emulator may fail a kernel that
    # patches its own code meanwhile.
    "slow/many-cpus": Case("most", cpus=4),
    "slow/many-cpus-wrong": Case("most", cpus=4, ends="shell", prompts=3, dialogue=TIMES_3,
                                 last="wrong passphrase"),

    # On every console, not only on the last one, which is /dev/console.
    "consoles": Case("most", append="console=tty0", prompts=2, ends="unseen",
                     dialogue=(answer("wrong"), expect("wrong passphrase; 2 more"), answer())),

    # plymouth, which shows its "details" on a serial line.
    "plymouth": Case("splash", append="splash", prompts=0,
                     hides=("::",), dialogue=(
                         answer("wrong", cases_dracut.SPLASH), expect("wrong passphrase; 2 more"),
                         answer(prompt=cases_dracut.SPLASH))),
    # … on the screen, with a French keyboard. Its hook leaves plymouth's layouts out: it reads the
    # console.
    "slow/splash@testing": replace(cases_dracut.DRAWN, image="splash-keyboard@testing"),

    # --- typing -----------------------------------------------------------------------------------
    "second-try": Case("most", prompts=2,
                       dialogue=(answer("wrong"), expect("wrong passphrase"), answer())),
    "backspace": Case(
        "most",
        dialogue=(question(), send("intaX\x7fct"), send("\x7f\x7f\x08"), send("act"), enter(""))),
    "kill-line": Case("most", dialogue=(question(), send("rubbish\x15"), enter())),
    "bytes": Case("most", disk="spaced-passphrase", dialogue=(
        question(), enter(" a\tb \xe4\u20ac\"'\\ "))),
    "longest": Case("most", disk="long-passphrase", dialogue=(answer("0123456789abcdef" * 32),)),
    "never-echoed": Case("most", dialogue=(question(), enter("wrong-secret"), answer()), prompts=2,
                         hides=("wrong-secret",)),

    # --- failures ---------------------------------------------------------------------------------
    "wrong-three-times": Case("most", ends="shell", prompts=3, dialogue=TIMES_3,
                              last="wrong passphrase",
                              shows=(r"wrong passphrase; 2 more attempts",),
                              after=(shell("cat /run/intact/*", "code=2"),)),
    "wrong-three-times-panic": Case("most", ends="off", prompts=3, dialogue=TIMES_3,
                                    append="panic=1", last="wrong passphrase"),
    "absent": Case("most", disk="stranger", ends="shell", prompts=0, dialogue=(), append=SHORT_WAIT,
                   last=f"no disk with UUID={ROOT_UUID} appeared", timeout=150,
                   shows=(r"/dev/vd. \(LUKS2",), after=(shell("cat /run/intact/*", "code=6"),)),
    "no-disk": Case("most", disk=(), ends="shell", prompts=0, dialogue=(), append=SHORT_WAIT,
                    timeout=150, last="no disk with"),
    # An image made where the disk was seen promises integrity; one made blindly leaves a plain disk
    # to others.
    "not-promised": Case("most", disk="luks2-plain", ends="shell", prompts=0, dialogue=(),
                         last="left to other programs"),
    "not-integrity": Case("dep", disk="luks2-plain", ends="shell", prompts=0, dialogue=(),
                          last="integrity", after=(shell("cat /run/intact/*", "code=7"),)),
    "luks1": Case("most", disk="luks1", ends="shell", prompts=0, dialogue=(),
                  last="LUKS1|LUKS 1|version 1"),
    # Of which `intact check` warns (image/verdicts.py).
    "junk-after": Case("most", junk=bytes(512) + b"junk", shows=("Initramfs unpacking failed",)),
    "header-1": Case("most", disk="header-1", shows=("header",)),
    "header-both": Case("most", disk="header-both", ends="shell", prompts=0, dialogue=(),
                        append=SHORT_WAIT, timeout=150, last="no disk with"),
    "superblock": Case("most", disk="superblock", ends="shell", prompts=0, dialogue=(),
                       last="superblock"),
    "truncated": Case("most", disk="truncated", ends="shell", prompts=0, dialogue=(),
                      last="truncated|smaller|size"),
    "flip-fs": Case("most", disk="flip-fs", ends="shell", last="Integrity check failed",
                    shows=("sector",), after=(shell("cat /run/intact/*", "code=8"),)),
    "flip-init": Case("most", disk="flip-init", ends="said",
                      dialogue=(answer(), expect("INTEGRITY AEAD ERROR", unless=""))),
    # The image was made on the running root, so it knows what its volume holds.
    "other-root": replace(OTHER_ROOT, image="dep", after=(
        shell("cat /run/intact/.root", "code=7"), enter("exit"),
        expect("is on vd., which is not", unless="INTACT-TEST-ROOT-OK"))),
    "resume-decoy": replace(RESUME_DECOY, image="resume-promised"),
    # what is wrong is said when the image is made: image/nonsense-warns
    "nonsense-crypttab": Case("nonsense"),
    "ctrl-c": Case("most", ends="shell", dialogue=(question(), send("\x03")), last="cancel"),
    "end-of-file": Case("most", ends="shell", dialogue=(question(), send("\x04")),
                        last="the console was closed"),
    "no-module": Case("no-xts", ends="shell", last="authenc"),

    # --- other integrity modes, through a whole boot ----------------------------------------------
    **{f"mode/{name}": Case("most", disk=name) for name in
       ("hmac-sha512", "essiv", "adiantum", "gcm", "chacha", "aegis", "sector-512", "unwiped",
        "no-journal")},
    "slow/mode/long-key": Case("most", disk="long-key"),
    "mode/no-aesni": Case("most", cpu="qemu64"),

    **cases_dracut.CASES,
    **cases_mkinitcpio.CASES,
    **cases_remote.CASES,
    **cases_stacks.CASES,
}
