/* SPDX-License-Identifier: MIT */
/* Libraries that somebody else loaded; see loaded.h. */
#include "src/client/loaded.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

struct search {
	const char *prefix;
	unsigned skip;      /* libraries of that name to pass over */
	bool check;         /* stop if nothing was loaded since @adds */
	unsigned long long adds;
	bool found;
	char path[PATH_MAX];
};

static int visit(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct search *s = ctx;
	const char *name = info->dlpi_name ? strrchr(info->dlpi_name, '/') : NULL;

	if (size >= offsetof(struct dl_phdr_info, dlpi_subs)) {
		if (s->check && s->adds == info->dlpi_adds)
			return 1;
		s->adds = info->dlpi_adds;
	}
	s->check = false;
	name = name ? name + 1 : info->dlpi_name;
	if (!name || strncmp(name, s->prefix, strlen(s->prefix)) || strlen(info->dlpi_name) >= sizeof(s->path))
		return 0;
	if (s->skip) {
		s->skip--;
		return 0;
	}
	strcpy(s->path, info->dlpi_name);
	s->found = true;
	return 1;
}

/* @handle_p: in: RTLD_DEFAULT */
static void *find(const char *prefix, const char *symbol, _Atomic unsigned long long *adds_p, void **handle_p)
{
	struct search s;
	/* Preloaded, or linked. */
	void *address = adds_p ? NULL : dlsym(RTLD_DEFAULT, symbol);

	for (unsigned skip = 0; !address; skip++) {
		s = (struct search){.prefix = prefix, .skip = skip, .check = adds_p && !skip};
		if (adds_p)
			s.adds = atomic_load_explicit(adds_p, memory_order_relaxed);
		dl_iterate_phdr(visit, &s);
		if (!s.found)
			break;
		/* The loader's lock is not held here: by now it may be gone, or another. */
		void *handle = dlopen(s.path, RTLD_LAZY | RTLD_NOLOAD);
		if (handle)
			address = dlsym(handle, symbol);
		if (address)
			*handle_p = handle;
		else if (handle)
			dlclose(handle);
	}
	/* Whoever finds another count than the one that was searched, searches. Only this thread's next call depends on it. */
	if (adds_p && !address)
		atomic_store_explicit(adds_p, s.adds, memory_order_relaxed);
	return address;
}

void *loaded_find(const char *prefix, const char *symbol, _Atomic unsigned long long *adds_p)
{
	void *handle = RTLD_DEFAULT;

	return find(prefix, symbol, adds_p, &handle);
}

void *loaded_hold(const char *prefix, const char *symbol, void **handle_p)
{
	void *handle = RTLD_DEFAULT, *address = find(prefix, symbol, NULL, &handle);

	if (address)
		*handle_p = handle;
	return address;
}

void loaded_release(void *handle)
{
	if (handle != RTLD_DEFAULT)
		dlclose(handle);
}
