/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_storage: loads the drivers of disks ahead of udev, which gets to them only after everything
 * else that it finds.
 *
 * Like udev it goes by the modaliases of devices, and minds modprobe.d's blacklists and softdeps;
 * what has an install command, and disks on other buses (USB), stay udev's.
 */
#ifndef INTACT_SYSTEM_STORAGE_H
#define INTACT_SYSTEM_STORAGE_H

/* Loads them, and those of disks behind them (a virtio disk behind its PCI device, a SCSI disk
 * behind its controller) as they come; returns when for a while nothing has come. Loading blocks:
 * for a process of its own. */
void storage_load_drivers(void);

#endif
