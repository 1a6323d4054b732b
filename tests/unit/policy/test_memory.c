/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots as memory: which volume may use it, and which has to wait. */
#include "policy/world.h"

/* The passphrase of the first opens the others side by side, when there is memory for them, … */
TEST(one_passphrase_side_by_side)
{
	struct world w = { .machine = machine(8, 4096), .memory_matters = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	volume(&w, "more", "UUID=" MORE_UUID);
	start(&w);
	up_to_ready(&w, 0, "/dev/vda", 1, ROOT_UUID, 1024);
	expect(&w, "prompt root");
	expect(&w, "job root reserve /dev/vda (keyfile) with 1024 MiB, 8 CPUs");
	up_to_ready(&w, 1, "/dev/vdb", 2, DATA_UUID, 1024);
	expect(&w, "job data reserve /dev/vdb (keyfile) with 1024 MiB, 8 CPUs");
	up_to_ready(&w, 2, "/dev/vdc", 3, MORE_UUID, 1024);
	expect(&w, "job more reserve /dev/vdc (keyfile) with 1024 MiB, 8 CPUs"); /* a quarter stays
										    free */
	types(&w, "same");
	expect(&w, "job root unlock /dev/vda same with 1024 MiB, 8 CPUs");
	expect_nothing(&w);
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	expect(&w, "job data unlock /dev/vdb same with 1024 MiB, 8 CPUs");
	expect(&w, "job more unlock /dev/vdc same with 1024 MiB, 4 CPUs");
	done_unlock(&w, 2, UNLOCK_OK);
	expect(&w, "job more verify");
	CHECK(w.prompt_secret->len == 4); /* the other still reads it */
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "job data verify");
	CHECK(w.prompt_secret->len == 0);
	finish(&w);
}

/* … and one after the other when there is not. */
TEST(one_passphrase_in_turn)
{
	struct world w = { .machine = machine(8, 1600), .memory_matters = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	volume(&w, "more", "UUID=" MORE_UUID);
	start(&w);
	up_to_ready(&w, 0, "/dev/vda", 1, ROOT_UUID, 1024);
	expect(&w, "prompt root");
	expect(&w, "job root reserve");
	up_to_ready(&w, 1, "/dev/vdb", 2, DATA_UUID, 1024);
	up_to_ready(&w, 2, "/dev/vdc", 3, MORE_UUID, 1024);
	expect_nothing(&w); /* no memory to reserve for them */
	types(&w, "same");
	expect(&w, "job root unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	expect(&w, "job data unlock /dev/vdb same with 1024 MiB");
	expect_nothing(&w);
	CHECK(w.prompt_secret->len == 4);
	done_unlock(&w, 1, UNLOCK_WRONG);
	expect(&w, "opens no keyslot of /dev/vdb");
	expect(&w, "job more unlock /dev/vdc same with 1024 MiB");
	expect_nothing(&w); /* data is not asked for while more may need what was typed */
	done_unlock(&w, 2, UNLOCK_OK);
	expect(&w, "job more verify");
	expect(&w, "prompt data");
	expect(&w, "job data reserve");
	finish(&w);
}

/* A prompt's memory, got ahead of time, is not kept from a volume that could go on now. */
TEST(memory_is_given_back)
{
	struct world w = { .machine = machine(2, 1600), .memory_matters = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID)->keyfile = key_at("/etc/key");
	start(&w);
	up_to_ready(&w, 0, "/dev/vda", 1, ROOT_UUID, 1024);
	expect(&w, "prompt root");
	expect(&w, "job root reserve /dev/vda (keyfile) with 1024 MiB");
	up_to_ready(&w, 1, "/dev/vdb", 2, DATA_UUID, 1024);
	expect(&w, "job root release");
	engine_tick(w.engine);
	expect_nothing(&w); /* asked once */
	done_release(&w, 0);
	expect(&w, "job data unlock /dev/vdb (keyfile) with 1024 MiB");
	expect_nothing(&w);
	/* The passphrase comes in the meantime: it waits, too. */
	types(&w, "right");
	expect_nothing(&w);
	CHECK(w.prompt_secret->len == 5);
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "job data verify");
	expect(&w, "job root unlock /dev/vda right with 1024 MiB");
	finish(&w);
}

/* The same when the person is faster than the release. */
TEST(typed_while_memory_is_given_back)
{
	struct world w = { .machine = machine(2, 1600), .memory_matters = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID)->keyfile = key_at("/etc/key");
	start(&w);
	up_to_ready(&w, 0, "/dev/vda", 1, ROOT_UUID, 1024);
	expect(&w, "prompt root");
	expect(&w, "job root reserve");
	up_to_ready(&w, 1, "/dev/vdb", 2, DATA_UUID, 1024);
	expect(&w, "job root release");
	types(&w, "right");
	expect_nothing(&w);
	done_release(&w, 0);
	expect(&w, "job root unlock /dev/vda right with 1024 MiB");
	expect_nothing(&w);
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "wrong passphrase");
	expect(&w, "job data unlock /dev/vdb (keyfile)");
	expect(&w, "prompt root");
	expect_nothing(&w); /* and nothing is reserved: data has the memory */
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "job data verify");
	expect(&w, "job root reserve");
	finish(&w);
}

/* More than there is is tried with all there is: the worker decides what that is good for. */
TEST(more_than_the_machine_has)
{
	struct world w = { .machine = machine(2, 512), .memory_matters = true };
	struct job_result r = {
		.job = JOB_UNLOCK,
		.unlock = { .status = UNLOCK_FAILED, .code = EXIT_CODE_MEMORY, .text = "too much" }
	};

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_ready(&w, 0, "/dev/vda", 1, ROOT_UUID, 700);
	expect(&w, "prompt root");
	expect_nothing(&w);
	engine_tick(w.engine);
	CHECK_INT(w.reserved_without, 1); /* all but the memory, once */
	types(&w, "x");
	expect(&w, "job root unlock /dev/vda x with 512 MiB");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill root");
	expect(&w, "report root failed 3 too much");
	finish(&w);
}

TEST_MAIN(one_passphrase_side_by_side, one_passphrase_in_turn, memory_is_given_back,
	  typed_while_memory_is_given_back, more_than_the_machine_has)
