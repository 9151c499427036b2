/* SPDX-License-Identifier: MIT */
/* Packets of the copy engine as gfx9 defines them; see sdma.h. */
#include "sim/cp/sdma.h"

#include <errno.h>
#include <string.h>

#include "sim/common/log.h"
#include "sim/common/stats.h"
#include "sim/cp/signal.h"
#include "sim/kfd/event.h"
#include "sim/kfd/gpuvm.h"

enum {
	SDMA_NOP = 0,
	SDMA_COPY = 1,
	SDMA_FENCE = 5,
	SDMA_TRAP = 6,
	SDMA_POLL_REGMEM = 8,
	SDMA_ATOMIC = 10,
	SDMA_CONST_FILL = 11,
	SDMA_TIMESTAMP = 13,
};
enum { SDMA_COPY_LINEAR = 0, SDMA_COPY_LINEAR_RECT = 4 };
enum { SDMA_TIMESTAMP_GET_GLOBAL = 2 };
enum { SDMA_ATOMIC_ADD64 = 47 };

#define SDMA_PACKET_DWORDS 13u
#define SDMA_TURN_BYTES	   (256u * 1024)
#define SDMA_TURN_PACKETS  64

/* What became of a packet. */
enum sdma_result {
	SDMA_DONE,
	SDMA_MORE,    /* a part of a copy; go on with it in the next turn */
	SDMA_WAIT,    /* for memory or for model time */
	SDMA_STOPPED, /* an error */
};

struct sdma_packet {
	uint32_t dw[SDMA_PACKET_DWORDS];
	uint32_t dwords; /* its length */
};

static uint64_t address(const struct sdma_packet *p, unsigned i)
{
	return p->dw[i] | (uint64_t)p->dw[i + 1] << 32;
}

static enum sdma_result sdma_fault(struct cp_queue *q, uint64_t va, bool write)
{
	queue_fault(q, va, write);
	return SDMA_STOPPED;
}

/* Host address of up to *@n_p bytes at @va; shortens *@n_p to what is contiguous. */
static uint8_t *span(struct cp_queue *q, uint64_t va, size_t *n_p, bool write)
{
	uint8_t *host = gpuvm_host(q->gpu->index, va, *n_p, write);
	size_t in_page = GCN_PAGE_BYTES - va % GCN_PAGE_BYTES;

	if (host)
		return host;
	if (*n_p > in_page)
		*n_p = in_page;
	host = gpuvm_page(q->gpu->index, va, write);
	return host ? host + va % GCN_PAGE_BYTES : NULL;
}

/* Return: 0; -EFAULT, with the address in *@fault_va_p. */
static int copy(struct cp_queue *q, uint64_t to, uint64_t from, size_t bytes, uint64_t *fault_va_p,
	bool *write_p)
{
	while (bytes) {
		size_t n = bytes;
		const uint8_t *src = span(q, from, &n, false);
		*fault_va_p = from;
		*write_p = false;
		if (!src)
			return -EFAULT;
		uint8_t *dst = span(q, to, &n, true);
		*fault_va_p = to;
		*write_p = true;
		if (!dst)
			return -EFAULT;
		memmove(dst, src, n);
		to += n;
		from += n;
		bytes -= n;
	}
	return 0;
}

/* Model time of the next bytes: the engine goes on where it was, or now if it was idle. */
static void spend(struct cp_queue *q, const struct cp_turn *turn, uint64_t bytes)
{
	if (turn->now_ns > CP_LAG_MAX_NS && q->sdma.clock_ns < turn->now_ns - CP_LAG_MAX_NS)
		q->sdma.clock_ns = turn->now_ns - CP_LAG_MAX_NS;
	q->sdma.clock_ns += bytes / SDMA_BYTES_PER_NS;
}

static enum sdma_result copy_linear(
	struct cp_queue *q, const struct sdma_packet *p, struct cp_turn *turn)
{
	/* 22 bits until SDMA 4.2, 30 from 4.4 on (Linux 6.12, sdma_v4_0.c and sdma_v4_4_2.c); ROCr
	 * from 6 uses them. */
	uint32_t mask = q->gpu->machine.isa == GCN_ISA_GFX906 ? 0x3fffff : 0x3fffffff;
	uint64_t bytes = (p->dw[1] & mask) + UINT64_C(1);
	uint64_t n = bytes - q->sdma.done, fault_va;
	bool write;

