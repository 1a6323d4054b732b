/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: looks at block devices without waiting for any of them.
 *
 * A device that does not answer (a suspended mapping, a multipath map that queues, a sick USB disk)
 * holds every process that opens or reads it, beyond the reach of SIGKILL. So child processes read
 * them, which keep nothing of this process but a socket. One child reads one device after the
 * other; when a device keeps it waiting for a moment, another child goes on with the next device.
 * An answer counts whenever it comes.
 */
#ifndef INTACT_UNLOCK_PROBE_H
#define INTACT_UNLOCK_PROBE_H

#include "facts/devref.h"

#include <poll.h>

/* Children at a time. */
#define PROBES_MAX 64
/* A device that takes longer is called silent. A disk that has to spin up may be. */
#define PROBE_PATIENCE_MS 3000

struct prober_events {
	/* There is a device; what libblkid found on it is in dev. */
	void (*found)(void *arg, const struct device *dev);
	/* It has not answered for PROBE_PATIENCE_MS. */
	void (*silent)(void *arg, const char *node);
	void *arg;
};

struct prober;

struct prober *prober_new(const struct prober_events *events);
/* Ends its children and does not wait for them. NULL is fine. */
struct prober *prober_free(struct prober *p);

/* Reads a device; again, when it was read before: it may have changed. */
void prober_look(struct prober *p, const char *node);
/* Reads the device to which a reference by path leads, if it is one and leads to one. */
void prober_look_link(struct prober *p, const struct devref *ref);
/* Reads every block device that there is. */
void prober_look_all(struct prober *p);
/* A device was removed: nothing more is heard of it. */
void prober_gone(struct prober *p, const char *node);

/* Whether a device that is in use, and was read before, is silent now. Call it again as long as
 * that matters: from time to time a child reads one block, past the page cache. */
bool prober_is_silent(struct prober *p, const char *node);

/* All that is known without reading anything: first the devices that have not answered (silent is
 * set, and only node is known), then the others. */
void prober_list(const struct prober *p, void (*seen)(void *arg, const struct device *dev),
		 void *arg);

/* Fills PROBES_MAX entries. */
void prober_poll(const struct prober *p, struct pollfd *fds);
/* Handles what poll() found in them, and time that has passed; calls the events. */
void prober_step(struct prober *p, const struct pollfd *fds);
/* When prober_step() has to be called next, in the time of now_ms(); UINT64_MAX: never. */
uint64_t prober_deadline(const struct prober *p);

#endif
