/* SPDX-License-Identifier: MIT */
/* Slots of loaded objects: found in good ones, nothing read outside of bad ones, watched and given back in real ones. */
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/cwsr/got.h"

/* ---- an object made by hand: one segment between pages that cannot be touched ---- */

enum { SYMBOLS = 3 };

struct image {
	ElfW(Dyn) dynamic[12];
	ElfW(Sym) symbols[SYMBOLS];
	ElfW(Rela) jump[2], other[2];
	char strings[32];
	uintptr_t slots[4];
};

static struct image *image; /* at the end of its page */
static uint8_t *page;
static ElfW(Phdr) phdr[3];
static struct got_object object;

#define ADDRESS(member) ((uintptr_t)&image->member - object.base)

static void image_build(void)
{
	size_t n = 0;
	const ElfW(Dyn) dynamic[] = {
		{DT_SYMTAB, {ADDRESS(symbols)}}, {DT_STRTAB, {ADDRESS(strings)}}, {DT_STRSZ, {sizeof(image->strings)}},
		{DT_SYMENT, {sizeof(ElfW(Sym))}}, {DT_JMPREL, {ADDRESS(jump)}}, {DT_PLTRELSZ, {sizeof(image->jump)}},
		{DT_PLTREL, {DT_RELA}}, {DT_RELA, {ADDRESS(other)}}, {DT_RELASZ, {sizeof(image->other)}},
		{DT_RELAENT, {sizeof(ElfW(Rela))}}, {DT_NULL, {0}}};

	memset(page, 0, 4096);
	memcpy(image->dynamic, dynamic, sizeof(dynamic));
	memcpy(image->strings, "\0ioctl\0ioctl2\0xioctl", 21);
	image->symbols[0].st_name = 7;
	image->symbols[1].st_name = 1;
	image->symbols[2].st_name = 14;
	for (n = 0; n < 2; n++) {
		image->jump[n] = (ElfW(Rela)){ADDRESS(slots[n]), ELF64_R_INFO(n, R_X86_64_JUMP_SLOT), 0};
		image->other[n] = (ElfW(Rela)){ADDRESS(slots[n + 2]), ELF64_R_INFO(1 + n, R_X86_64_GLOB_DAT), 0};
	}
}

static int image_setup(void **state)
{
	uint8_t *memory = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	page = memory + 4096;
	assert_int_equal(mprotect(page, 4096, PROT_READ | PROT_WRITE), 0);
	object = (struct got_object){(uintptr_t)page - 0x10000, phdr, 3};
	image = (struct image *)(void *)(page + 4096 - sizeof(struct image));
	phdr[0] = (ElfW(Phdr)){.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = 0x10000, .p_memsz = 4096};
	phdr[1] = (ElfW(Phdr)){.p_type = PT_DYNAMIC, .p_vaddr = ADDRESS(dynamic), .p_memsz = sizeof(image->dynamic)};
	phdr[2] = (ElfW(Phdr)){.p_type = PT_NULL};
	image_build();
	return 0;
}

static int image_teardown(void **state)
{
	return munmap(page - 4096, 3 * 4096);
}

static void slots_of_both_kinds_are_found(void **state)
{
	struct got_slot slots[4] = {{0}};

	assert_int_equal(got_find(&object, "ioctl", slots, 4), 2);
	assert_ptr_equal(slots[0].address, &image->slots[1]);
	assert_ptr_equal(slots[1].address, &image->slots[2]);
	assert_int_equal(slots[0].protection, PROT_READ | PROT_WRITE);
	assert_int_equal(got_find(&object, "ioctl", slots, 1), 2);
	assert_int_equal(got_find(&object, "open", slots, 4), 0);
	/* As a loader leaves it that relocates the dynamic section. */
	for (size_t i = 0; i < 12; i++)
		if (image->dynamic[i].d_tag == DT_SYMTAB || image->dynamic[i].d_tag == DT_STRTAB ||
			image->dynamic[i].d_tag == DT_JMPREL || image->dynamic[i].d_tag == DT_RELA)
			image->dynamic[i].d_un.d_ptr += object.base;
	assert_int_equal(got_find(&object, "ioctl", slots, 4), 2);
}

