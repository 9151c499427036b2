/* SPDX-License-Identifier: MIT */
/*
 * Vector memory: where each lane of an instruction goes. Filled by vaddr.c for one instruction, read by vmem.c.
 */
#ifndef SIM_GCN_VMEM_H
#define SIM_GCN_VMEM_H

#include "sim/gcn/mem.h"

/**
 * struct gcn_lanes - the locations of one instruction's lanes
 * @active:   lanes that take part (EXEC)
 * @outside:  of these, lanes that reach beyond the buffer: there they load zeros and store nothing
 * @inside:   of such a lane, the bytes before the buffer's end: whole dwords
 * @lds:      of these, lanes whose address is an LDS offset
 * @swizzled: of these, lanes whose address is an offset into an interleaved buffer or the private segment: consecutive
 *            elements of a lane lie apart so that neighbouring lanes are neighbours in memory
 * @address:  GPU virtual address or offset
 * @index:    record that a swizzled lane accesses (its lane number for private memory)
 * @base, @element_shift, @index_shift, @record_stride: the interleaving; binary logarithms of the element's size and of the
 *            number of records that are interleaved
 * @limit:    bytes of the private segment that a lane has; UINT64_MAX for buffers
 */
struct gcn_lanes {
	uint64_t active, outside, lds, swizzled;
	uint64_t address[GCN_WAVE_LANES];
	uint32_t index[GCN_WAVE_LANES];
	uint8_t inside[GCN_WAVE_LANES];
	uint64_t base;
	uint32_t element_shift, index_shift, record_stride;
	uint64_t limit;
};

/** gcn_flat_lanes(), gcn_global_lanes(), gcn_scratch_lanes() - addresses of the FLAT formats */
void gcn_flat_lanes(const struct gcn_wave *w, const struct gcn_inst *in, struct gcn_lanes *l);
void gcn_global_lanes(const struct gcn_wave *w, const struct gcn_inst *in, struct gcn_lanes *l);
void gcn_scratch_lanes(const struct gcn_wave *w, const struct gcn_inst *in, struct gcn_lanes *l);
/** gcn_buffer_lanes() - addresses of a MUBUF instruction that accesses @bytes per lane */
void gcn_buffer_lanes(const struct gcn_wave *w, const struct gcn_inst *in, unsigned bytes, struct gcn_lanes *l);

/**
 * gcn_stack_rows() - whether all lanes access the same whole dwords of their private memory, as stack accesses do
 * Return: true when dword i of lane n is at *@va_p + i * 256 + n * 4.
 */
bool gcn_stack_rows(const struct gcn_wave *w, const struct gcn_inst *in, unsigned bytes, uint64_t *va_p);

/** gcn_vmem_exec() - the function that executes a FLAT or MUBUF instruction; NULL when the model lacks it */
gcn_exec_fn gcn_vmem_exec(const struct gcn_inst *in);

/** gcn_lane_offset() - offset of element-relative byte @at of a swizzled lane from the interleaved memory's base */
static inline uint64_t gcn_lane_offset(const struct gcn_lanes *l, unsigned lane, uint64_t at)
{
	uint64_t index_high = l->index[lane] >> l->index_shift;
	uint64_t index_low = l->index[lane] & ((1u << l->index_shift) - 1);
	uint64_t element = at >> l->element_shift, byte = at & ((1u << l->element_shift) - 1);

	return ((index_high * l->record_stride + (element << l->element_shift)) << l->index_shift) +
	       (index_low << l->element_shift) + byte;
}

#endif
