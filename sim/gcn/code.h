/* SPDX-License-Identifier: MIT */
/*
 * Decoded code, kept per thread and per 4 KiB page of GPU memory: written and read by the thread that steps a group.
 */
#ifndef SIM_GCN_CODE_H
#define SIM_GCN_CODE_H

#include "sim/gcn/wave.h"

#define GCN_PAGE_DWORDS (GCN_PAGE_BYTES / 4)

/**
 * struct gcn_code_page - the instructions that start in one page
 * @inst: by dword offset; dwords 0 means not decoded yet
 */
struct gcn_code_page {
	struct gcn_code_page *next;
	const struct gcn_machine *machine;
	uint64_t va;
	uint64_t checked; /* epoch in which words was last compared with memory */
	unsigned word_count; /* how many of words are mapped: an instruction may reach into the next page */
	uint32_t words[GCN_PAGE_DWORDS + 2];
	struct gcn_inst inst[GCN_PAGE_DWORDS];
};

/**
 * gcn_code_page() - the page that holds @va, its words checked against memory once per epoch
 * Return: NULL when @va is not mapped or memory is exhausted. Valid until this thread calls again in a later epoch.
 */
struct gcn_code_page *gcn_code_page(const struct gcn_machine *machine, uint64_t va, uint64_t epoch);
/** gcn_code_epoch() - changes with gcn_code_invalidate() and with the machine's mappings */
uint64_t gcn_code_epoch(const struct gcn_machine *machine);
/**
 * gcn_code_inst() - decode the instruction at dword @index of @page, if it was not yet
 * Return: NULL when the encoding means nothing (its first dword is in @page) or reaches into unmapped memory.
 */
const struct gcn_inst *gcn_code_inst(struct gcn_code_page *page, unsigned index);

#endif