static void slots_that_the_loader_protects_are_written_and_protected_again(void **state)
{
	struct got_slot slot;

	phdr[2] = (ElfW(Phdr)){.p_type = PT_GNU_RELRO, .p_flags = PF_R, .p_vaddr = 0x10000, .p_memsz = 4096};
	image->slots[1] = 1;
	mprotect(page, 4096, PROT_READ);
	assert_int_equal(got_find(&object, "ioctl", &slot, 1), 2);
	assert_int_equal(slot.protection, PROT_READ);
	assert_int_equal(got_write(&slot, 2, 3), -EEXIST);
	assert_int_equal(got_write(&slot, 1, 3), 0);
	assert_int_equal(image->slots[1], 3);
	/* A pipe is read into protected memory: the kernel says whether it is. */
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(read(fds[0], &image->slots[1], 1), -1);
	assert_int_equal(errno, EFAULT);
	close(fds[0]);
	close(fds[1]);
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void a_slot_outside_of_writable_memory_is_refused(void **state)
{
	struct got_slot slot;

	image->jump[1].r_offset = 0x11000 - 4;
	assert_int_equal(got_find(&object, "ioctl", &slot, 1), -ENOEXEC);
	image->jump[1].r_offset = ADDRESS(slots[1]) + 1;
	assert_int_equal(got_find(&object, "ioctl", &slot, 1), -ENOEXEC);
	image_build();
	phdr[0].p_flags = PF_R;
	assert_int_equal(got_find(&object, "ioctl", &slot, 1), -ENOEXEC);
}

static void an_object_without_symbols_or_strings_is_refused(void **state)
{
	struct got_slot slot;

	for (size_t i = 0; i < 3; i++) {
		image_build();
		image->dynamic[i].d_tag = DT_DEBUG;
		assert_int_equal(got_find(&object, "ioctl", &slot, 1), -ENOEXEC);
	}
	image_build();
	image->dynamic[3].d_un.d_val = 16;
	assert_int_equal(got_find(&object, "ioctl", &slot, 1), -ENOEXEC);
	image_build();
	phdr[1].p_memsz = UINT64_MAX / 2;
	assert_int_equal(got_find(&object, "ioctl", &slot, 1), -ENOEXEC);
	phdr[1].p_type = PT_NOTE;
	assert_int_equal(got_find(&object, "ioctl", &slot, 1), -ENOEXEC);
}

/* Every word of the object takes every value that could lead out of it. The pages around tell. */
static void nothing_is_read_outside_of_a_broken_object(void **state)
{
	const uintptr_t end = object.base + 0x11000;
	const uint64_t values[] = {0, 1, 7, 0x7fffffff, UINT32_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX - 7, 4096, 4095, 0x10000,
		0x11000, 0x10ff8, 0x10fff, end, end - 1, end - 8, end - 24, object.base, sizeof(struct image),
		ELF64_R_INFO(UINT32_MAX, R_X86_64_JUMP_SLOT), ELF64_R_INFO(1000, R_X86_64_GLOB_DAT), DT_SYMTAB, DT_STRTAB,
		DT_STRSZ, DT_JMPREL, DT_PLTRELSZ, DT_RELA, DT_RELASZ};
	struct got_slot slots[4];

	for (size_t word = 0; word < sizeof(struct image) / 8; word++)
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			image_build();
			memcpy((uint8_t *)image + word * 8, &values[v], 8);
			int n = got_find(&object, "ioctl", slots, 4);
			assert_true(n == -ENOEXEC || (n >= 0 && n <= 8));
			for (int i = 0; i < n && i < 4; i++)
				assert_true(slots[i].address >= (uintptr_t)page && slots[i].address <= end - 8);
		}
	for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
		image_build();
		phdr[1].p_vaddr = values[v];
		got_find(&object, "ioctl", slots, 4);
		phdr[1].p_vaddr = ADDRESS(dynamic);
		phdr[1].p_memsz = values[v];
		got_find(&object, "ioctl", slots, 4);
		phdr[1].p_memsz = sizeof(image->dynamic);
	}
}

/* ---- real objects ---- */

static int watched;