	if (n > SDMA_TURN_BYTES)
		n = SDMA_TURN_BYTES;
	if (copy(q, address(p, 5) + q->sdma.done, address(p, 3) + q->sdma.done, n, &fault_va,
		    &write))
		return sdma_fault(q, fault_va, write);
	spend(q, turn, n);
	q->sdma.done += n;
	return q->sdma.done < bytes ? SDMA_MORE : SDMA_DONE;
}

/* Offsets, pitches and extents count elements of 1 << element bytes; pitches and extents are stored
 * minus 1. */
static enum sdma_result copy_rect(
	struct cp_queue *q, const struct sdma_packet *p, struct cp_turn *turn)
{
	unsigned element = p->dw[0] >> 29;
	uint64_t src = address(p, 1), dst = address(p, 6), fault_va;
	uint64_t src_pitch = (p->dw[4] >> 13) + UINT64_C(1),
		 dst_pitch = (p->dw[9] >> 13) + UINT64_C(1);
	uint64_t src_slice = (p->dw[5] & 0xfffffff) + UINT64_C(1),
		 dst_slice = (p->dw[10] & 0xfffffff) + UINT64_C(1);
	uint64_t width = (p->dw[11] & 0x3fff) + UINT64_C(1),
		 height = (p->dw[11] >> 16 & 0x3fff) + UINT64_C(1);
	uint64_t depth = (p->dw[12] & 0x7ff) + UINT64_C(1);
	uint64_t rows = height * depth, ran = 0;
	bool write;

	/* done counts rows here */
	while (q->sdma.done < rows && ran < SDMA_TURN_BYTES) {
		uint64_t y = q->sdma.done % height, z = q->sdma.done / height;
		uint64_t s = (p->dw[3] & 0x3fff) + ((p->dw[3] >> 16 & 0x3fff) + y) * src_pitch +
			     ((p->dw[4] & 0x7ff) + z) * src_slice;
		uint64_t d = (p->dw[8] & 0x3fff) + ((p->dw[8] >> 16 & 0x3fff) + y) * dst_pitch +
			     ((p->dw[9] & 0x7ff) + z) * dst_slice;
		if (copy(q, dst + (d << element), src + (s << element), width << element, &fault_va,
			    &write))
			return sdma_fault(q, fault_va, write);
		ran += width << element;
		q->sdma.done++;
	}
	spend(q, turn, ran);
	return q->sdma.done < rows ? SDMA_MORE : SDMA_DONE;
}

static enum sdma_result const_fill(
	struct cp_queue *q, const struct sdma_packet *p, struct cp_turn *turn)
{
	uint64_t bytes = ((p->dw[4] & 0x3fffff) & ~3u) + UINT64_C(4);
	uint64_t end =
		bytes - q->sdma.done > SDMA_TURN_BYTES ? q->sdma.done + SDMA_TURN_BYTES : bytes;
	uint64_t begin = q->sdma.done;

	while (q->sdma.done < end) {
		size_t n = end - q->sdma.done;
		uint64_t va = (address(p, 1) & ~UINT64_C(3)) + q->sdma.done;
		uint8_t *to = span(q, va, &n, true);
		if (!to)
			return sdma_fault(q, va, true);
		for (size_t i = 0; i + 4 <= n; i += 4)
			memcpy(to + i, &p->dw[3], 4);
		q->sdma.done += n;
	}
	spend(q, turn, end - begin);
	return q->sdma.done < bytes ? SDMA_MORE : SDMA_DONE;
}

static bool compare(unsigned func, uint32_t value, uint32_t reference)
{
	switch (func) {
	case 1:
		return value < reference;
	case 2:
		return value <= reference;
	case 3:
		return value == reference;
	case 4:
		return value != reference;
	case 5:
		return value >= reference;
	case 6:
		return value > reference;
	default:
		return true; /* 0: always */
	}
}

