/* SPDX-License-Identifier: MIT */
/* Execution of PM4 indirect buffers; see pm4.h. */
#include "sim/cp/pm4.h"

#include <errno.h>
#include <string.h>

#include "sim/common/log.h"
#include "sim/kfd/event.h"
#include "sim/kfd/gpuvm.h"

/* Opcodes of soc15d.h. */
enum {
	PM4_NOP = 0x10,
	PM4_WRITE_DATA = 0x37,
	PM4_INDIRECT_BUFFER = 0x3f,
	PM4_EVENT_WRITE = 0x46,
	PM4_RELEASE_MEM = 0x49,
	PM4_ACQUIRE_MEM = 0x58,
};

#define PM4_TYPE(header)   ((header) >> 30)
#define PM4_OPCODE(header) ((header) >> 8 & 0xff)
#define PM4_COUNT(header)  ((header) >> 16 & 0x3fff)
#define PM4_NOP_SINGLE	   0x3fff /* this count: the header is the whole packet */

static int write_dwords(
	struct cp_queue *q, uint64_t va, const uint32_t *data, unsigned n, uint64_t *fault_va_p)
{
	for (unsigned i = 0; i < n; i++, va += 4) {
		_Atomic uint32_t *to = gpuvm_host(q->gpu->index, va, 4, true);
		if (!to) {
			*fault_va_p = va;
			return -EFAULT;
		}
		/* Release: pairs with whoever polls for the value. */
		atomic_store_explicit(to, data[i], memory_order_release);
	}
	return 0;
}

/* DST_SEL 11:8 (5: memory, 2: L2), ONE_ADDR bit 16. */
static int write_data(struct cp_queue *q, const uint32_t *body, unsigned n, uint64_t *fault_va_p)
{
	unsigned dst = n ? body[0] >> 8 & 0xf : 0;

	if (n < 4 || (dst != 5 && dst != 2) || (body[0] >> 16 & 1)) {
		sim_log(SIM_LOG_ERROR,
			"queue %u: PM4 WRITE_DATA with control word 0x%x is not modelled", q->id,
			n ? body[0] : 0);
		return -EINVAL;
	}
	return write_dwords(q, body[1] | (uint64_t)body[2] << 32, body + 3, n - 3, fault_va_p);
}

/* DATA_SEL 31:29 (0 none, 1 32 bits, 2 64 bits, 3 clock), INT_SEL 26:24 (0 none). */
static int release_mem(
	struct cp_queue *q, const uint32_t *body, unsigned n, uint64_t now_ns, uint64_t *fault_va_p)
{
	if (n < 6)
		return -EINVAL;
	unsigned data_sel = body[1] >> 29, int_sel = body[1] >> 24 & 7;
	uint64_t va = body[2] | (uint64_t)body[3] << 32;
	uint64_t data = body[4] | (uint64_t)body[5] << 32;
	int r = 0;

	if (data_sel > 3) {
		sim_log(SIM_LOG_ERROR,
			"queue %u: PM4 RELEASE_MEM with data select %u is not modelled", q->id,
			data_sel);
		return -EINVAL;
	}
	if (data_sel == 1) {
		r = write_dwords(q, va, body + 4, 1, fault_va_p);
	} else if (data_sel) {
		_Atomic uint64_t *to = gpuvm_host(q->gpu->index, va, 8, true);
		if (!to) {
			*fault_va_p = va;
			return -EFAULT;
		}
		if (data_sel == 3)
			data = kfd_gpu_counter(q->gpu->index, now_ns);
		/* Release: pairs with whoever polls for the value. */
		atomic_store_explicit(to, data, memory_order_release);
	}
	if (!r && int_sel) {
		kfd_interrupt(n > 6 ? body[6] : (uint32_t)data);
	}
	return r;
}

static int run_packet(struct cp_queue *q, uint32_t opcode, const uint32_t *body, unsigned n,
	uint64_t now_ns, uint64_t *fault_va_p)
{
	switch (opcode) {
	case PM4_NOP:
	case PM4_EVENT_WRITE: /* flushes of caches that are not modelled */
		return 0;
	case PM4_ACQUIRE_MEM: /* of all caches only decoded instructions are kept anywhere */
		gcn_code_invalidate(&q->gpu->machine);
		return 0;
	case PM4_WRITE_DATA:
		return write_data(q, body, n, fault_va_p);
	case PM4_RELEASE_MEM:
		return release_mem(q, body, n, now_ns, fault_va_p);
	default:
		sim_log(SIM_LOG_ERROR, "queue %u: PM4 opcode 0x%x is not modelled", q->id, opcode);
		return -EINVAL;
	}
}

int pm4_run_ib(struct cp_queue *q, const struct aql_pm4_ib_packet *p, uint64_t now_ns,
	uint64_t *fault_va_p)
{
	uint64_t va = (p->ib_jump[1] & ~3u) | (uint64_t)(p->ib_jump[2] & 0xffff) << 32;
	uint32_t dwords = p->ib_jump[3] & 0xfffff;

	if (PM4_TYPE(p->ib_jump[0]) != 3 || PM4_OPCODE(p->ib_jump[0]) != PM4_INDIRECT_BUFFER) {
		sim_log(SIM_LOG_ERROR,
			"queue %u: PM4 vendor packet whose command is 0x%x, not an indirect buffer",
			q->id, p->ib_jump[0]);
		return -EINVAL;
	}
	const uint32_t *ib = gpuvm_host(q->gpu->index, va, (size_t)dwords * 4, false);
	if (!ib) {
		*fault_va_p = va;
		return -EFAULT;
	}
	for (uint32_t i = 0; i < dwords;) {
		uint32_t header = ib[i++];
		uint32_t n = PM4_COUNT(header) + 1;
		if (PM4_OPCODE(header) == PM4_NOP && PM4_COUNT(header) == PM4_NOP_SINGLE)
			continue;
		if (PM4_TYPE(header) != 3 || n > dwords - i) {
			sim_log(SIM_LOG_ERROR, "queue %u: PM4 header 0x%x does not fit its buffer",
				q->id, header);
			return -EINVAL;
		}
		int r = run_packet(q, PM4_OPCODE(header), ib + i, n, now_ns, fault_va_p);
		if (r)
			return r;
		i += n;
	}
	return 0;
}
