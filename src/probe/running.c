/* SPDX-License-Identifier: MIT */
/* The kernel that is suspended; see running.h. */
#include "src/probe/running.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "src/probe/running.inc"

/* GPUs that run the images, and their numbers in e_flags. Source: LLVM, "User Guide for AMDGPU Backend", EF_AMDGPU_MACH. */
#define MACH_MASK 0xffu
static const struct target {
	const char *name;
	const uint8_t *image;
	size_t bytes;
	uint32_t mach;
} targets[] = {
	{"gfx906", gfx906_image, sizeof(gfx906_image), 0x2f},
	{"gfx908", gfx906_image, sizeof(gfx906_image), 0x30},
	{"gfx90a", gfx90a_image, sizeof(gfx90a_image), 0x3f},
	{"gfx940", gfx90a_image, sizeof(gfx90a_image), 0x40},
	{"gfx941", gfx90a_image, sizeof(gfx90a_image), 0x4b},
	{"gfx942", gfx90a_image, sizeof(gfx90a_image), 0x4c},
	{"gfx950", gfx90a_image, sizeof(gfx90a_image), 0x4f},
};

static const struct target *target_find(const char *name)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (!strcmp(targets[i].name, name))
			return &targets[i];
	return NULL;
}

int running_load(hsa_agent_t agent, const char *agent_name, struct running *r_p)
{
	const struct target *t = target_find(agent_name);
	/* The runtime may read it as long as it is loaded; one at a time is. */
	static _Alignas(64) uint8_t image[sizeof(gfx90a_image) > sizeof(gfx906_image) ? sizeof(gfx90a_image) : sizeof(gfx906_image)];
	hsa_code_object_reader_t reader;
	hsa_executable_symbol_t symbol;
	struct running r = {0};
	Elf64_Ehdr head;

	if (!t)
		return -ENOENT;
	memcpy(image, t->image, t->bytes);
	memcpy(&head, image, sizeof(head));
	head.e_flags = (head.e_flags & ~MACH_MASK) | t->mach;
	memcpy(image, &head, sizeof(head));
	if (hsa_code_object_reader_create_from_memory(image, t->bytes, &reader))
		return -EIO;
	int error = -EIO;
	if (!hsa_executable_create_alt(HSA_PROFILE_FULL, HSA_DEFAULT_FLOAT_ROUNDING_MODE_DEFAULT, NULL, &r.executable)) {
		if (!hsa_executable_load_agent_code_object(r.executable, agent, reader, NULL, NULL) &&
			!hsa_executable_freeze(r.executable, NULL) &&
			!hsa_executable_get_symbol_by_name(r.executable, "running.kd", &agent, &symbol) &&
			!hsa_executable_symbol_get_info(symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_OBJECT, &r.object))
			error = 0;
		else
			hsa_executable_destroy(r.executable);
	}
	hsa_code_object_reader_destroy(reader);
	if (!error)
		*r_p = r;
	return error;
}

void running_unload(struct running *r)
{
	if (r->object)
		hsa_executable_destroy(r->executable);
	r->object = 0;
}

void running_put(const struct running *r, hsa_queue_t *q, uint32_t cus, hsa_signal_t completion)
{
	uint64_t index = hsa_queue_add_write_index_scacq_screl(q, 1);
	hsa_kernel_dispatch_packet_t *p = (hsa_kernel_dispatch_packet_t *)q->base_address + index % q->size;
	uint16_t header = HSA_PACKET_TYPE_KERNEL_DISPATCH << HSA_PACKET_HEADER_TYPE | 1 << HSA_PACKET_HEADER_BARRIER |
		HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCACQUIRE_FENCE_SCOPE;

	memset((char *)p + sizeof(p->header), 0, sizeof(*p) - sizeof(p->header));
	p->setup = 1;
	p->workgroup_size_x = 64;
	p->workgroup_size_y = p->workgroup_size_z = 1;
	p->grid_size_x = 64 * cus;
	p->grid_size_y = p->grid_size_z = 1;
	p->kernel_object = r->object;
	p->completion_signal = completion;
	/* The body first; its partner is the packet processor. */
	__atomic_store_n(&p->header, header, __ATOMIC_RELEASE);
	hsa_signal_store_screlease(q->doorbell_signal, (hsa_signal_value_t)index);
}
