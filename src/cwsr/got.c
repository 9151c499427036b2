/* SPDX-License-Identifier: MIT */
/* Slots of loaded objects; see got.h. */
#include "src/cwsr/got.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/common/log.h"

/* Objects times slots in each: two, and one or two. */
#define SLOTS_MAX 8u

/* ---- reading an object ---- */

/* What the dynamic section points to, as addresses in memory. */
struct dynamic {
	uintptr_t symbols, strings, jump_relocations, relocations;
	size_t strings_bytes, jump_bytes, relocation_bytes;
	bool rela_jump;
};

/* Whether [@address, + @bytes) lies in one segment that can be read. */
static bool readable(const struct got_object *o, uintptr_t address, size_t bytes)
{
	for (size_t i = 0; i < o->phdr_count; i++) {
		const ElfW(Phdr) *p = &o->phdr[i];
		uintptr_t start = o->base + p->p_vaddr;

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_R) || address < start)
			continue;
		if (address - start <= p->p_memsz && bytes <= p->p_memsz - (address - start))
			return true;
	}
	return false;
}

bool got_contains(const struct got_object *object, uintptr_t address)
{
	return readable(object, address, 1);
}

/* The GNU loader relocates these entries in place, others do not. */
static uintptr_t pointer(const struct got_object *o, ElfW(Addr) value)
{
	return readable(o, value, 1) ? value : o->base + value;
}

static int dynamic_read(const struct got_object *o, struct dynamic *d_p)
{
	const ElfW(Dyn) *entries = NULL;
	struct dynamic d = {0};
	size_t count = 0;

	for (size_t i = 0; i < o->phdr_count; i++)
		if (o->phdr[i].p_type == PT_DYNAMIC) {
			uintptr_t address = o->base + o->phdr[i].p_vaddr;

			count = o->phdr[i].p_memsz / sizeof(*entries);
			if (address % _Alignof(ElfW(Dyn)) || !readable(o, address, count * sizeof(*entries)))
				return -ENOEXEC;
			entries = (const void *)address;
		}
	for (size_t i = 0; i < count && entries[i].d_tag != DT_NULL; i++) {
		const ElfW(Dyn) *e = &entries[i];

		switch (e->d_tag) {
		case DT_SYMTAB: d.symbols = pointer(o, e->d_un.d_ptr); break;
		case DT_STRTAB: d.strings = pointer(o, e->d_un.d_ptr); break;
		case DT_STRSZ: d.strings_bytes = e->d_un.d_val; break;
		case DT_JMPREL: d.jump_relocations = pointer(o, e->d_un.d_ptr); break;
		case DT_PLTRELSZ: d.jump_bytes = e->d_un.d_val; break;
		case DT_PLTREL: d.rela_jump = e->d_un.d_val == DT_RELA; break;
		case DT_RELA: d.relocations = pointer(o, e->d_un.d_ptr); break;
		case DT_RELASZ: d.relocation_bytes = e->d_un.d_val; break;
		case DT_SYMENT:
			if (e->d_un.d_val != sizeof(ElfW(Sym)))
				return -ENOEXEC;
			break;
		case DT_RELAENT:
			if (e->d_un.d_val != sizeof(ElfW(Rela)))
				return -ENOEXEC;
			break;
		default: break;
		}
	}
	if (!d.symbols || !d.strings || !d.strings_bytes || !readable(o, d.strings, d.strings_bytes) ||
		d.symbols % _Alignof(ElfW(Sym)))
		return -ENOEXEC;
	if (!d.rela_jump)
		d.jump_bytes = 0;
	*d_p = d;
	return 0;
}

static bool symbol_is(const struct got_object *o, const struct dynamic *d, size_t index, const char *name)
{
	const ElfW(Sym) *symbols = (const void *)d->symbols;
	size_t length = strlen(name) + 1;

	if (index > (SIZE_MAX / 2 - d->symbols) / sizeof(*symbols) ||
		!readable(o, d->symbols + index * sizeof(*symbols), sizeof(*symbols)))
		return false;
	size_t at = symbols[index].st_name;
	return at < d->strings_bytes && length <= d->strings_bytes - at &&
		!memcmp((const char *)d->strings + at, name, length);
}