static enum sdma_result poll_regmem(
	struct cp_queue *q, const struct sdma_packet *p, struct cp_turn *turn)
{
	if (!(p->dw[0] >> 31)) /* a register: the HDP flush, which completes at once */
		return SDMA_DONE;
	_Atomic uint32_t *at = gpuvm_host(q->gpu->index, address(p, 1), 4, false);
	if (!at)
		return sdma_fault(q, address(p, 1), false);
	/* Acquire: pairs with the release of whoever writes what is waited for. */
	uint32_t value = atomic_load_explicit(at, memory_order_acquire);
	if (compare(p->dw[0] >> 28 & 7, value & p->dw[4], p->dw[3]))
		return SDMA_DONE;
	turn->poll = true;
	q->sdma.clock_ns = turn->now_ns;
	return SDMA_WAIT;
}

/* Whether the modelled time of the copies so far has passed; what comes next is visible outside. */
static bool caught_up(struct cp_queue *q, struct cp_turn *turn)
{
	if (q->sdma.clock_ns <= turn->now_ns)
		return true;
	cp_turn_wake(turn, q->sdma.clock_ns);
	return false;
}

static enum sdma_result store(struct cp_queue *q, const struct sdma_packet *p)
{
	_Atomic uint32_t *to = gpuvm_host(q->gpu->index, address(p, 1) & ~UINT64_C(3), 4, true);

	if (!to)
		return sdma_fault(q, address(p, 1), true);
	/* Release: what was copied is visible to whoever sees the fence. */
	atomic_store_explicit(to, p->dw[3], memory_order_release);
	return SDMA_DONE;
}

static enum sdma_result add64(struct cp_queue *q, const struct sdma_packet *p)
{
	unsigned operation = p->dw[0] >> 25;

	if (operation != SDMA_ATOMIC_ADD64) {
		sim_log(SIM_LOG_ERROR, "SDMA queue %u: atomic operation %u is not modelled", q->id,
			operation);
		q->halted = true;
		return SDMA_STOPPED;
	}
	_Atomic uint64_t *to = gpuvm_host(q->gpu->index, address(p, 1) & ~UINT64_C(7), 8, true);
	if (!to)
		return sdma_fault(q, address(p, 1), true);
	/* Release: what was copied is visible to whoever sees the signal. */
	atomic_fetch_add_explicit(to, address(p, 3), memory_order_release);
	sim_count(&sim_stats.signals, 1);
	return SDMA_DONE;
}

static enum sdma_result timestamp(struct cp_queue *q, const struct sdma_packet *p)
{
	_Atomic uint64_t *to = gpuvm_host(q->gpu->index, address(p, 1) & ~UINT64_C(7), 8, true);

	if (!to)
		return sdma_fault(q, address(p, 1), true);
	/* Relaxed: the signal that follows orders it. */
	atomic_store_explicit(
		to, kfd_gpu_counter(q->gpu->index, q->sdma.clock_ns), memory_order_relaxed);
	return SDMA_DONE;
}

/* Return: length in dwords; 0 for a packet that is not modelled. */
static uint32_t packet_dwords(uint32_t header)
{
	unsigned sub = header >> 8 & 0xff;

	switch (header & 0xff) {
	case SDMA_NOP:
		return 1 + (header >> 16 & 0x3fff);
	case SDMA_COPY:
		return sub == SDMA_COPY_LINEAR ? 7 : sub == SDMA_COPY_LINEAR_RECT ? 13 : 0;
	case SDMA_FENCE:
		return 4;
	case SDMA_TRAP:
		return 2;
	case SDMA_POLL_REGMEM:
		return 6;
	case SDMA_ATOMIC:
		return 8;
	case SDMA_CONST_FILL:
		return header >> 30 == 2 ? 5 : 0; /* fills of dwords */
	case SDMA_TIMESTAMP:
		return sub == SDMA_TIMESTAMP_GET_GLOBAL ? 3 : 0;
	default:
		return 0;
	}
}

static enum sdma_result run_packet(
	struct cp_queue *q, const struct sdma_packet *p, struct cp_turn *turn)
{
	switch (p->dw[0] & 0xff) {
	case SDMA_COPY:
		return (p->dw[0] >> 8 & 0xff) == SDMA_COPY_LINEAR ? copy_linear(q, p, turn)
								  : copy_rect(q, p, turn);
	case SDMA_CONST_FILL:
		return const_fill(q, p, turn);
	case SDMA_POLL_REGMEM:
		return poll_regmem(q, p, turn);
	case SDMA_FENCE:
		return caught_up(q, turn) ? store(q, p) : SDMA_WAIT;
	case SDMA_ATOMIC:
		return caught_up(q, turn) ? add64(q, p) : SDMA_WAIT;
	case SDMA_TIMESTAMP:
		return caught_up(q, turn) ? timestamp(q, p) : SDMA_WAIT;
	case SDMA_TRAP:
		if (!caught_up(q, turn))
			return SDMA_WAIT;
		kfd_interrupt(p->dw[1] & 0xfffffff);
		return SDMA_DONE;
	default:
		return SDMA_DONE;
	}
}

