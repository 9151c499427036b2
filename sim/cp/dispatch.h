/* SPDX-License-Identifier: MIT */
/* One kernel launch in flight. Written and read under the engine lock. */
#ifndef SIM_CP_DISPATCH_H
#define SIM_CP_DISPATCH_H

#include <hsa/hsa.h>

#include "sim/cp/engine.h"

struct cp_dispatch {
	struct gcn_dispatch gcn; /* borrowed by its groups */
	struct cu_need need;	 /* of one group */
	uint32_t groups[3];
	uint32_t next_id[3];	       /* of the next group to be placed */
	uint64_t total, placed, ended; /* groups */
	uint64_t start_cycles;
	uint64_t end_cycles;	  /* latest end of an ended group */
	uint64_t units;		  /* of CUs that one group takes (SHARE_CU_UNITS) */
	uint64_t state_bytes;	  /* of one group, as a context save writes it */
	uint64_t declared_cycles; /* its groups take that long and execute nothing; 0: they execute
				   */
	bool scratch;
};

/**
 * dispatch_new() - decode a dispatch packet
 * @index:    packet index in the queue
 * @p:        the packet in the ring; stays there until the dispatch has ended
 * @start_ns: modelled start
 * Return: 0; a positive QUEUE_ERROR_*, QUEUE_ERROR_SCRATCH among them; -ENOMEM; -EFAULT when the
 * kernel descriptor is not mapped, its address is then in @fault_va_p. *@d_p is freed by
 * dispatch_free(). Source: HSA Platform System Architecture 1.2, 2.9.6; ROCr 5.2.3,
 * AqlQueue::InitScratchSRD (scratch fields).
 */
int dispatch_new(struct cp_queue *q, uint64_t index, const hsa_kernel_dispatch_packet_t *p,
	uint64_t start_ns, struct cp_dispatch **d_p, uint64_t *fault_va_p);
void dispatch_free(struct cp_dispatch *d);

#endif
