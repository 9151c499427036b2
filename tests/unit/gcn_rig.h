/* SPDX-License-Identifier: MIT */
/*
 * A GPU for the compute-unit model's tests: memory, code objects and launches without a command processor. Written and read by one
 * test thread (the atomics test reads memory from others).
 */
#ifndef TESTS_GCN_RIG_H
#define TESTS_GCN_RIG_H

#include "sim/gcn/gcn.h"

struct rig_region {
	uint64_t va, bytes;
	uint8_t *host;
	bool writable;
};

struct rig {
	struct gcn_machine machine;
	_Atomic uint32_t generation;
	struct rig_region region[64];
	unsigned regions;
	uint64_t next_va;
	uint32_t interrupts[16];
	unsigned interrupt_count;
	/* Of the launch that was last run. */
	struct gcn_fault fault;
	uint64_t instructions, cycles;
	uint64_t start_cycles;
	uint64_t scratch_va;
	uint32_t scratch_wave_bytes;
	/* Code object. */
	uint64_t code_va;
	const uint8_t *elf;
	size_t elf_bytes;
};

void rig_init(struct rig *r, enum gcn_isa isa);
void rig_fini(struct rig *r);
/** rig_alloc() - zeroed GPU memory at an address that differs from the host's; ends before an unmapped page */
uint64_t rig_alloc(struct rig *r, size_t bytes);
/** rig_host() - host address of GPU address @va */
void *rig_host(struct rig *r, uint64_t va);
/** rig_protect() - make the region at @va read-only */
void rig_protect(struct rig *r, uint64_t va);

/** rig_code() - a kernel of the given instructions: a descriptor and code; returns the kernel object's address */
uint64_t rig_code(struct rig *r, const uint32_t *words, size_t count);
/** rig_load() - map a code object's segments and relocate it; false when @path cannot be read or is empty */
bool rig_load(struct rig *r, const char *path);
/** rig_kernel() - address of the kernel descriptor "@name.kd" */
uint64_t rig_kernel(const struct rig *r, const char *name);

struct rig_launch {
	uint64_t kernel;
	uint32_t grid[3];
	uint16_t group[3];
	const void *args;
	size_t arg_bytes;
	uint32_t lds_bytes;
	uint32_t budget; /* wave-instructions per slice; 0: all at once */
};
/** rig_run() - run all groups, one after another; the last stop that was not a slice */
enum gcn_stop rig_run(struct rig *r, const struct rig_launch *l);

#endif
