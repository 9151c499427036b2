/* SPDX-License-Identifier: MIT */
/*
 * Names of kernels; see kernel_names.h. One lock, which may be held while the runtime is asked for symbols; the runtime is never
 * called through with its own locks held, since hooks take the lock before or behind their call.
 */
#include "src/hsa_intercept/kernel_names.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "src/hsa_intercept/hooks.h"
#include "src/hsa_intercept/next.h"

/* What is kept of names at most; beyond it kernels are shown by address. */
#define NAMES_MAX  65536u
#define BYTES_MAX  (16u << 20)
#define LENGTH_MAX 1024u

struct executable {
	uint64_t handle;
	bool asked; /* its kernels are in the table */
};

struct name {
	uint64_t kernel; /* 0: free */
	struct text *text;
};

/* Of kernels that lay at one address one after the other; who was told of an older one may still use it. */
struct text {
	struct text *older;
	char string[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock. */
static struct executable *executables;
static size_t executable_count, executable_room;
static bool used, unasked;
static struct name *names; /* open addressing, at most half full */
static size_t name_count, name_room, name_bytes;

/* The place of @kernel, or where it would be. Must hold the lock; there is a table. */
static struct name *name_place(struct name *table, size_t room, uint64_t kernel)
{
	/* Kernel objects are 64-byte aligned. Multiplier: 2^32 divided by the golden ratio. */
	size_t i = (uint32_t)((uint32_t)(kernel >> 6) * 2654435769u) & (room - 1);

	while (table[i].kernel && table[i].kernel != kernel)
		i = (i + 1) & (room - 1);
	return &table[i];
}

/* Must hold the lock. */
static bool names_grow(void)
{
	size_t room = name_room ? 2 * name_room : 256;
	struct name *more = calloc(room, sizeof(*more));

	if (!more)
		return false;
	for (size_t i = 0; i < name_room; i++)
		if (names[i].kernel)
			*name_place(more, room, names[i].kernel) = names[i];
	free(names);
	names = more;
	name_room = room;
	return true;
}

/* Takes @text. Must hold the lock. */
static void name_add(uint64_t kernel, struct text *text)
{
	size_t length = strlen(text->string);

	if (length > 3 && !strcmp(text->string + length - 3, ".kd"))
		text->string[length - 3] = 0;
	if (2 * name_count >= name_room && (name_count >= NAMES_MAX || !names_grow())) {
		free(text);
		return;
	}
	struct name *place = name_place(names, name_room, kernel);
	if (place->kernel && !strcmp(place->text->string, text->string)) {
		free(text);
		return;
	}
	name_count += !place->kernel;
	text->older = place->text;
	name_bytes += strlen(text->string) + 1;
	*place = (struct name){.kernel = kernel, .text = text};
}

static void texts_free(struct text *text)
{
	while (text) {
		struct text *older = text->older;

		free(text);
		text = older;
	}
}

static hsa_status_t symbol_found(hsa_executable_t executable, hsa_executable_symbol_t symbol, void *data)
{
	hsa_symbol_kind_t kind;
	uint64_t kernel = 0;
	uint32_t length = 0;

	if (next.symbol_get_info(symbol, HSA_EXECUTABLE_SYMBOL_INFO_TYPE, &kind) || kind != HSA_SYMBOL_KIND_KERNEL ||
		next.symbol_get_info(symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_OBJECT, &kernel) || !kernel ||
		next.symbol_get_info(symbol, HSA_EXECUTABLE_SYMBOL_INFO_NAME_LENGTH, &length) || !length ||
		length > LENGTH_MAX || name_bytes + length + 1 > BYTES_MAX)
		return HSA_STATUS_SUCCESS;
	struct text *text = calloc(1, sizeof(*text) + length + 1);
	if (!text)
		return HSA_STATUS_SUCCESS;
	if (next.symbol_get_info(symbol, HSA_EXECUTABLE_SYMBOL_INFO_NAME, text->string))
		free(text);
	else
		name_add(kernel, text);
	return HSA_STATUS_SUCCESS;
}

/* Must hold the lock. */
static void executable_ask(struct executable *e)
{
	if (e->asked || !next.executable_iterate_symbols || !next.symbol_get_info)
		return;
	e->asked = true;
	next.executable_iterate_symbols((hsa_executable_t){e->handle}, symbol_found, NULL);
}

void kernel_names_use(bool wanted)
{
	pthread_mutex_lock(&lock);
	used = unasked = wanted;
	for (size_t i = 0; i < name_room; i++)
		texts_free(names[i].text);
	free(names);
	names = NULL;
	name_count = name_room = name_bytes = 0;
	for (size_t i = 0; i < executable_count; i++)
		executables[i].asked = false;
	pthread_mutex_unlock(&lock);
}

const char *kernel_name(uint64_t kernel_object)
{
	const struct text *text = NULL;

	pthread_mutex_lock(&lock);
	/* First: a kernel that is gone may have lain at the same address. */
	for (size_t i = 0; unasked && i < executable_count; i++)
		executable_ask(&executables[i]);
	unasked = false;
	if (names)
		text = name_place(names, name_room, kernel_object)->text;
	pthread_mutex_unlock(&lock);
	return text ? text->string : NULL;
}

void kernel_names_fork_child(void)
{
	/* Another thread may have held the lock, and changed what is under it. */
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	executables = NULL;
	executable_count = executable_room = 0;
	names = NULL;
	name_count = name_room = name_bytes = 0;
	used = false;
}

static hsa_status_t executable_freeze(hsa_executable_t executable, const char *options)
{
	hsa_status_t status = next.executable_freeze(executable, options);

	if (status != HSA_STATUS_SUCCESS)
		return status;
	pthread_mutex_lock(&lock);
	if (executable_count == executable_room) {
		size_t room = executable_room ? 2 * executable_room : 64;
		struct executable *more = realloc(executables, room * sizeof(*more));

		if (more) {
			executables = more;
			executable_room = room;
		}
	}
	/* Without memory its kernels have no names. */
	if (executable_count < executable_room)
		executables[executable_count++] = (struct executable){.handle = executable.handle};
	unasked = true;
	pthread_mutex_unlock(&lock);
	return status;
}

static hsa_status_t executable_destroy(hsa_executable_t executable)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < executable_count; i++) {
		if (executables[i].handle != executable.handle)
			continue;
		/* Records of its kernels may still be on their way. */
		if (used)
			executable_ask(&executables[i]);
		executables[i] = executables[--executable_count];
		break;
	}
	pthread_mutex_unlock(&lock);
	return next.executable_destroy(executable);
}

#define ROW(name)                                                                                                      \
	{                                                                                                              \
		"hsa_" #name, CORE_hsa_##name, 0, (void *)name, (void **)&next.name                                    \
	}
const struct hook hooks_executable[] = {ROW(executable_freeze), ROW(executable_destroy), {0}};
