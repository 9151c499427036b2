/* SPDX-License-Identifier: MIT */
/* Completion of signals and reports of queue errors; see signal.h. */
#include "sim/cp/signal.h"

#include <errno.h>
#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>
#include <stddef.h>

#include "kfd_ioctl.h"
#include "sim/common/log.h"
#include "sim/common/stats.h"
#include "sim/kfd/event.h"
#include "sim/kfd/exception.h"
#include "sim/kfd/gpuvm.h"

_Static_assert(offsetof(amd_queue_t, write_dispatch_id) == 0x38, "amd_queue_t");
_Static_assert(offsetof(amd_queue_t, read_dispatch_id) == 0x80, "amd_queue_t");
_Static_assert(offsetof(amd_signal_t, event_mailbox_ptr) == 0x10, "amd_signal_t");
_Static_assert(sizeof(amd_signal_t) == 64, "amd_signal_t");

static void signal_event(struct cp_queue *q, uint64_t mailbox_va, uint32_t event_id)
{
	if (!mailbox_va)
		return;
	_Atomic uint64_t *mailbox = gpuvm_host(q->gpu->index, mailbox_va, sizeof(*mailbox), true);
	if (mailbox) {
		/* Release: whoever sees the mailbox sees the signal's value. Pairs with the
		 * driver's acquire when it looks for what was signalled. */
		atomic_store_explicit(mailbox, event_id, memory_order_release);
	}
	kfd_interrupt(event_id);
}

int signal_complete(struct cp_queue *q, uint64_t handle, uint64_t start_ns, uint64_t end_ns)
{
	if (!handle)
		return 0;
	amd_signal_t *s = gpuvm_host(q->gpu->index, handle, sizeof(*s), true);
	if (!s)
		return -EFAULT;
	/* All of it is read before the decrement: a waiter may destroy the signal right after. */
	uint64_t mailbox = s->event_mailbox_ptr;
	uint32_t event_id = s->event_id;
	amd_queue_t *aq = gpuvm_host(q->gpu->index,
		q->rptr_va - offsetof(amd_queue_t, read_dispatch_id), sizeof(*aq), false);
	if (aq && (aq->queue_properties & AMD_QUEUE_PROPERTIES_ENABLE_PROFILING)) {
		s->start_ts = kfd_gpu_counter(q->gpu->index, start_ns);
		s->end_ts = kfd_gpu_counter(q->gpu->index, end_ns);
	}
	/* Release: what the packet wrote is visible to whoever sees the new value. Pairs with the
	 * acquire of hsa_signal_wait() and of other queues' barriers. */
	atomic_fetch_sub_explicit((_Atomic int64_t *)&s->value, 1, memory_order_release);
	sim_count(&sim_stats.signals, 1);
	signal_event(q, mailbox, event_id);
	return 0;
}

int signal_store(struct cp_queue *q, uint64_t handle, int64_t value)
{
	amd_signal_t *s = gpuvm_host(q->gpu->index, handle, sizeof(*s), true);

	if (!s)
		return -EFAULT;
	uint64_t mailbox = s->event_mailbox_ptr;
	uint32_t event_id = s->event_id;
	/* Release: pairs with the acquire of the runtime's wait. */
	atomic_store_explicit((_Atomic int64_t *)&s->value, value, memory_order_release);
	signal_event(q, mailbox, event_id);
	return 0;
}

int signal_load(struct cp_queue *q, uint64_t handle, int64_t *value_p)
{
	amd_signal_t *s = gpuvm_host(q->gpu->index, handle, sizeof(*s), false);

	if (!s)
		return -EFAULT;
	/* Acquire: pairs with the release of whoever completes the dependency. */
	*value_p = atomic_load_explicit((_Atomic int64_t *)&s->value, memory_order_acquire);
	return 0;
}

static const struct {
	int64_t error;
	uint32_t exception;
	const char *text;
} queue_errors[] = {
	{QUEUE_ERROR_DIM, EC_QUEUE_PACKET_DISPATCH_DIM_INVALID, "invalid dispatch dimensions"},
	{QUEUE_ERROR_GROUP_MEMORY, EC_QUEUE_PACKET_DISPATCH_GROUP_SEGMENT_SIZE_INVALID,
		"more group memory than a compute unit has"},
	{QUEUE_ERROR_CODE, EC_QUEUE_PACKET_DISPATCH_CODE_INVALID, "invalid kernel object"},
	{QUEUE_ERROR_PACKET, EC_QUEUE_PACKET_UNSUPPORTED, "malformed packet"},
	{QUEUE_ERROR_GROUP_SIZE, EC_QUEUE_PACKET_DISPATCH_WORK_GROUP_SIZE_INVALID,
		"workgroup too large"},
	{QUEUE_ERROR_REGISTERS, EC_QUEUE_PACKET_DISPATCH_REGISTER_INVALID,
		"more registers than a compute unit has"},
	{QUEUE_ERROR_VENDOR_PACKET, EC_QUEUE_PACKET_VENDOR_UNSUPPORTED,
		"unsupported vendor packet"},
	{QUEUE_ERROR_APERTURE, EC_QUEUE_WAVE_APERTURE_VIOLATION, "aperture violation"},
	{QUEUE_ERROR_ILLEGAL_INSTRUCTION, EC_QUEUE_WAVE_ILLEGAL_INSTRUCTION, "illegal instruction"},
	{QUEUE_ERROR_TRAP, EC_QUEUE_WAVE_ABORT, "trap"},
};

/* To a debugger that wants it; else through the save area's header, if the runtime gave an address and an event there. */
static bool report_exception(struct cp_queue *q, uint32_t exception)
{
	if (kfd_queue_exception(q->id, KFD_EC_MASK(exception)))
		return true;

	struct kfd_context_save_area_header *header =
		q->save_va ? gpuvm_host(q->gpu->index, q->save_va, sizeof(*header), false) : NULL;

	if (!header || !header->err_payload_addr)
		return false;
	_Atomic uint64_t *payload = (_Atomic uint64_t *)(uintptr_t)header->err_payload_addr;
	/* Release: pairs with the acquire of the runtime's exception handler. */
	atomic_fetch_or_explicit(payload, UINT64_C(1) << (exception - 1), memory_order_release);
	kfd_event_raise(header->err_event_id);
	return true;
}

void queue_stop(struct cp_queue *q, int64_t code)
{
	q->halted = true;
	for (size_t i = 0; i < sizeof(queue_errors) / sizeof(queue_errors[0]); i++) {
		if (queue_errors[i].error != code)
			continue;
		sim_log(SIM_LOG_INFO, "queue %u stops: %s", q->id, queue_errors[i].text);
		if (report_exception(q, queue_errors[i].exception))
			return;
	}
	if (q->type != CP_QUEUE_AQL)
		return;
	amd_queue_t *aq = gpuvm_host(q->gpu->index,
		q->rptr_va - offsetof(amd_queue_t, read_dispatch_id), sizeof(*aq), false);
	if (!aq || !aq->queue_inactive_signal.handle ||
		signal_store(q, aq->queue_inactive_signal.handle, code) < 0)
		sim_log(SIM_LOG_ERROR,
			"queue %u stopped (code 0x%llx), and its queue_inactive_signal is not "
			"mapped: the program cannot learn of it",
			q->id, (unsigned long long)code);
}

void queue_fault(struct cp_queue *q, uint64_t va, bool write)
{
	q->halted = true;
	sim_log(SIM_LOG_INFO, "queue %u stops: memory access fault, %s at 0x%llx", q->id,
		write ? "write" : "read", (unsigned long long)va);
	kfd_vm_fault(q->gpu->index, va, write);
}
