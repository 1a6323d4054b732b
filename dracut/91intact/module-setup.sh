#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut module: copies what `intact needs` lists into the image. `intact needs` alone decides which
# volumes and modules those are.
#
# The number 91: after the crypt module (90; in newer dracut 70). crypt's install() replaces the
# image's /etc/crypttab, and ours appends to that file.
# shellcheck disable=SC2154 # variables are dracut's

# Needed in check(), installkernel() and install(), so the output is kept in a file.
intact_needs() {
    local list="$DRACUT_TMPDIR/intact-needs" generic=yes; [[ ! $hostonly ]] || generic=''
    [[ -e $list ]] || intact needs --kernel "$kernel" ${srcmods:+--modules-dir "$srcmods"} \
        --included "${install_items-} ${install_optional_items-}" \
        ${generic:+--generic} > "$list" || : > "$list.failed"
    cat "$list"
}

check() {
    require_binaries intact intact-unlock || return 1
    # An image for something other than this system's root, for example kdump's, whose devices
    # dracut knows.
    [[ $mount_needs && " ${host_fs_types[*]} " != *" crypto_LUKS "* ]] && return 255
    # Where it failed without a word, install() stops the image.
    [[ $(intact_needs) || -e $DRACUT_TMPDIR/intact-needs.failed ]] || return 255
}

depends() {
    # dm adds device-mapper's udev rules: without them udev makes no links for an opened volume.
    echo dm
    dracut_module_included systemd && echo systemd-ask-password
    # In older dracut, initqueue is a part of the module base.
    [[ ! -d $(dracut_module_path initqueue) ]] || echo initqueue
}

installkernel() {
    local modules

    mapfile -t modules <<< "$(intact_needs | sed -n 's/^module //p')"
    # The list is empty if all are built into the kernel; instmods without an argument would read
    # from the terminal.
    [[ ! ${modules[0]} ]] || hostonly='' instmods -c "${modules[@]}"
}

# An image that cannot boot this system must not replace one that can: dracut stops here, and the
# old image stays.
intact_fail() {
    dfatal "intact: $*"
    dfatal "Aborting initrd creation."
    exit 1
}

# Every file is one without which intact would not run. dracut only mentions a missing one.
intact_copy() { inst_simple "$@" || intact_fail "$1 cannot be copied into the image"; }

install() {
    local what a b c d conf skip tab="$initdir/etc/intact/crypttab" theirs="$initdir/etc/crypttab"

    [[ -e $DRACUT_TMPDIR/intact-needs.failed ]] && intact_fail \
        "no image was made for kernel $kernel: it would not boot this system (see above)"
    inst_dir /etc/intact
    while read -r what a b c d; do
        case $what in
            file)
                intact_copy "$a" "$b"
                chmod "$c" "$initdir$b" || intact_fail "the mode of $a cannot be set in the image"
                ;;
            # In the image, systemd must not open a second time what intact opens.
            integrity)
                rm -f "$initdir/etc/integritytab"
                echo "$a $b $c $d" >> "$initdir/etc/intact/integritytab"
                ;;
            volume)
                printf '%s %s %s %s\n' "$a" "$b" "$c" "$d" >> "$tab"
                # The crypt module and systemd read this file: they must use the same name for the
                # volume. A fallback name gives way to rd.luks.uuid='s default.
                [[ $d == *x-intact.fallback-name* && $b == UUID=* ]] && a=luks-${b#UUID=}
                dracut_module_included crypt && ! grep -qs "^${a}[[:blank:]]" "$theirs" \
                    && printf '%s %s none luks,noauto\n' "$a" "$b" >> "$theirs"
                ;;
            resume) skip='*/systemd-hibernate-resume*' ;;
        esac
    done <<< "$(intact_needs)"
    inst_binary /usr/sbin/intact-unlock || intact_fail "intact-unlock cannot be copied"
    # On a screen that it draws on, plymouth 26 reads the keyboard itself: on Debian with the layout
    # of this file, which no other module copies, and without the file with the US one.
    dracut_module_included plymouth && inst_multiple -o /etc/default/keyboard
    # Opening a volume waits for udev, and these rules end the wait.
    [[ -e $initdir$udevdir/rules.d/95-dm-notify.rules \
        || -e $initdir/etc/udev/rules.d/95-dm-notify.rules ]] \
        || intact_fail "the image has no udev rules for device-mapper: they come with dmsetup"
    inst_hook emergency 95 "$moddir/intact-reason.sh"
    if dracut_module_included systemd; then
        for a in unlock keymap; do intact_copy "$systemdsystemunitdir/intact-$a.service"; done
        intact_copy /usr/lib/intact/udev/98-intact.rules "$udevdir/rules.d/98-intact.rules"
        for conf in /usr/lib/intact/systemd/*.d/intact.conf; do
            # shellcheck disable=SC2053 # a pattern
            [[ $conf == $skip ]] || intact_copy "$conf" "$systemdsystemunitdir/${conf#*/systemd/}"
        done
        inst_hook initqueue zz "$moddir/intact-await.sh"
        inst_hook initqueue/finished 10 "$moddir/intact-settled.sh"
    else
        for d in cmdline:31:hold pre-trigger:10:early initqueue:10:unlock initqueue:zz:wait \
            initqueue/finished:10:done pre-mount:05:resume pre-pivot:00:root cleanup:99:leave; do
            IFS=: read -r a b c <<< "$d"
            inst_hook "$a" "$b" "$moddir/intact-$c.sh"
        done
        dracut_need_initqueue
    fi
}
