/* SPDX-License-Identifier: MIT */
/*
 * Where a loaded object keeps the addresses of the functions it calls, and how to put another address there: by this the ioctls
 * of the runtime are seen. Slots are written in cwsr_start() and cwsr_stop() and read by the object's own code, in any thread.
 *
 * Source: System V ABI, AMD64 supplement, 5.2 (dynamic section, R_X86_64_JUMP_SLOT, R_X86_64_GLOB_DAT); elf.h.
 */
#ifndef CWSR_GOT_H
#define CWSR_GOT_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An object in memory as dl_iterate_phdr() describes it. */
struct got_object {
	uintptr_t base;
	const ElfW(Phdr) *phdr;
	size_t phdr_count;
};

struct got_slot {
	uintptr_t address; /* of the pointer */
	int protection;    /* PROT_ of its page when nobody writes to it */
};

/**
 * got_find() - the slots through which an object calls @symbol
 * @slots: receives at most @room
 *
 * Everything that the object's headers say is checked against its loaded segments first.
 * Return: how many slots there are; -ENOEXEC when the dynamic section makes no sense.
 */
int got_find(const struct got_object *object, const char *symbol, struct got_slot *slots, size_t room);

/** got_contains() - whether @address lies in a loaded segment of the object */
bool got_contains(const struct got_object *object, uintptr_t address);

/**
 * got_write() - store @value in a slot unless it does not hold @expected
 * Context: any thread; the page is made writable while it lasts.
 * Return: 0; -EEXIST: the slot holds something else; or what mprotect() failed with.
 */
int got_write(const struct got_slot *slot, uintptr_t expected, uintptr_t value);

/** typedef got_ioctl_fn - ioctl() with the one argument that drivers use */
typedef int (*got_ioctl_fn)(int fd, unsigned long request, ...);
/** typedef got_watch_fn - called instead of ioctl() in patched objects; @next is what was called before */
typedef int (*got_watch_fn)(got_ioctl_fn next, int fd, unsigned long request, void *arg);

/**
 * got_patch_runtime() - have @watch called for every ioctl of the loaded libhsakmt and libhsa-runtime64
 *
 * Context: OnLoad: takes the loader's lock for reading, allocates nothing. Calls exclude each other and got_unpatch_runtime().
 * Objects that are patched already stay so.
 * Return: how many slots lead to @watch; -ENOENT when the objects are not there or do not call ioctl() through a slot.
 */
int got_patch_runtime(got_watch_fn watch);
/**
 * got_unpatch_runtime() - give back what got_patch_runtime() took
 *
 * A slot that meanwhile holds something else is left alone, and keeps leading to us: whoever came later calls us.
 * Objects that were unloaded are left alone too.
 */
void got_unpatch_runtime(void);

#endif
