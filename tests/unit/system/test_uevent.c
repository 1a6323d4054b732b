/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Uevents as the kernel writes them, and damaged ones. The messages come over a Unix socket, whose
 * sender has no address: to the reader it is port 0, as the kernel is.
 */
#include "system/uevent.h"

#include "base/util.h"
#include "test.h"

#include <sys/socket.h>

#define DISK_ADDED                                                                      \
	"add@/devices/pci0000:00/0000:00:05.0/virtio2/block/vda/vda2\0ACTION=add\0"     \
	"DEVPATH=/devices/pci0000:00/0000:00:05.0/virtio2/block/vda/vda2\0"             \
	"SUBSYSTEM=block\0MAJOR=254\0MINOR=2\0DEVNAME=vda2\0DEVTYPE=partition\0PARTN=2" \
	"\0SEQNUM=1407"
#define DRIVER_NEEDED                                                                     \
	"add@/devices/pci0000:00/0000:00:05.0\0ACTION=add\0DEVPATH=/devices/pci0000:00\0" \
	"SUBSYSTEM=pci\0PCI_CLASS=10000\0MODALIAS=pci:v00001AF4d00001001sv0bc01sc00i00"

/* A text with NULs in it, and its length with the last one. */
#define MESSAGE(text) (text), sizeof(text)

TEST(values_of_a_message)
{
	struct uevent event;

	CHECK(uevent_parse(MESSAGE(DISK_ADDED), &event));
	CHECK_STR(event.action, "add");
	CHECK_STR(event.subsystem, "block");
	CHECK_STR(event.devname, "vda2");
	CHECK(!event.modalias);
	CHECK(uevent_parse(MESSAGE(DRIVER_NEEDED), &event));
	CHECK_STR(event.subsystem, "pci");
	CHECK_STR(event.modalias, "pci:v00001AF4d00001001sv0bc01sc00i00");
	CHECK(!event.devname);
}

TEST(messages_that_lack_something)
{
	static const struct {
		const char *text;
		size_t len;
		bool good;
	} rows[] = {
		{ MESSAGE("ACTION=add\0SUBSYSTEM=block"), true },
		{ MESSAGE("ACTION=\0SUBSYSTEM="), true },
		{ MESSAGE("ACTION=add"), false },
		{ MESSAGE("SUBSYSTEM=block"), false },
		{ MESSAGE("XACTION=add\0SUBSYSTEM=block"), false },
		{ MESSAGE("ACTION\0SUBSYSTEM=block"), false },
		{ MESSAGE("\0\0\0\0ACTION=add\0\0\0SUBSYSTEM=block\0\0"), true },
		{ MESSAGE("libudev\0\xfe\xed\xca\xfe"), false },
		{ "", 0, false },
	};
	struct uevent event = { .action = "unchanged" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(uevent_parse(rows[i].text, rows[i].len, &event) == rows[i].good,
			  rows[i].text);
	event.action = "unchanged";
	CHECK(!uevent_parse(MESSAGE("ACTION=add"), &event));
	CHECK_STR(event.action, "unchanged");
	/* What lies after the end is not part of the message. */
	CHECK(!uevent_parse("ACTION=add\0SUBSYSTEM=block", 10, &event));
}

struct wire {
	int ends[2];
};

static struct wire wire_new(void)
{
	struct wire w;

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, w.ends) == 0);
	return w;
}

static void wire_close(struct wire *w)
{
	close(w->ends[0]);
	close(w->ends[1]);
}

static void sends(struct wire *w, const char *text, size_t len)
{
	CHECK(send(w->ends[0], text, len, 0) == (ssize_t)len);
}

TEST(block_devices)
{
	static const struct {
		const char *text;
		size_t len;
		int r;
		bool gone;
		const char *node;
	} rows[] = {
		{ MESSAGE(DISK_ADDED), 1, false, "/dev/vda2" },
		{ MESSAGE("x\0ACTION=remove\0SUBSYSTEM=block\0DEVNAME=sdz1"), 1, true,
		  "/dev/sdz1" },
		{ MESSAGE("x\0ACTION=change\0SUBSYSTEM=block\0DEVNAME=cciss!c0d9"), 1, false,
		  "/dev/cciss/c0d9" },
		{ MESSAGE("x\0ACTION=add\0SUBSYSTEM=block\0DEVNAME=ram0"), 0, true, NULL },
		{ MESSAGE("x\0ACTION=add\0SUBSYSTEM=block\0DEVNAME=zram0"), 0, true, NULL },
		{ MESSAGE("x\0ACTION=add\0SUBSYSTEM=block"), 0, true, NULL },
		{ MESSAGE("x\0ACTION=add\0SUBSYSTEM=tty\0DEVNAME=tty1"), 0, true, NULL },
		{ MESSAGE("x\0ACTION=add\0SUBSYSTEM=block\0DEVNAME="
			  "a-name-that-is-much-too-long-for-a-device-node-of-sixty-four-bytes"),
		  0, true, NULL },
		{ MESSAGE(DRIVER_NEEDED), 0, true, NULL },
		{ MESSAGE("nonsense"), 0, true, NULL },
	};
	struct wire w = wire_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool gone = true, udev = false;
		char node[64] = "";

		sends(&w, rows[i].text, rows[i].len);
		CHECK_INT(uevent_read_block(w.ends[1], node, &gone, &udev), rows[i].r);
		CHECK_ROW(gone == rows[i].gone, rows[i].text);
		CHECK(!udev);
		if (rows[i].node)
			CHECK_STR(node, rows[i].node);
	}
	wire_close(&w);
}

TEST(no_more_messages)
{
	struct wire w = wire_new();
	bool gone = false, udev = false;
	char node[64];

	CHECK_INT(uevent_read_block(w.ends[1], node, &gone, &udev), -EAGAIN);
	wire_close(&w);
}

TEST(devices_that_need_a_driver)
{
	struct wire w = wire_new();
	char bus[8], modalias[64], tiny[8];

	sends(&w, MESSAGE(DRIVER_NEEDED));
	CHECK_INT(uevent_read_modalias(w.ends[1], bus, sizeof(bus), modalias, sizeof(modalias)), 1);
	CHECK_STR(bus, "pci");
	CHECK_STR(modalias, "pci:v00001AF4d00001001sv0bc01sc00i00");
	/* Cut, it would be another modalias. */
	sends(&w, MESSAGE(DRIVER_NEEDED));
	CHECK_INT(uevent_read_modalias(w.ends[1], bus, sizeof(bus), tiny, sizeof(tiny)), 0);
	sends(&w, MESSAGE(DISK_ADDED));
	CHECK_INT(uevent_read_modalias(w.ends[1], bus, sizeof(bus), modalias, sizeof(modalias)), 0);
	sends(&w, MESSAGE("x\0ACTION=remove\0SUBSYSTEM=pci\0MODALIAS=pci:x"));
	CHECK_INT(uevent_read_modalias(w.ends[1], bus, sizeof(bus), modalias, sizeof(modalias)), 0);
	wire_close(&w);
}

TEST_MAIN(values_of_a_message, messages_that_lack_something, block_devices, no_more_messages,
	  devices_that_need_a_driver)
