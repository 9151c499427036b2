/* SPDX-License-Identifier: MIT */
/*
 * The compute-unit model: runs the waves of one workgroup at a time, instruction by instruction, in slices.
 * The command processor (sim/cp) creates groups from a dispatch and steps them; nothing here knows of queues,
 * packets or the kernel driver.
 */
#ifndef SIM_GCN_H
#define SIM_GCN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gcn_isa { GCN_ISA_GFX906, GCN_ISA_GFX90A, GCN_ISA_GFX942 };

#define GCN_WAVE_LANES 64
#define GCN_PAGE_BYTES 4096u

#define GCN_GWS_RESOURCES 64

/**
 * struct gcn_gws - one resource of global wave sync; starts as zeros, then written by the waves' instructions
 * @missing:    waves that have yet to arrive before the last one
 * @generation: changes when a barrier is complete
 * @latest, @released: clock of the latest wave that arrived; clock at which the last barrier was complete
 */
struct gcn_gws {
	uint32_t missing;
	uint32_t generation;
	uint64_t latest, released;
};

/**
 * struct gcn_machine - what a wave can see of the GPU it runs on; supplied by the caller, outlives every group
 * @isa:             instruction set
 * @ctx:             handed to the functions below
 * @page:            host address of the 4 KiB page that holds @va in GPU virtual memory, or NULL when the page is
 *                   not mapped (or not writable, for @write). May be called from any thread that steps groups.
 * @vm_generation:   changes whenever a mapping is removed or replaced; cached translations are then dropped
 * @interrupt:       s_sendmsg(MSG_INTERRUPT): raise event @event_id (the wave's m0, masked to 24 bits)
 * @shader_khz:      clock that instruction costs are counted in and that s_memtime returns
 * @realtime_khz:    clock that s_memrealtime returns (100000 on these parts)
 * @lds_aperture, @scratch_aperture: bases of the two 4 GiB flat-address windows
 * @gws:             GCN_GWS_RESOURCES resources of global wave sync, or NULL: the machine has none
 */
struct gcn_machine {
	enum gcn_isa isa;
	void *ctx;
	uint8_t *(*page)(void *ctx, uint64_t va, bool write);
	const _Atomic uint32_t *vm_generation;
	void (*interrupt)(void *ctx, uint32_t event_id);
	uint32_t shader_khz;
	uint32_t realtime_khz;
	uint64_t lds_aperture;
	uint64_t scratch_aperture;
	struct gcn_gws *gws;
};

/**
 * struct gcn_dispatch - one kernel launch, as the command processor decoded it from packet and kernel descriptor
 *
 * Addresses are GPU virtual. @packet_va is what the kernel sees as dispatch_ptr: a copy that stays valid until the last
 * group is gone. The caller fills everything but the fields that gcn_dispatch_init() derives from the descriptor.
 */
struct gcn_dispatch {
	const struct gcn_machine *machine;
	uint64_t packet_va;
	uint64_t queue_va;      /* amd_queue_t */
	uint64_t kernarg_va;
	uint64_t kernel_object; /* kernel descriptor, or amd_kernel_code_t (the launch-relevant offsets agree) */
	uint64_t dispatch_id;
	uint32_t grid_size[3];      /* work-items */
	uint16_t group_size[3];     /* work-items */
	uint32_t group_segment_bytes;   /* LDS per workgroup, from the packet */
	uint32_t private_segment_bytes; /* per work-item, from the packet */
	uint64_t scratch_va;            /* backing memory of all waves of the queue (amd_queue_t) */
	uint32_t scratch_wave_bytes;    /* size of one wave's part of it (COMPUTE_TMPRING_SIZE) */
	uint32_t scratch_rsrc[4];       /* amd_queue_t.scratch_resource_descriptor */

	/* Set by gcn_dispatch_init(). */
	uint64_t code_va;
	uint32_t rsrc1, rsrc2, rsrc3;
	uint32_t code_properties;
	uint32_t waves_per_group;
	uint32_t vgprs, agprs, sgprs; /* allocated per wave */
};

enum gcn_fault_kind {
	GCN_FAULT_NONE,
	GCN_FAULT_MEMORY,              /* va is not mapped, or not for this access */
	GCN_FAULT_UNKNOWN_INSTRUCTION, /* the encoding decodes to nothing, or to something this model lacks */
	GCN_FAULT_APERTURE,            /* a flat address outside its window, LDS beyond the allocation */
	GCN_FAULT_TRAP,                /* s_trap; code holds its immediate (2: abort, as the runtime uses it) */
	GCN_FAULT_DEADLOCK,            /* every wave of the group that has not ended is halted */
};

