/* SPDX-License-Identifier: MIT */
/*
 * Finds the ELF header that was loaded in front of a kernel descriptor, and in its dynamic symbols
 * the one that names the descriptor ("NAME.kd"). Source: AMDGPUUsage, "Code Object V3 and Above";
 * System V ABI, dynamic section.
 */
#include "sim/cp/kernel_name.h"

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sim/gcn/gcn.h"
#include "sim/kfd/gpuvm.h"

#define SEARCH_PAGES                                                                               \
	16384 /* 64 MiB: the descriptors of large code objects lie far behind the header */
#define SYMBOLS_MAX 65536

static bool vm_read(uint32_t gpu, uint64_t va, void *out, size_t bytes)
{
	uint8_t *to = out;

	while (bytes) {
		size_t offset = va % GCN_PAGE_BYTES;
		size_t n = GCN_PAGE_BYTES - offset < bytes ? GCN_PAGE_BYTES - offset : bytes;
		const uint8_t *page = gpuvm_page(gpu, va, false);
		if (!page)
			return false;
		memcpy(to, page + offset, n);
		to += n;
		va += n;
		bytes -= n;
	}
	return true;
}

static bool find_header(uint32_t gpu, uint64_t object, uint64_t *base_p, Elf64_Ehdr *header)
{
	uint64_t va = object & ~(uint64_t)(GCN_PAGE_BYTES - 1);

	for (int i = 0; i < SEARCH_PAGES; i++, va -= GCN_PAGE_BYTES) {
		if (!vm_read(gpu, va, header, sizeof(*header)))
			return false;
		if (!memcmp(header->e_ident, ELFMAG, SELFMAG)) {
			*base_p = va;
			return header->e_ident[EI_CLASS] == ELFCLASS64 &&
			       header->e_phentsize == sizeof(Elf64_Phdr);
		}
	}
	return false;
}

static bool find_dynamic(uint32_t gpu, uint64_t base, const Elf64_Ehdr *header, uint64_t *symbols_p,
	uint64_t *strings_p)
{
	Elf64_Phdr segment;
	Elf64_Dyn entry;
	uint64_t va = 0, symbols = 0, strings = 0;

	for (int i = 0; i < header->e_phnum && !va; i++) {
		if (!vm_read(gpu, base + header->e_phoff + (uint64_t)i * sizeof(segment), &segment,
			    sizeof(segment)))
			return false;
		if (segment.p_type == PT_DYNAMIC)
			va = base + segment.p_vaddr;
	}
	for (int i = 0; va && i < 64; i++) {
		if (!vm_read(gpu, va + (uint64_t)i * sizeof(entry), &entry, sizeof(entry)) ||
			entry.d_tag == DT_NULL)
			break;
		/* Loaders may or may not have relocated these. */
		uint64_t address =
			entry.d_un.d_ptr < base ? base + entry.d_un.d_ptr : entry.d_un.d_ptr;
		if (entry.d_tag == DT_SYMTAB)
			symbols = address;
		else if (entry.d_tag == DT_STRTAB)
			strings = address;
	}
	*symbols_p = symbols;
	*strings_p = strings;
	return symbols && strings;
}

void kernel_name(uint32_t gpu, uint64_t object, char *text, size_t bytes)
{
	uint64_t base, symbols, strings;
	Elf64_Ehdr header;
	Elf64_Sym symbol;

	snprintf(text, bytes, "object 0x%llx", (unsigned long long)object);
	if (!find_header(gpu, object, &base, &header) ||
		!find_dynamic(gpu, base, &header, &symbols, &strings))
		return;
	/* The string table follows the symbol table in what lld writes; in any case the count is
	 * bounded. */
	for (uint64_t i = 1; i < SYMBOLS_MAX; i++) {
		if (strings > symbols && symbols + i * sizeof(symbol) >= strings)
			return;
		if (!vm_read(gpu, symbols + i * sizeof(symbol), &symbol, sizeof(symbol)))
			return;
		if (base + symbol.st_value != object || ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT)
			continue;
		size_t n = 0;
		while (n + 1 < bytes && vm_read(gpu, strings + symbol.st_name + n, text + n, 1) &&
			text[n])
			n++;
		text[n] = '\0';
		if (n > 3 && !strcmp(text + n - 3, ".kd"))
			text[n - 3] = '\0';
		return;
	}
}
