/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev_data: what udev's database says of a block device.
 *
 * udev keeps one file for each device, /run/udev/data/bMAJOR:MINOR, with a line for each fact:
 * "E:NAME=VALUE" is a property, "I:MICROSECONDS" is when the device was first seen
 * (systemd, src/libsystemd/sd-device/device-private.c).
 */
#ifndef INTACT_SYSTEM_UDEV_DATA_H
#define INTACT_SYSTEM_UDEV_DATA_H

#include <stdbool.h>
#include <stdint.h>

/* The device's file, to be freed. device: the kernel's name, "dm-1". 0 or a negative errno; -ENOENT
 * when udev does not know the device. */
int udev_data_read(const char *sysroot, const char *device, char **ret);
/* Is there the line "E:" with this property, "NAME=VALUE"? */
bool udev_data_has(const char *data, const char *property);
/* Is there a line "E:" with a property of this name, whatever its value? */
bool udev_data_names(const char *data, const char *name);
/* When udev first saw the device, in microseconds of CLOCK_MONOTONIC; 0 where it does not say. A
 * number that another device had before counts from the new device on. */
uint64_t udev_data_first_seen(const char *data);

#endif