struct gcn_fault {
	enum gcn_fault_kind kind;
	bool write;
	uint32_t code;
	uint64_t va; /* the faulting address */
	uint64_t pc; /* address of the instruction */
	char text[160]; /* mnemonic or encoding, for messages */
};

enum gcn_stop {
	GCN_STOP_SLICE, /* the budget is used up; call again */
	GCN_STOP_DONE,  /* every wave has ended */
	GCN_STOP_FAULT,
};

struct gcn_group;

/**
 * gcn_code_invalidate() - code in memory may have changed (the instruction cache was invalidated)
 *
 * gcn_dispatch_init() implies it. Costs little: decoded code is compared with memory before its next use. Any thread.
 */
void gcn_code_invalidate(const struct gcn_machine *machine);

/**
 * gcn_dispatch_init() - read the kernel descriptor and derive what a launch needs
 * Return: 0; -EFAULT when the descriptor is not mapped, -EINVAL when it asks for what the ISA does not have. On failure
 *         @fault names the cause.
 * Source: AMDGPUUsage, "Kernel Descriptor"; amd_hsa_kernel_code.h.
 */
int gcn_dispatch_init(struct gcn_dispatch *d, struct gcn_fault *fault);

/**
 * gcn_group_new() - a workgroup with its waves' registers as hardware initialises them
 * @d:            borrowed; outlives the group
 * @group_id:     workgroup id in x, y, z
 * @scratch_slot: index of the first of waves_per_group consecutive wave slots in the scratch backing memory
 * @start_cycles: shader clock at which the group starts; every wave's clock begins here
 * Return: NULL when memory is exhausted. Freed by gcn_group_free().
 */
struct gcn_group *gcn_group_new(const struct gcn_dispatch *d, const uint32_t group_id[3], uint32_t scratch_slot,
	uint64_t start_cycles);
void gcn_group_free(struct gcn_group *g);

/**
 * gcn_group_run() - step the waves of a group, round robin, for at most @budget wave-instructions
 *
 * May stop between any two instructions; GCN_STOP_SLICE also when all waves that could go on are past the limit
 * (gcn_group_limit()). Context: one thread at a time per group.
 */
enum gcn_stop gcn_group_run(struct gcn_group *g, uint32_t budget, struct gcn_fault *fault);

/**
 * gcn_group_limit() - let no wave go on whose clock is past shader cycle @cycles; at first there is no limit
 *
 * A wave passes the limit by at most some ten instructions' time, except in a loop that only waits for its clock: there it
 * may be a third of a millisecond ahead, but still in the loop, and what follows the loop keeps to the limit.
 */
void gcn_group_limit(struct gcn_group *g, uint64_t cycles);

/** gcn_group_cycles() - the latest shader clock among the group's waves (the modelled end once it is done) */
uint64_t gcn_group_cycles(const struct gcn_group *g);
/**
 * gcn_group_add_cycles() - the group stood still for @cycles, and time went on: shift the clocks of all waves that still run
 *
 * A wave that only waits for its clock, and was moved past the limit, is taken back to before it.
 */
void gcn_group_add_cycles(struct gcn_group *g, uint64_t cycles);
/** gcn_group_instructions() - wave-instructions executed so far */
uint64_t gcn_group_instructions(const struct gcn_group *g);

/**
 * gcn_group_save_bytes() - size of the image that a context save writes of the group: 0 once every wave has ended
 *
 * Changes only when a wave ends. Context: not while another thread runs the group.
 */
size_t gcn_group_save_bytes(const struct gcn_group *g);
/**
 * gcn_group_save() - write the group's architectural state as a context save leaves it in memory
 * @to: gcn_group_save_bytes() bytes
 *
 * For each wave that has not ended, in order: its VGPRs, 64 lanes each; its accumulation VGPRs; its SGPRs as allocated,
 * the last six of them FLAT_SCRATCH, XNACK_MASK and VCC; 64 bytes of hardware registers (M0, PC, EXEC, STATUS, TRAPSTS,
 * XNACK_MASK, MODE); 64 bytes of trap temporaries. The first of these waves is followed by the group's LDS. The image is
 * for whoever looks into the save area: the group itself goes on with gcn_group_run().
 *
 * Context: not while another thread runs the group.
 * Source: Linux amdkfd, the order in which the gfx9 trap handler saves a wave.
 */
void gcn_group_save(const struct gcn_group *g, void *to);

#endif
