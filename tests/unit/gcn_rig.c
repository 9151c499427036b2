/* SPDX-License-Identifier: MIT */
/* The tests' GPU; see gcn_rig.h. */
#include "gcn_rig.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = GCN_PAGE_BYTES, SCRATCH_WAVES = 16 };

static uint8_t *rig_page(void *ctx, uint64_t va, bool write)
{
	struct rig *r = ctx;

	for (unsigned i = 0; i < r->regions; i++) {
		struct rig_region *g = &r->region[i];

		if (va - g->va < g->bytes)
			return write && !g->writable ? NULL : g->host + (va - g->va) / PAGE * PAGE;
	}
	return NULL;
}

static void rig_interrupt(void *ctx, uint32_t event_id)
{
	struct rig *r = ctx;

	if (r->interrupt_count < sizeof(r->interrupts) / sizeof(r->interrupts[0]))
		r->interrupts[r->interrupt_count++] = event_id;
}

void rig_init(struct rig *r, enum gcn_isa isa)
{
	memset(r, 0, sizeof(*r));
	r->machine = (struct gcn_machine){
		.isa = isa,
		.ctx = r,
		.page = rig_page,
		.vm_generation = &r->generation,
		.interrupt = rig_interrupt,
		.shader_khz = 1700000,
		.realtime_khz = 100000,
		.lds_aperture = 1ull << 48,
		.scratch_aperture = 2ull << 48,
	};
	r->next_va = 0x7000000000;
	r->start_cycles = 1000;
	r->scratch_wave_bytes = 64 * 4096;
	r->scratch_va = rig_alloc(r, (size_t)r->scratch_wave_bytes * SCRATCH_WAVES);
}

void rig_fini(struct rig *r)
{
	for (unsigned i = 0; i < r->regions; i++)
		free(r->region[i].host);
	free((void *)(uintptr_t)r->elf);
}

uint64_t rig_alloc(struct rig *r, size_t bytes)
{
	struct rig_region *g = &r->region[r->regions];

	if (r->regions == sizeof(r->region) / sizeof(r->region[0]))
		abort();
	g->bytes = (bytes + PAGE - 1) / PAGE * PAGE;
	g->host = aligned_alloc(PAGE, g->bytes);
	if (!g->host)
		abort();
	memset(g->host, 0, g->bytes);
	g->writable = true;
	g->va = r->next_va;
	r->next_va += g->bytes + 16 * PAGE;
	r->regions++;
	return g->va;
}

void *rig_host(struct rig *r, uint64_t va)
{
	uint8_t *page = rig_page(r, va, false);

	return page ? page + va % PAGE : NULL;
}

void rig_protect(struct rig *r, uint64_t va)
{
	for (unsigned i = 0; i < r->regions; i++)
		if (va - r->region[i].va < r->region[i].bytes)
			r->region[i].writable = false;
	r->generation++;
}

uint64_t rig_code(struct rig *r, const uint32_t *words, size_t count)
{
	enum { ENTRY = 256 };
	uint64_t va = rig_alloc(r, ENTRY + count * 4);
	uint8_t *host = rig_host(r, va);
	int64_t entry = ENTRY;
	/* 64 VGPRs (and on gfx90a as many AGPRs), float denormals on; kernarg pointer in s[0:1], group id in s2. */
	uint32_t rsrc1 = 15 | 0xc0 << 12, rsrc2 = 2 << 1 | 1 << 7, rsrc3 = 15;
	uint16_t properties = 1 << 3;

	if (r->machine.isa == GCN_ISA_GFX906)
		rsrc3 = 0;
	memcpy(host + 16, &entry, 8);
	memcpy(host + 44, &rsrc3, 4);
	memcpy(host + 48, &rsrc1, 4);
	memcpy(host + 52, &rsrc2, 4);
	memcpy(host + 56, &properties, 2);
	memcpy(host + ENTRY, words, count * 4);
	return va;
}

static const Elf64_Shdr *sections(const struct rig *r, unsigned *count_p)
{
	const Elf64_Ehdr *e = (const void *)r->elf;

	*count_p = e->e_shnum;
	return (const void *)(r->elf + e->e_shoff);
}

static void relocate(struct rig *r)
{
	enum { R_AMDGPU_ABS64 = 3, R_AMDGPU_RELATIVE64 = 13 };
	unsigned count;
	const Elf64_Shdr *s = sections(r, &count);

	for (unsigned i = 0; i < count; i++) {
		if (s[i].sh_type != SHT_RELA)
			continue;
		const Elf64_Rela *rela = (const void *)(r->elf + s[i].sh_offset);
		const Elf64_Sym *symbols = (const void *)(r->elf + s[s[i].sh_link].sh_offset);

		for (size_t j = 0; j < s[i].sh_size / sizeof(*rela); j++) {
			uint64_t value = r->code_va + (uint64_t)rela[j].r_addend;

			if (ELF64_R_TYPE(rela[j].r_info) == R_AMDGPU_ABS64)
				value += symbols[ELF64_R_SYM(rela[j].r_info)].st_value;
			else if (ELF64_R_TYPE(rela[j].r_info) != R_AMDGPU_RELATIVE64)
				abort();
			memcpy(rig_host(r, r->code_va + rela[j].r_offset), &value, 8);
		}
	}
}