static int watch(got_ioctl_fn next, int fd, unsigned long request, void *arg)
{
	watched++;
	return next(fd, request, arg);
}

static int own_ioctl(int fd, unsigned long request, ...)
{
	return 4711;
}

typedef int (*call_fn)(int fd, int *out);

static void the_runtimes_ioctls_are_watched_and_given_back(void **state)
{
	/* One bound at load, one on its first call, as ROCr was linked at different times. */
	static const char *const paths[] = {GOT_OBJECTS "/libhsakmt.so", GOT_OBJECTS "/libhsa-runtime64.so"};
	call_fn call[2];
	int fds[2], bytes = -1, slots;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "four", 4), 4);
	assert_int_equal(got_patch_runtime(watch), -ENOENT);
	for (int i = 0; i < 2; i++) {
		void *lib = dlopen(paths[i], RTLD_LAZY | RTLD_LOCAL);

		if (!lib)
			fail_msg("%s", dlerror());
		*(void **)&call[i] = dlsym(lib, "got_object_call");
	}
	slots = got_patch_runtime(watch);
	assert_true(slots >= 2);
	assert_int_equal(got_patch_runtime(watch), slots); /* once is enough */
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 2; i++) {
			watched = 0;
			assert_int_equal(call[i](fds[0], &bytes), 0);
			assert_int_equal(bytes, 4);
			assert_int_equal(watched, 1);
		}
	got_unpatch_runtime();
	watched = 0;
	for (int i = 0; i < 2; i++)
		assert_int_equal(call[i](fds[0], &bytes), 0);
	assert_int_equal(watched, 0);
	assert_int_equal(got_patch_runtime(watch), slots);
	assert_int_equal(call[1](fds[0], &bytes), 0);
	assert_int_equal(watched, 1);
	got_unpatch_runtime();
	close(fds[0]);
	close(fds[1]);
}

struct find {
	struct got_slot slot;
	int count;
};

static int find_slot(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const struct got_object o = {info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum};
	struct find *f = ctx;

	if (strstr(info->dlpi_name, "libhsakmt.so"))
		f->count = got_find(&o, "ioctl", &f->slot, 1);
	return 0;
}

static void a_slot_that_somebody_else_wrote_stays_theirs(void **state)
{
	void *lib = dlopen(GOT_OBJECTS "/libhsakmt.so", RTLD_NOW);
	struct find f = {0};
	call_fn call;
	int out;

	assert_non_null(lib);
	*(void **)&call = dlsym(lib, "got_object_call");
	assert_true(got_patch_runtime(watch) > 0);
	dl_iterate_phdr(find_slot, &f);
	assert_int_equal(f.count, 1);
	uintptr_t ours = *(uintptr_t *)f.slot.address;
	assert_int_equal(got_write(&f.slot, ours, (uintptr_t)own_ioctl), 0);
	got_unpatch_runtime();
	assert_int_equal(call(-1, &out), 4711);
	/* Whoever wrote it may call us: we must not come between once more. */
	assert_true(got_patch_runtime(watch) > 0);
	assert_ptr_equal(*(uintptr_t *)f.slot.address, own_ioctl);
	assert_int_equal(got_write(&f.slot, (uintptr_t)own_ioctl, ours), 0);
	got_unpatch_runtime();
	watched = 0;
	assert_int_equal(call(-1, &out), -1);
	assert_int_equal(watched, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(slots_of_both_kinds_are_found, image_setup, image_teardown),
		cmocka_unit_test_setup_teardown(
			slots_that_the_loader_protects_are_written_and_protected_again, image_setup, image_teardown),
		cmocka_unit_test_setup_teardown(a_slot_outside_of_writable_memory_is_refused, image_setup, image_teardown),
		cmocka_unit_test_setup_teardown(an_object_without_symbols_or_strings_is_refused, image_setup, image_teardown),
		cmocka_unit_test_setup_teardown(nothing_is_read_outside_of_a_broken_object, image_setup, image_teardown),
		cmocka_unit_test(the_runtimes_ioctls_are_watched_and_given_back),
		cmocka_unit_test(a_slot_that_somebody_else_wrote_stays_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
