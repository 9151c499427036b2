/* SPDX-License-Identifier: MIT */
/*
 * The language of --fault: what fails, where, and when. Written by people, checked by the launcher, read by the preload
 * library when /dev/kfd is first opened.
 */
#ifndef SIM_FAULT_PARSE_H
#define SIM_FAULT_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_IOCTL_ERRNO,
	FAULT_IOCTL_DELAY,
	FAULT_EVENT_DROP,
	FAULT_EVENT_LATE,
	FAULT_EVENT_TWICE,
	FAULT_PACKET_HANG,
	FAULT_DOORBELL_DROP,
	FAULT_GPU_RESET,
	FAULT_QUEUE_RESET,
	FAULT_VM,
};

#define FAULT_ANY UINT32_MAX /* no GPU, no queue in particular */
#define FAULT_ALWAYS UINT64_MAX

/* struct fault_spec - one --fault */
struct fault_spec {
	enum fault_kind kind;
	uint32_t ioctl;     /* its number */
	int error;          /* errno */
	uint64_t after;     /* occasions that pass first */
	uint64_t after_ns;  /* GPU_RESET: instead, time since the program opened the driver; 0 if not given */
	uint64_t count;     /* occasions on which it then fires */
	uint64_t delay_ns;
	uint32_t gpu, queue; /* FAULT_ANY: all */
	uint64_t va, bytes;
};

/**
 * fault_parse() - read one fault, "WHERE:WHAT[:KEY=VALUE]..."; see kfdsim(1)
 * @ioctl_name: name of an ioctl by number, NULL for a number without one
 * Return: 0; -EINVAL, with what is wrong and what would be right in @error.
 */
int fault_parse(const char *text, const char *(*ioctl_name)(uint32_t nr), struct fault_spec *spec, char *error,
	size_t error_bytes);
/** fault_parse_number() - a whole number, decimal or 0x and hexadecimal. Return: whether it is one. */
bool fault_parse_number(const char *text, uint64_t *n_p);
/** fault_parse_duration() - a number (fractions allowed) with ns, us, ms or s behind it. Return: whether it is one. */
bool fault_parse_duration(const char *text, uint64_t *ns_p);

#endif
