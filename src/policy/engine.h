/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine: takes every volume from "no disk yet" to "open and checked", or to a reason why it is
 * not; one state machine per volume, driven by events. track.h lists the files it consists of.
 *
 * Pure except for struct ops: reads no clock, no file, no option.
 */
#ifndef INTACT_POLICY_ENGINE_H
#define INTACT_POLICY_ENGINE_H

#include "config/volume.h"
#include "policy/ops.h"

struct engine;

/* config and ops stay the caller's and must outlive the engine. Where two of its volumes turn out
 * to be one disk, the engine changes them (twins.h). */
struct engine *engine_new(const struct config *config, const struct ops *ops, void *ctx);
struct engine *engine_free(struct engine *e);

/* Call once, when the boot needs the volumes: their device time-outs count from here. Events may
 * arrive earlier. */
void engine_start(struct engine *e);

void engine_device(struct engine *e, const struct device *dev);
void engine_device_gone(struct engine *e, const char *node);
/* A disk on which a job runs has stopped answering, or answers (again). May be said many times. */
void engine_device_silent(struct engine *e, const char *node, bool silent);
/* Mappings or arrays came or went: what uses the disks may have changed. */
void engine_use_changed(struct engine *e);
void engine_job_done(struct engine *e, unsigned vol, const struct job_result *result);
void engine_prompt_done(struct engine *e, enum prompt_end end);
/* udev is still handling disks: those that are missing are waited for from now on. */
void engine_disks_come(struct engine *e);
/* Call at engine_deadline or later. */
void engine_tick(struct engine *e);
/* SIGINT, SIGTERM: ends every volume that is not open yet. */
void engine_interrupt(struct engine *e, const char *why);

/* When engine_tick has to be called next, in the time of ops->now; UINT64_MAX: never. */
uint64_t engine_deadline(const struct engine *e);
bool engine_finished(const struct engine *e);
/* No volume waits for its disk any more; only passphrases and key derivations are outstanding. */
bool engine_disks_found(const struct engine *e);
/* No volume waits for the device of its key any more. */
bool engine_keys_found(const struct engine *e);
/* EXIT_CODE_OK, or the code of the first volume in config order that failed and is needed (not
 * nofail, nor a leg that the system starts without); or is not, but may be open without having
 * passed the check. */
enum exit_code engine_exit_code(const struct engine *e);

#endif
