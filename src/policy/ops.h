/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ops: everything the engine asks of the system, as one table, so that the unit tests can replay a
 * boot against the real engine.
 *
 * No call blocks. What takes time (a job, a prompt) is started here, and its end is reported by an
 * engine_… event.
 */
#ifndef INTACT_POLICY_OPS_H
#define INTACT_POLICY_OPS_H

#include "base/findings.h"
#include "facts/above.h"
#include "facts/devref.h"
#include "facts/job.h"
#include "facts/question.h"
#include "facts/record.h"

struct ops {
	/* Milliseconds, monotonic. */
	uint64_t (*now)(void *ctx);
	/* One message for a person, a full sentence; name is the volume's, or NULL. */
	void (*say)(void *ctx, enum severity severity, const char *name, const char *text);
	/* Device number behind a path, 0 when there is none. */
	dev_t (*resolve)(void *ctx, const char *path);
	/* Reads again what uses the device: holder and holder_luks. */
	void (*refresh)(void *ctx, struct device *dev);
	/* Is there a mapping with this name, whether udev has made its node or not? */
	bool (*mapped)(void *ctx, const char *name);
	/* Every block device there is now, for the message at the deadline. */
	void (*list_devices)(void *ctx, void (*seen)(void *arg, const struct device *), void *arg);
	/* Starts RAID arrays and volume groups without their missing disks, in the background;
	 * above: also those that stand on volumes. False: none seems to lack one. */
	bool (*start_degraded)(void *ctx, bool above);
	/* Does what start_degraded began still run? */
	bool (*is_starting)(void *ctx);
	/* What runs on an open mapping, and what that stands on. */
	void (*above)(void *ctx, const char *mapping, struct above *ret);
	/* Lets udev and systemd have the file system on an open mapping although it lacks a disk.
	 */
	void (*let_start)(void *ctx, const char *mapping);
	/* CPUs and memory of the machine as they are now. */
	void (*machine)(void *ctx, struct budget *ret);
	/* Starts a job for volume number vol; the request is copied. Several jobs may read one
	 * secret at once. 0 or a negative errno. */
	int (*job_start)(void *ctx, unsigned vol, const struct job_request *request);
	/* Are there passwords for volume number vol in the kernel's keyring? */
	bool (*cached)(void *ctx, unsigned vol);
	/* Adds what a person typed for it, and what opened it, to the kernel's keyring. */
	void (*remember)(void *ctx, unsigned vol, const struct secret *passphrase);
	/* Kills the volume's worker, whatever it is doing. */
	void (*job_kill)(void *ctx, unsigned vol);
	/* Opens the prompt; at most one is open at a time. 0, or a negative errno: there is no
	 * place to ask. */
	int (*prompt_open)(void *ctx, const struct prompt_request *request);
	/* Withdraws the prompt. */
	void (*prompt_close)(void *ctx);
	/* A volume is finished. */
	void (*report)(void *ctx, const struct result *result);
};

#endif
