/* SPDX-License-Identifier: MIT */
/*
 * Layout of AQL packets as far as the library looks at them. Producers (the application) write packets; the gate reads their
 * headers; the packet processor consumes them and marks the slot INVALID.
 * Source: HSA Platform System Architecture 1.2, section 2.9; hsa.h.
 */
#ifndef AQL_PACKET_H
#define AQL_PACKET_H

#include <assert.h>
#include <stdint.h>

#define AQL_PACKET_BYTES 64u

enum aql_packet_type {
	AQL_PACKET_VENDOR = 0, /* a zeroed header is of this type, and valid */
	AQL_PACKET_INVALID = 1,
	AQL_PACKET_DISPATCH = 2,
	AQL_PACKET_BARRIER_AND = 3,
	AQL_PACKET_AGENT = 4,
	AQL_PACKET_BARRIER_OR = 5,
};

/* Header bits 0..7: type; 8: barrier; 9..10: acquire scope; 11..12: release scope. */
#define AQL_HEADER_TYPE(header)    ((enum aql_packet_type)((header)&0xff))
#define AQL_HEADER_BARRIER(header) (((header) >> 8) & 1)
#define AQL_HEADER_BARRIER_BIT     (1u << 8)

/* Every packet the processors know ends in its completion signal. */
struct aql_packet {
	uint16_t header;
	uint16_t setup; /* dispatch: dimensions; AMD vendor packet: format in the low byte */
	uint32_t body[13];
	uint64_t completion_signal;
};
static_assert(sizeof(struct aql_packet) == AQL_PACKET_BYTES, "an AQL packet is 64 bytes");

#endif
