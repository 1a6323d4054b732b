/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One uevent. It comes over a Unix socket, whose sender has no address: to the reader it is port 0,
 * as the kernel is.
 */
#include "fuzz.h"

#include "system/uevent.h"

#include <linux/netlink.h>
#include <sys/socket.h>

static void send_it(int fd, const uint8_t *data, size_t size)
{
	MUST(send(fd, data, size, 0) == (ssize_t)size);
}

/* The same from another process, which has a port: nothing of it is taken. */
static void from_a_process(const uint8_t *data, size_t size)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	int ends[2] = { socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_USERSOCK),
			socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_USERSOCK) };
	socklen_t len = sizeof(to);
	bool gone = false, udev = false;
	char node[64];

	MUST(ends[0] >= 0 && ends[1] >= 0);
	MUST(bind(ends[1], (struct sockaddr *)&to, sizeof(to)) == 0);
	MUST(getsockname(ends[1], (struct sockaddr *)&to, &len) == 0);
	MUST(sendto(ends[0], data, size, 0, (struct sockaddr *)&to, len) == (ssize_t)size);
	MUST(uevent_read_block(ends[1], node, &gone, &udev) == 0 && !gone);
	close(ends[0]);
	close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char node[64] = "", bus[32] = "", modalias[256] = "";
	char *message = fuzz_string(data, size);
	bool gone = false, udev = false;
	struct uevent event = { 0 };
	int ends[2], real = -1;

	if (uevent_parse(message, size, &event)) {
		MUST(event.action && event.subsystem);
		/* Every value lies in the message. */
		MUST(event.action >= message && event.action <= message + size);
		MUST(!event.devname || event.devname <= message + size);
		MUST(!event.modalias || event.modalias <= message + size);
	}
	MUST(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
	send_it(ends[0], data, size);
	if (uevent_read_block(ends[1], node, &gone, &udev) == 1)
		MUST(str_after(node, "/dev/") && event.action);
	MUST(!udev);
	MUST(uevent_read_block(ends[1], node, &gone, &udev) == -EAGAIN);
	send_it(ends[0], data, size);
	if (uevent_read_modalias(ends[1], bus, sizeof(bus), modalias, sizeof(modalias)) == 1)
		MUST(strlen(bus) < sizeof(bus) && strlen(modalias) < sizeof(modalias));
	close(ends[0]);
	close(ends[1]);
	if (size > 0)
		from_a_process(data, size);
	/* The socket of a boot, where the kernel gives it. */
	if (size < 2 && uevent_open(true, &real) == 0)
		close(real);
	free(message);
	return 0;
}
