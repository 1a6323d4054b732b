/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * version: the version the Makefile was given; a build without it says so.
 */
#ifndef INTACT_VERSION
#define INTACT_VERSION "unknown"
#endif
