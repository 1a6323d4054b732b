/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standalones: takes every standalone dm-integrity device of the image's integritytab from "no disk
 * yet" to "open", or to a reason why it is not. What stands on it (a RAID array, LVM, a LUKS
 * volume) finds its disk then.
 *
 * Pure except for struct standalones_ops. A device that is missing fails nothing by itself: a RAID
 * array may do without it, and what cannot says so.
 */
#ifndef INTACT_POLICY_STANDALONES_H
#define INTACT_POLICY_STANDALONES_H

#include "base/exitcode.h"
#include "base/findings.h"
#include "config/integritytab.h"

struct standalones_ops {
	uint64_t (*now)(void *ctx);
	void (*say)(void *ctx, enum severity severity, const char *name, const char *text);
	dev_t (*resolve)(void *ctx, const char *path);
	/* Begins to open number i; data: NULL for none. 0 or a negative errno. Its end is reported
	 * with standalones_done(). */
	int (*open)(void *ctx, size_t i, const char *node, const char *data);
	/* Number i is finished. */
	void (*report)(void *ctx, size_t i, const char *node, const struct standalone_result *r,
		       enum exit_code code);
};

struct standalones;

/* tab and ops stay the caller's and must outlive it. */
struct standalones *standalones_new(const struct integritytab *tab,
				    const struct standalones_ops *ops, void *ctx);
struct standalones *standalones_free(struct standalones *s);

/* The boot waits from here on. */
void standalones_start(struct standalones *s);
void standalones_device(struct standalones *s, const struct device *dev);
void standalones_gone(struct standalones *s, const char *node);
/* result: NULL when the process that was to open it has died. */
void standalones_done(struct standalones *s, size_t i, const struct standalone_result *result);
/* Call at standalones_deadline or later. */
void standalones_tick(struct standalones *s);
uint64_t standalones_deadline(const struct standalones *s);

/* One is being opened right now. */
bool standalones_busy(const struct standalones *s);
/* Each is open, or has failed. */
bool standalones_finished(const struct standalones *s);
/* The code of the first that failed, if none is open; else 0. */
enum exit_code standalones_exit_code(const struct standalones *s);

#endif
