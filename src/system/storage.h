/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storage: loads the drivers of disks before udev does, because udev handles them only after
 * everything else that it finds.
 *
 * Like udev, it goes by the modaliases of devices and obeys blacklists and softdeps of modprobe.d.
 * Modules with an install command, and disks on other buses (USB), are left to udev.
 */
#ifndef INTACT_SYSTEM_STORAGE_H
#define INTACT_SYSTEM_STORAGE_H

/*
 * Loads the drivers of the disks and controllers that are present, and of those that appear as a
 * result (a virtio disk on its PCI device, a SCSI disk on its controller). Returns when no device
 * has appeared for some seconds. Loading blocks, so call it in a process of its own.
 */
void storage_load_drivers(void);

#endif
