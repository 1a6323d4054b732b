/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub: `intact scrub`: reads all of an open volume and says which sectors are not what was
 * written there. Writes nothing to the volume but what --rewrite-free asks for.
 */
#ifndef INTACT_INTACT_SCRUB_H
#define INTACT_INTACT_SCRUB_H

/* `intact scrub [OPTION]... [NAME]`; argv[0] is "scrub". Returns an exit code. */
int scrub_main(int argc, char **argv);

#endif
