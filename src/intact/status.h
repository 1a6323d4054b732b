/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status: the command `intact status NAME`: the freshness of an open volume.
 */
#ifndef INTACT_INTACT_STATUS_H
#define INTACT_INTACT_STATUS_H

int status_main(int argc, char **argv);

#endif