bool rig_load(struct rig *r, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = 0;

	if (!f)
		return false;
	if (!fseek(f, 0, SEEK_END))
		size = ftell(f);
	rewind(f);
	data = size > 0 ? malloc((size_t)size) : NULL;
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size) {
		free(data);
		fclose(f);
		return false;
	}
	fclose(f);
	r->elf = data;
	r->elf_bytes = (size_t)size;

	const Elf64_Ehdr *e = (const void *)data;
	const Elf64_Phdr *p = (const void *)(data + e->e_phoff);
	uint64_t end = 0;

	for (unsigned i = 0; i < e->e_phnum; i++)
		if (p[i].p_type == PT_LOAD && p[i].p_vaddr + p[i].p_memsz > end)
			end = p[i].p_vaddr + p[i].p_memsz;
	r->code_va = rig_alloc(r, end);
	uint8_t *host = rig_host(r, r->code_va);
	for (unsigned i = 0; i < e->e_phnum; i++)
		if (p[i].p_type == PT_LOAD)
			memcpy(host + p[i].p_vaddr, data + p[i].p_offset, p[i].p_filesz);
	relocate(r);
	return true;
}

uint64_t rig_kernel(const struct rig *r, const char *name)
{
	char wanted[128];
	unsigned count;
	const Elf64_Shdr *s = sections(r, &count);

	snprintf(wanted, sizeof(wanted), "%s.kd", name);
	for (unsigned i = 0; i < count; i++) {
		if (s[i].sh_type != SHT_DYNSYM)
			continue;
		const Elf64_Sym *symbol = (const void *)(r->elf + s[i].sh_offset);
		const char *names = (const char *)r->elf + s[s[i].sh_link].sh_offset;

		for (size_t j = 0; j < s[i].sh_size / sizeof(*symbol); j++)
			if (!strcmp(names + symbol[j].st_name, wanted))
				return r->code_va + symbol[j].st_value;
	}
	fprintf(stderr, "no kernel %s\n", name);
	abort();
}

/* As the runtime describes the private segment to a queue: swizzled, dword elements over 64 lanes. */
static void scratch_resource(const struct rig *r, uint32_t rsrc[4])
{
	rsrc[0] = (uint32_t)r->scratch_va;
	rsrc[1] = (uint32_t)(r->scratch_va >> 32) | 1u << 31;
	rsrc[2] = r->scratch_wave_bytes * SCRATCH_WAVES;
	rsrc[3] = 4 | 5 << 3 | 6 << 6 | 7 << 9 | 4 << 12 | 4 << 15 | 1 << 19 | 3 << 21 | 1 << 23;
}

enum gcn_stop rig_run(struct rig *r, const struct rig_launch *l)
{
	uint64_t packet = rig_alloc(r, 64), kernarg = rig_alloc(r, 4096);
	uint8_t *host = rig_host(r, packet);
	enum gcn_stop stop = GCN_STOP_DONE;
	struct gcn_dispatch d = {
		.machine = &r->machine,
		.packet_va = packet,
		.kernarg_va = kernarg,
		.kernel_object = l->kernel,
		.group_segment_bytes = l->lds_bytes,
		.private_segment_bytes = r->scratch_wave_bytes / 64,
		.scratch_va = r->scratch_va,
		.scratch_wave_bytes = r->scratch_wave_bytes,
	};
	uint32_t groups[3], id[3];

	scratch_resource(r, d.scratch_rsrc);
	for (unsigned i = 0; i < 3; i++) {
		d.grid_size[i] = l->grid[i] ? l->grid[i] : 1;
		d.group_size[i] = l->group[i] ? l->group[i] : 1;
		groups[i] = (d.grid_size[i] + d.group_size[i] - 1) / d.group_size[i];
	}
	memcpy(host + 4, d.group_size, 6);
	memcpy(host + 12, d.grid_size, 12);
	if (l->arg_bytes)
		memcpy(rig_host(r, kernarg), l->args, l->arg_bytes);
	r->instructions = 0;
	r->cycles = 0;
	if (gcn_dispatch_init(&d, &r->fault))
		return GCN_STOP_FAULT;
	if (!d.group_segment_bytes) {
		/* The kernel's own static LDS, as the runtime adds it to the packet. */
		memcpy(&d.group_segment_bytes, rig_host(r, l->kernel), 4);
	}
	for (id[2] = 0; id[2] < groups[2] && stop == GCN_STOP_DONE; id[2]++)
		for (id[1] = 0; id[1] < groups[1] && stop == GCN_STOP_DONE; id[1]++)
			for (id[0] = 0; id[0] < groups[0] && stop == GCN_STOP_DONE; id[0]++) {
				struct gcn_group *g = gcn_group_new(&d, id, 0, r->start_cycles);

				do
					stop = gcn_group_run(g, l->budget ? l->budget : UINT32_MAX, &r->fault);
				while (stop == GCN_STOP_SLICE);
				r->instructions += gcn_group_instructions(g);
				if (gcn_group_cycles(g) > r->cycles)
					r->cycles = gcn_group_cycles(g);
				gcn_group_free(g);
			}
	/* Packet and arguments were for this launch only. */
	for (unsigned i = 0; i < 2; i++)
		free(r->region[--r->regions].host);
	r->generation++;
	return stop;
}