/* PROT_ of the slot's page; 0 when it lies in no segment that the loader may have written. */
static int slot_protection(const struct got_object *o, uintptr_t address)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	int protection = 0;

	for (size_t i = 0; i < o->phdr_count; i++) {
		const ElfW(Phdr) *p = &o->phdr[i];
		uintptr_t start = o->base + p->p_vaddr;

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_W) || address < start || address - start > p->p_memsz ||
			p->p_memsz - (address - start) < sizeof(uintptr_t))
			continue;
		protection = PROT_READ | PROT_WRITE | (p->p_flags & PF_X ? PROT_EXEC : 0);
	}
	/* As the GNU loader: only whole pages are protected. */
	for (size_t i = 0; protection && i < o->phdr_count; i++) {
		const ElfW(Phdr) *p = &o->phdr[i];
		uintptr_t start = (o->base + p->p_vaddr) & ~(page - 1);

		if (p->p_type == PT_GNU_RELRO && address >= start &&
			address < ((o->base + p->p_vaddr + p->p_memsz) & ~(page - 1)))
			protection = PROT_READ;
	}
	return protection;
}

/* Looks through one table of relocations; returns the number of slots found so far or -ENOEXEC. */
static int table_search(const struct got_object *o, const struct dynamic *d, uintptr_t table, size_t bytes,
	const char *symbol, struct got_slot *slots, size_t room, int found)
{
	const ElfW(Rela) *r = (const void *)table;
	size_t count = bytes / sizeof(*r);

	if (!count)
		return found;
	if (table % _Alignof(ElfW(Rela)) || !readable(o, table, bytes))
		return -ENOEXEC;
	for (size_t i = 0; i < count; i++) {
		unsigned type = ELF64_R_TYPE(r[i].r_info);
		uintptr_t address = o->base + r[i].r_offset;
		int protection;

		if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) ||
			!symbol_is(o, d, ELF64_R_SYM(r[i].r_info), symbol))
			continue;
		protection = slot_protection(o, address);
		if (!protection || address % sizeof(uintptr_t))
			return -ENOEXEC;
		if ((size_t)found < room)
			slots[found] = (struct got_slot){address, protection};
		found++;
	}
	return found;
}

int got_find(const struct got_object *object, const char *symbol, struct got_slot *slots, size_t room)
{
	struct dynamic d;
	int r = dynamic_read(object, &d);

	if (!r)
		r = table_search(object, &d, d.jump_relocations, d.jump_bytes, symbol, slots, room, 0);
	if (r >= 0)
		r = table_search(object, &d, d.relocations, d.relocation_bytes, symbol, slots, room, r);
	return r;
}

/* ---- writing ---- */

int got_write(const struct got_slot *slot, uintptr_t expected, uintptr_t value)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	void *start = (void *)(slot->address & ~(page - 1));
	_Atomic uintptr_t *pointer_p = (_Atomic uintptr_t *)slot->address;
	bool protected = !(slot->protection & PROT_WRITE);

	/* The object calls through the slot at any time, with plain loads; an aligned store is seen whole. */
	if (atomic_load_explicit(pointer_p, memory_order_relaxed) != expected)
		return -EEXIST;
	if (protected && mprotect(start, page, PROT_READ | PROT_WRITE))
		return -errno;
	/* Release: what the new function reads is written. Its partner is the object's indirect call. */
	bool stored = atomic_compare_exchange_strong_explicit(
		pointer_p, &expected, value, memory_order_release, memory_order_relaxed);
	/* It would stay writable: less safe, but nothing fails by it. */
	if (protected && mprotect(start, page, slot->protection))
		log_debug("the slot's page stays writable: %s", strerror(errno));
	return stored ? 0 : -EEXIST;
}

/* ---- the runtime's ioctls ---- */

static got_watch_fn watch_fn;

/* One for each patched slot; @next is written before the slot and stays for good: calls may be on their way. */
static struct patch {
	got_ioctl_fn next;
	uintptr_t object; /* base of the object; 0: the slot holds nothing of ours */
	struct got_slot slot;
} patches[SLOTS_MAX];

#define ENTRY(n)                                                                                                       \
	static int entry_##n(int fd, unsigned long request, ...)                                                      \
	{                                                                                                              \
		va_list args;                                                                                          \
                                                                                                                       \
		va_start(args, request);                                                                               \
		void *arg = va_arg(args, void *);                                                                      \
		va_end(args);                                                                                          \
		return watch_fn(patches[n].next, fd, request, arg);                                                    \
	}
