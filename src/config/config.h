/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config: what shall be unlocked and how, merged from the image's crypttab and the kernel command
 * line.
 *
 * Pure: text in, volumes and a complete list of mistakes out. A mistake in one volume never costs
 * another volume.
 */
#ifndef INTACT_CONFIG_CONFIG_H
#define INTACT_CONFIG_CONFIG_H

#include "config/volume.h"

/* A file of the image in the format of crypttab. */
struct config_file {
	const char *path; /* for messages only, nothing is opened here */
	const char *text;
	size_t len;
};

/*
 * Merges n files (an earlier file wins for the same volume) and the kernel command line (may be
 * NULL).
 *
 * The image's own file is authoritative for the volumes in it; the command line can add volumes and
 * override name, options, tries and time-outs of one, never weaken EXPECT_*. rd.luks.uuid= and
 * rd.luks.name= on the command line are, as systemd documents it, an allow-list for *foreign*
 * crypttabs; volumes with x-intact.integrity are what the image was built for and stay.
 * Understood: rd.luks=, rd.luks.crypttab=, rd.luks.uuid=[luks-]UUID, rd.luks.name=UUID=NAME,
 * rd.luks.partuuid=, rd.luks.serial=, rd.luks.options=[UUID=]opts, rd.luks.key=[UUID=]PATH,
 * rd.luks.timeout= (s; for the passphrase), rd.luks.allow-discards[=UUID], each also without "rd.";
 * cryptdevice=DEV:NAME[:opts], cryptkey=rootfs:PATH (Arch); cryptopts=target=,source=,key=,opts
 * (Debian; repeatable); rootdelay= (s; lengthens the wait for devices). A volume without a name for
 * its mapping is called luks-UUID, as in systemd (luks-PARTUUID, luks-SERIAL as in dracut).
 */
void config_build(const struct config_file *files, size_t n, const char *cmdline,
		  struct config *ret);

#endif
