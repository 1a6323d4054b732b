/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pin: accepts a changed disk on purpose.
 *
 * Images demand of a disk what its LUKS2 header had when they were made, and an image that is made
 * later demands the same (image/pins.h). Who formatted a disk anew says so here, and shows with a
 * passphrase that the disk is theirs. The pins themselves are in the image only: this command
 * writes down, in /run, what was accepted, and has the generator make the images.
 */
#ifndef INTACT_INTACT_PIN_H
#define INTACT_INTACT_PIN_H

/* `intact pin [OPTION]... NAME`; argv[0] is "pin". Returns an exit code. */
int pin_main(int argc, char **argv);

#endif
