/* SPDX-License-Identifier: MIT */
/*
 * The copy engine of an SDMA queue. The ring and the write pointer (both in bytes, the pointers
 * monotonic) are written by the application; the read pointer is written here.
 */
#ifndef SIM_CP_SDMA_H
#define SIM_CP_SDMA_H

#include "sim/cp/engine.h"

/* Modelled copy bandwidth: what a PCIe 4.0 x16 link carries. */
#define SDMA_BYTES_PER_NS 25u

/** sdma_init() - a new queue: takes the read pointer from memory. Return: 0; -EFAULT. */
int sdma_init(struct cp_queue *q);
/** sdma_doorbell() - it rang, or the queue was mapped: read the write pointer */
void sdma_doorbell(struct cp_queue *q, uint64_t now_ns);
/**
 * sdma_packets() - execute packets up to the write pointer as of the last doorbell
 *
 * An unknown packet stops the queue with a message that names its opcode.
 * Source: ROCr 5.2.3 to 6.2.4, sdma_registers.h; vega10_sdma_pkt_open.h of the amdgpu kernel
 * driver.
 */
void sdma_packets(struct cp_queue *q, struct cp_turn *turn);

#endif
