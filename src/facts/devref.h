/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devref: the ways users name a block device (UUID=…, LABEL=…, /dev/…), and which device matches.
 */
#ifndef INTACT_FACTS_DEVREF_H
#define INTACT_FACTS_DEVREF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum devref_kind {
	DEVREF_NONE,
	DEVREF_PATH, /* any other absolute path: compared by name and by device number */
	DEVREF_UUID, /* of the LUKS header or file system; compared without regard to case */
	DEVREF_LABEL,
	DEVREF_PARTUUID, /* compared without regard to case */
	DEVREF_PARTLABEL,
	DEVREF_SERIAL, /* rd.luks.serial=: ID_SERIAL_SHORT of the whole disk */
};

struct devref {
	enum devref_kind kind;
	char value[256];
};

/* A block device as seen now. Strings come from the disk and are not trusted. */
struct device {
	bool silent; /* it has not answered yet: only node is known */
	dev_t devno;
	char node[64]; /* "/dev/vda2" */
	uint64_t size; /* bytes */
	char type[32]; /* libblkid's TYPE: "crypto_LUKS", "ext4", "" when nothing is recognised */
	char version[16]; /* of a crypto_LUKS: "1" or "2" */
	char uuid[64];
	char label[128];
	char partuuid[64];
	char partlabel[128];
	char serial[64];
	/* What it is only a part of, as a type of libblkid ("linux_raid_member", "mpath_member",
	 * "drbd", and "snapshot"): another device stands for it. "": it stands for itself. */
	char member[32];
	bool undecided; /* nothing has said yet whether it is such a part */
	bool again;	/* … and no event will tell that something has: look again soon */
	/* What uses it: the name of a mapping ("rescue"), else of a device ("md0"); "": nothing
	 * does. holder_luks: when that is an open LUKS volume that alone uses it, the UUID of the
	 * volume's header; else "". */
	char holder[128];
	char holder_luks[40];
};

/*
 * Reads "UUID=x", "LABEL=x", "PARTUUID=x", "PARTLABEL=x" (the value may be in single or double
 * quotes), "/dev/disk/by-uuid/x", by-label, by-partuuid, by-partlabel (with udev's \x20 escapes
 * undone), "SERIAL=x" (this program's own spelling of rd.luks.serial=x), and any other absolute
 * path. Keys are accepted in any case. -EINVAL: none of these, empty, or a
 * value with control characters; -ENAMETOOLONG.
 */
int devref_parse(const char *text, struct devref *ret);

/* Is the text a node whose name depends on the order in which the disks appear ("/dev/sda2",
 * "/dev/vdb")? */
bool devref_is_numbered(const char *text);

/* Do both name the same device, as far as is known without looking at devices? */
bool devref_eq(const struct devref *a, const struct devref *b);

/* The folder of udev's links for references of this kind, with its '/' at the end
 * ("/dev/disk/by-uuid/"); NULL: there is none. Static. */
const char *devref_folder(enum devref_kind kind);

/* Writes "UUID=…" or the path, as devref_parse reads it, into buf (cut when too small); returns
 * buf. */
const char *devref_format(const struct devref *ref, char *buf, size_t size);

/*
 * Does ref name this device? resolved is the device number at the end of a DEVREF_PATH's symlinks
 * (0 when there is none); other kinds ignore it.
 */
bool devref_matches(const struct devref *ref, const struct device *dev, dev_t resolved);

#endif