ENTRY(0)
ENTRY(1)
ENTRY(2)
ENTRY(3)
ENTRY(4)
ENTRY(5)
ENTRY(6)
ENTRY(7)

static const got_ioctl_fn entries[] = {entry_0, entry_1, entry_2, entry_3, entry_4, entry_5, entry_6, entry_7};
_Static_assert(sizeof(entries) / sizeof(entries[0]) == SLOTS_MAX, "one entry for each slot");

static bool is_runtime(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	return !strncmp(name, "libhsakmt.so", strlen("libhsakmt.so")) ||
		!strncmp(name, "libhsa-runtime64.so", strlen("libhsa-runtime64.so"));
}

static bool is_entry(uintptr_t value)
{
	for (size_t i = 0; i < SLOTS_MAX; i++)
		if (value == (uintptr_t)entries[i])
			return true;
	return false;
}

static int patch_slot(const struct got_object *o, const struct got_slot *slot)
{
	uintptr_t before = atomic_load_explicit((_Atomic uintptr_t *)slot->address, memory_order_relaxed);
	size_t i = 0;

	if (is_entry(before))
		return 0;
	/* One that we could not give back, because somebody came later and calls us. */
	for (size_t k = 0; k < SLOTS_MAX; k++)
		if (patches[k].object == o->base && patches[k].slot.address == slot->address)
			return 0;
	while (i < SLOTS_MAX && patches[i].object)
		i++;
	if (i == SLOTS_MAX)
		return -ENOSPC;
	/* A slot that was not bound yet points back into its object, to code that would bind it and overwrite us. What it
	 * would be bound to is what this library's own calls are bound to. */
	patches[i].next = got_contains(o, before) ? (got_ioctl_fn)ioctl : (got_ioctl_fn)before;
	int r = got_write(slot, before, (uintptr_t)entries[i]);
	if (r)
		return r;
	patches[i].object = o->base;
	patches[i].slot = *slot;
	return 0;
}

static int patch_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const struct got_object o = {info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum};
	struct got_slot slots[SLOTS_MAX];
	int *found_p = ctx;

	if (!info->dlpi_name || !is_runtime(info->dlpi_name))
		return 0;
	int n = got_find(&o, "ioctl", slots, SLOTS_MAX);
	if (n < 0)
		log_debug("%s: its dynamic section is not understood", info->dlpi_name);
	for (int i = 0; i < n && i < (int)SLOTS_MAX; i++) {
		int r = patch_slot(&o, &slots[i]);

		if (r)
			log_debug("%s: its calls of ioctl() cannot be watched: %s", info->dlpi_name, strerror(-r));
		*found_p += !r;
	}
	return 0;
}

int got_patch_runtime(got_watch_fn watch)
{
	int found = 0;

	watch_fn = watch;
	dl_iterate_phdr(patch_object, &found);
	return found ? found : -ENOENT;
}

static int unpatch_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const struct got_object o = {info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum};

	if (!info->dlpi_name || !is_runtime(info->dlpi_name))
		return 0;
	for (size_t i = 0; i < SLOTS_MAX; i++) {
		struct patch *p = &patches[i];

		if (p->object == o.base && slot_protection(&o, p->slot.address) == p->slot.protection &&
			!got_write(&p->slot, (uintptr_t)entries[i], (uintptr_t)p->next))
			p->object = 0;
	}
	return 0;
}

/* An object that is gone has no slots. */
static int still_loaded(struct dl_phdr_info *info, size_t size, void *ctx)
{
	bool *loaded = ctx;

	for (size_t i = 0; i < SLOTS_MAX; i++)
		if (patches[i].object == info->dlpi_addr && info->dlpi_name && is_runtime(info->dlpi_name))
			loaded[i] = true;
	return 0;
}

void got_unpatch_runtime(void)
{
	bool loaded[SLOTS_MAX] = {false};

	dl_iterate_phdr(unpatch_object, NULL);
	dl_iterate_phdr(still_loaded, loaded);
	for (size_t i = 0; i < SLOTS_MAX; i++)
		if (!loaded[i])
			patches[i].object = 0;
}
