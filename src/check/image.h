/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image: an initramfs image that was read, who made it, and the questions that are asked of it.
 *
 * Pure. What `intact needs` decides for the same kernel (image/plan.h) is what the image must hold.
 */
#ifndef INTACT_CHECK_IMAGE_H
#define INTACT_CHECK_IMAGE_H

#include "check/contents.h"
#include "check/faults.h"
#include "check/stream.h"
#include "image/modules.h"
#include "image/plan.h"

/* The program that made the image. */
enum maker { MAKER_UNKNOWN, MAKER_INITRAMFS_TOOLS, MAKER_DRACUT, MAKER_MKINITCPIO };

struct image {
	const char *path;     /* of the file, for messages */
	const char *file;     /* the same, if one program has made all of it; else NULL */
	bool unified;	      /* path is that of a unified kernel image, with more in it */
	const char *version;  /* of the kernel that boots it */
	unsigned mode;	      /* of the file, as st_mode has it */
	const char *settings; /* the kernel's configuration ("CONFIG_RD_ZSTD=y"); NULL: unknown */
	struct contents contents;
	struct stream_result result;
	enum maker maker;
	bool systemd;	  /* /init is systemd */
	char kernel[128]; /* of image_kernel_in() */
};

/* Sets maker and systemd from the contents. */
void image_recognise(struct image *image);
/* The kernel whose modules are in it, if that is only one; else other. */
const char *image_kernel_in(struct image *image, const char *other);
/* "dracut" */
const char *image_maker_name(enum maker maker);
/* The command that makes this image anew, or what to do instead. The caller frees it. */
char *image_remake(const struct image *image);

/* Was it read to its end, and can the kernel read it? false: nothing else can be asked of it. */
bool image_is_whole(const struct image *image, struct faults *faults);
/* What the kernel starts in the end: /init, or the interpreter of a script. NULL: there is none. */
const struct file *image_init_program(const struct image *image);
/* Can /init and what it needs be started? */
void image_judge_programs(const struct image *image, struct faults *faults);
/* Is intact in it, and will it be started? false: it is not in it. */
bool image_judge_start(const struct image *image, const struct plan *plan, struct faults *faults);
/* Has it the kernel's modules that the plan asks for? */
void image_judge_modules(const struct image *image, const struct plan *plan,
			 const struct image_kernel *kernel, struct faults *faults);
/* Which devices there are now. */
struct image_devices {
	bool (*has)(void *arg, const struct devref *ref);
	/* Does ref name the device with this node? */
	bool (*is)(void *arg, const struct devref *ref, const char *node);
	void *arg;
};

/* Does its list of volumes say what the plan says? */
void image_judge_volumes(const struct image *image, const struct plan *plan,
			 const struct image_devices *devices, struct faults *faults);
/* The files that the plan copies into it. */
void image_judge_files(const struct image *image, const struct plan *plan, struct faults *faults);

/* Would the boot open the disks of the plan, as they are now? */
void image_judge_disks(const struct plan *plan, struct faults *faults);

/* Would this kernel command line lead to the root of the system that runs? */
void image_judge_cmdline(const struct image *image, const struct plan *plan, const char *cmdline,
			 const struct image_devices *devices, struct faults *faults);

/* All of that but the command line, in its order. */
void image_judge(const struct image *image, const struct plan *plan,
		 const struct image_kernel *kernel, const struct image_devices *devices,
		 struct faults *faults);

/* Does the image, or the system, need intact at all? */
bool image_is_ours(const struct image *image, const struct plan *plan);

#endif
