/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dmuuid: the UUIDs that cryptsetup gives its device-mapper devices, "CRYPT-TYPE-…-NAME".
 */
#ifndef INTACT_FACTS_DMUUID_H
#define INTACT_FACTS_DMUUID_H

enum dmuuid_kind {
	DMUUID_OTHER, /* LVM, verity, …: not one of those below */
	DMUUID_LUKS1,
	DMUUID_LUKS2,
	DMUUID_PLAIN,	   /* plain dm-crypt, or a temporary mapping for key material */
	DMUUID_DIF,	   /* NAME_dif, the dm-integrity device below an open LUKS2 volume */
	DMUUID_STANDALONE, /* dm-integrity without LUKS, as integritysetup makes it */
	DMUUID_HELD,	   /* no volume: see unlock/held.h */
};

#define DMUUID_HELD_PREFIX "INTACT-HELD-"

/*
 * What kind of device a dm UUID stands for. luks_uuid: the UUID of the LUKS header, with its
 * dashes, for a LUKS volume or NAME_dif; "" for all others, and when the dm UUID has none.
 */
enum dmuuid_kind dmuuid_parse(const char *dm_uuid, char luks_uuid[static 40]);

#endif
