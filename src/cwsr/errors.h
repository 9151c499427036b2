/* SPDX-License-Identifier: MIT */
/*
 * What an error of the kernel driver means for level 3, and what is done instead: a table, read by whoever made the call.
 *
 * Source: Linux 6.1, 6.12 and 7.2, amdkfd/kfd_chardev.c, kfd_process_queue_manager.c, kfd_device_queue_manager.c, kfd_debug.c.
 */
#ifndef CWSR_ERRORS_H
#define CWSR_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

enum cwsr_call {
	CWSR_CALL_OPEN,
	CWSR_CALL_GET_VERSION,
	CWSR_CALL_UPDATE_QUEUE,
	CWSR_CALL_SET_CU_MASK,
	CWSR_CALL_DBG_ENABLE,
	CWSR_CALL_DBG_SUSPEND,
	CWSR_CALL_DBG_RESUME,
	CWSR_CALL_DBG_SNAPSHOT,
	CWSR_CALL_DBG_DISABLE,
	CWSR_CALL_VRAM_LOST,
	CWSR_CALL_COUNT
};

enum cwsr_reaction {
	CWSR_RETRY,   /* the same call again, CWSR_RETRIES times at most */
	CWSR_QUEUE,   /* leave this queue alone */
	CWSR_UPDATE,  /* use UPDATE_QUEUE from here on */
	CWSR_GPU,     /* level 3 is off for this GPU */
	CWSR_PROCESS, /* level 3 is off for this process */
	CWSR_IGNORE,  /* go on without */
};

/* A signal that interrupts a call does so once; whatever fails that often does not end. */
#define CWSR_RETRIES 1000u

struct cwsr_error {
	uint32_t calls; /* a bit of each call that the row is about */
	int error;      /* errno; 0: any other */
	enum cwsr_reaction reaction;
	const char *meaning;
};

/** cwsr_error_find() - the row for a call that failed with errno @error (positive); never NULL */
const struct cwsr_error *cwsr_error_find(enum cwsr_call call, int error);
/** cwsr_call_name() - as in kfd_ioctl.h */
const char *cwsr_call_name(enum cwsr_call call);
/**
 * cwsr_error_say() - one line: call, error, meaning, and what is done instead
 * @row: each row is said once for each call
 * @gpu_id: of the driver; 0: of none
 */
void cwsr_error_say(const struct cwsr_error *row, enum cwsr_call call, int error, uint32_t gpu_id);
/** cwsr_errors_begin() - say everything anew */
void cwsr_errors_begin(void);

#endif
