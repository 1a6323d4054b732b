/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/uevent.h"

#include "base/util.h"
#include "system/block.h"

#include <linux/netlink.h>
#include <sys/socket.h>

/* Multicast groups of NETLINK_KOBJECT_UEVENT, as in systemd's device-monitor.c. */
#define GROUP_KERNEL 1
#define GROUP_UDEV 2

/* The kernel's own limit is 2 KiB of values (UEVENT_BUFFER_SIZE) and the device's path. */
#define MESSAGE_MAX 8192

bool uevent_parse(const char *message, size_t len, struct uevent *ret)
{
	struct uevent event = { 0 };
	const struct {
		const char *key;
		const char **value;
	} wanted[] = {
		{ "ACTION=", &event.action },
		{ "SUBSYSTEM=", &event.subsystem },
		{ "DEVNAME=", &event.devname },
		{ "MODALIAS=", &event.modalias },
	};

	for (const char *p = message; p < message + len; p += strlen(p) + 1)
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (str_after(p, wanted[i].key))
				*wanted[i].value = str_after(p, wanted[i].key);
	if (!event.action || !event.subsystem)
		return false;
	*ret = event;
	return true;
}

int uevent_open(bool udev, int *ret_fd)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK,
				       .nl_groups = GROUP_KERNEL | (udev ? GROUP_UDEV : 0) };
	cleanup_close int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				      NETLINK_KOBJECT_UEVENT);
	int size = 1 << 20; /* a machine with many disks announces them all at once */

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* 1 and one uevent of the kernel, whose values lie in message; else 0 or a negative errno. */
static int read_uevent(int fd, char message[static MESSAGE_MAX], struct uevent *ret, bool *ret_udev)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = message, .iov_len = MESSAGE_MAX - 1 };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	/* Any process may send to this socket by unicast; only the kernel has port 0. A message
	 * that seems to be udevd's is taken as a hint only. */
	if (from.nl_pid != 0) {
		if (from.nl_groups & GROUP_UDEV)
			*ret_udev = true;
		return 0;
	}
	message[n] = '\0';
	return uevent_parse(message, (size_t)n, ret);
}

int uevent_read_block(int fd, char node[static 64], bool *ret_gone, bool *ret_udev)
{
	char message[MESSAGE_MAX];
	struct uevent event;
	int r = read_uevent(fd, message, &event, ret_udev);

	if (r <= 0)
		return r;
	if (!event.devname || !str_eq(event.subsystem, "block") ||
	    !block_may_hold_volume("", event.devname) || !block_node(event.devname, node))
		return 0;
	*ret_gone = str_eq(event.action, "remove");
	return 1;
}

int uevent_read_modalias(int fd, char *bus, size_t bus_size, char *modalias, size_t modalias_size)
{
	char message[MESSAGE_MAX];
	struct uevent event;
	bool udev;
	int r = read_uevent(fd, message, &event, &udev);

	if (r <= 0)
		return r;
	return str_eq(event.action, "add") && event.modalias &&
	       str_copy(bus, bus_size, event.subsystem) &&
	       str_copy(modalias, modalias_size, event.modalias);
}
