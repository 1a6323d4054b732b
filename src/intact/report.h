/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: the command `intact report`: how the last boot opened its volumes.
 */
#ifndef INTACT_INTACT_REPORT_H
#define INTACT_INTACT_REPORT_H

int report_main(int argc, char **argv);

#endif
