/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/storage.h"

#include "base/util.h"
#include "system/module.h"
#include "system/uevent.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>

/* Longer than a controller needs to find its disks; by then, udev loads drivers for them anyway. */
#define QUIET_MS 10000

#define MODALIAS_MAX 256

/*
 * How the modalias of a disk or of its controller begins, and, for PCI, what it contains. The
 * kernel writes it: include/linux/mod_devicetable.h, scripts/mod/file2alias.c.
 */
static const struct {
	const char *bus, *begins, *contains;
} disks[] = {
	{ "pci", "pci:", "bc01" }, /* PCI_BASE_CLASS_STORAGE: NVMe, AHCI, SCSI, RAID, and virtio's
				      for both kinds of disk */
	{ "pci", "pci:", "bc08sc05" },		/* PCI_CLASS_SYSTEM_SDHCI */
	{ "virtio", "virtio:d00000002", NULL }, /* VIRTIO_ID_BLOCK */
	{ "virtio", "virtio:d00000008", NULL }, /* VIRTIO_ID_SCSI */
	{ "scsi", "scsi:t-0x00", NULL },	/* TYPE_DISK */
	{ "scsi", "scsi:t-0x14", NULL },	/* TYPE_ZBC */
	{ "mmc", "mmc:block", NULL },
	{ "xen", "xen:vbd", NULL },
	{ "vmbus", "vmbus:d96361baa104294db60572e2ffb1dc7f", NULL }, /* HV_SCSI_GUID */
};

static bool is_disk(const char *bus, const char *modalias)
{
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		if (str_eq(disks[i].bus, bus) && str_after(modalias, disks[i].begins) &&
		    (!disks[i].contains || strstr(modalias, disks[i].contains)))
			return true;
	return false;
}

static void ignore(void *arg, const char *module)
{
	(void)arg, (void)module;
}

/* Drivers that reserve devices for virtual machines must be loaded before a disk's own driver takes
 * the device. They are in an image only for that purpose, and then the administrator's settings
 * (MODULES, rd.driver.pre=) decide the order of loading. */
static bool devices_are_reserved(struct modules *m)
{
	static const char *const drivers[] = { "vfio-pci", "xen-pciback", "pci-stub" };

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (modules_resolve(m, drivers[i], ignore, NULL) == MODULE_AVAILABLE)
			return true;
	return false;
}

static void load(struct modules *m, const char *bus, const char *modalias)
{
	if (is_disk(bus, modalias))
		modules_load_device(m, modalias);
}

static void load_present(struct modules *m, const char *bus)
{
	cleanup_free char *path = xasprintf("/sys/bus/%s/devices", bus);
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		cleanup_free char *file = xasprintf("%s/%s/modalias", path, entry->d_name);
		char modalias[MODALIAS_MAX];

		if (entry->d_name[0] != '.' && read_line(file, modalias, sizeof(modalias)) == 0)
			load(m, bus, modalias);
	}
	if (dir)
		closedir(dir);
}

static void load_new(struct modules *m, int monitor)
{
	struct pollfd fd = { .fd = monitor, .events = POLLIN };

	while (poll(&fd, 1, QUIET_MS) > 0) {
		char bus[32], modalias[MODALIAS_MAX];

		if (uevent_read_modalias(monitor, bus, sizeof(bus), modalias, sizeof(modalias)) > 0)
			load(m, bus, modalias);
	}
}

void storage_load_drivers(void)
{
	struct modules *m;
	int monitor = -1;

	if (modules_open(NULL, &m) < 0)
		return;
	/* Listen first, so that no device is missed in between. */
	if (!devices_are_reserved(m) && uevent_open(false, &monitor) == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
			if (i == 0 || !str_eq(disks[i].bus, disks[i - 1].bus))
				load_present(m, disks[i].bus);
		load_new(m, monitor);
		close(monitor);
	}
	modules_close(m);
}
