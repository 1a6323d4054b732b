#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut module: adds nothing to the image. dracut leaves out what omit_dracutmodules= and
# omit_drivers= name, and says nothing; this module does, wherever 91intact would be included. It
# also has the finished image checked.
# shellcheck disable=SC2154 # variables are dracut's

# shellcheck source=dracut/91intact/module-setup.sh
. "${BASH_SOURCE[0]%/*}/../91intact/module-setup.sh"

# What dracut calls and 91intact has; check() stays.
depends() { :; }

# Keeps $?, which dracut's own trap looks at.
intact_check_image() {
    local code=$?

    [[ $code -ne 0 || ! -s $outfile ]] \
        || intact check --warn --kernel "$kernel" --image "$outfile"
    return "$code"
}

# dracut calls nobody when the image is finished, but it ends with a trap. Ours is put before it.
intact_check_at_exit() {
    local theirs

    theirs=$(trap -p EXIT)
    theirs=${theirs#"trap -- '"}
    theirs=${theirs%"' EXIT"}
    # shellcheck disable=SC2064 # its text is wanted now
    trap "intact_check_image; ${theirs//"'\\''"/"'"}" EXIT
}

install() {
    ! dracut_module_included intact || intact_check_at_exit
    dracut_module_included intact || ! grep -q '^volume ' <<< "$(intact_needs)" || dwarn "intact:" \
        "this image is made without intact, so nothing checks the disk before this system runs" \
        "from it: see omit_dracutmodules= in /etc/dracut.conf and /etc/dracut.conf.d, and --omit."
}

installkernel() {
    local what name files

    dracut_module_included intact || return 0
    files=$(find "$initdir/lib/modules/$kernel/" -name '*.ko*')
    while read -r what name; do
        [[ $what != module ]] || grep -q "/${name//_/[-_]}\.ko" <<< "$files" || intact_fail \
            "the module $name was left out of the image, which would not boot this system:" \
            "see omit_drivers= in /etc/dracut.conf and /etc/dracut.conf.d, and --omit-drivers"
    done <<< "$(intact_needs)"
}