/* The packet at the read pointer, gathered around the end of the ring. */
static bool load_packet(struct cp_queue *q, struct sdma_packet *p)
{
	p->dwords = 1;
	for (uint32_t i = 0; i < p->dwords && i < SDMA_PACKET_DWORDS; i++) {
		uint64_t va = q->ring_va + (q->sdma.read + i * 4) % q->ring_bytes;
		const uint32_t *from = gpuvm_host(q->gpu->index, va, 4, false);
		if (!from) {
			queue_fault(q, va, false);
			return false;
		}
		p->dw[i] = *from;
		if (!i)
			p->dwords = packet_dwords(p->dw[0]);
	}
	if (!p->dwords) {
		sim_log(SIM_LOG_ERROR,
			"SDMA queue %u: packet 0x%08x (opcode %u, sub-opcode %u) is not modelled; "
			"the "
			"queue stops",
			q->id, p->dw[0], p->dw[0] & 0xff, p->dw[0] >> 8 & 0xff);
		sim_count(&sim_stats.errors_packet, 1);
		q->halted = true;
		return false;
	}
	if (q->sdma.read + p->dwords * 4 > q->sdma.limit) {
		sim_log(SIM_LOG_ERROR,
			"SDMA queue %u: packet 0x%08x goes beyond the write pointer; the queue "
			"stops",
			q->id, p->dw[0]);
		sim_count(&sim_stats.errors_packet, 1);
		q->halted = true;
		return false;
	}
	return true;
}

int sdma_init(struct cp_queue *q)
{
	_Atomic uint64_t *read = gpuvm_host(q->gpu->index, q->rptr_va, sizeof(*read), true);

	if (!read)
		return -EFAULT;
	/* Relaxed: the runtime set it before it asked for the queue. */
	q->sdma.read = q->sdma.limit = atomic_load_explicit(read, memory_order_relaxed);
	return 0;
}

void sdma_doorbell(struct cp_queue *q, uint64_t now_ns)
{
	_Atomic uint64_t *write = gpuvm_host(q->gpu->index, q->wptr_va, sizeof(*write), false);

	if (!write) {
		queue_fault(q, q->wptr_va, false);
		return;
	}
	/* Acquire: pairs with the application's release; the packets below it are complete. */
	uint64_t limit = atomic_load_explicit(write, memory_order_acquire);
	if (limit <= q->sdma.limit)
		return;
	if (q->sdma.read == q->sdma.limit && q->sdma.clock_ns < now_ns)
		q->sdma.clock_ns = now_ns; /* it was idle */
	q->sdma.limit = limit;
}

void sdma_packets(struct cp_queue *q, struct cp_turn *turn)
{
	uint64_t begin = q->sdma.read;
	struct sdma_packet p;

	for (int n = 0; n < SDMA_TURN_PACKETS && q->sdma.read < q->sdma.limit; n++) {
		if (!load_packet(q, &p))
			break;
		enum sdma_result r = run_packet(q, &p, turn);
		if (r == SDMA_MORE)
			turn->progress = true;
		if (r != SDMA_DONE)
			break;
		q->sdma.read += (uint64_t)p.dwords * 4;
		q->sdma.done = 0;
		sim_count(&sim_stats.packets_sdma, 1);
	}
	if (q->sdma.read == begin)
		return;
	turn->progress = true;
	_Atomic uint64_t *read = gpuvm_host(q->gpu->index, q->rptr_va, sizeof(*read), true);
	if (!read) {
		queue_fault(q, q->rptr_va, true);
		return;
	}
	/* Release: the ring up to here may be overwritten. Pairs with the producer's load. */
	atomic_store_explicit(read, q->sdma.read, memory_order_release);
}
