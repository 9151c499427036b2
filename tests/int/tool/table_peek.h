/* SPDX-License-Identifier: MIT */
/* Entries of the live HSA API table that libhsa-runtime64 does not export; see table_peek.c. */
#ifndef TABLE_PEEK_H
#define TABLE_PEEK_H

#include <dlfcn.h>
#include <hsa/hsa.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_PEEK_EXPORT __attribute__((visibility("default")))

TABLE_PEEK_EXPORT void *table_peek_intercept_create(void);
TABLE_PEEK_EXPORT void *table_peek_intercept_register(void);

/* From hsa_api_trace.h, which only C++ can read. */
typedef void (*intercept_writer)(const void *packets, uint64_t count);
typedef void (*intercept_handler)(
	const void *packets, uint64_t count, uint64_t index, void *data, intercept_writer writer);
typedef void (*intercept_error)(hsa_status_t status, hsa_queue_t *source, void *data);
struct intercept_api {
	hsa_status_t (*create)(hsa_agent_t agent, uint32_t size, hsa_queue_type32_t type, intercept_error callback,
		void *data, uint32_t private_segment_size, uint32_t group_segment_size, hsa_queue_t **queue);
	hsa_status_t (*add_handler)(hsa_queue_t *queue, intercept_handler handler, void *data);
};

/* Fill @api_p from the library at @path, which HSA_TOOLS_LIB named. Return: 0, or -1 when it is not loaded. */
static inline int intercept_api_find(const char *path, struct intercept_api *api_p)
{
	void *lib = path ? dlopen(path, RTLD_NOLOAD | RTLD_LAZY) : NULL;
	void *(*get)(void);

	memset(api_p, 0, sizeof(*api_p));
	if (!lib)
		return -1;
	*(void **)&get = dlsym(lib, "table_peek_intercept_create");
	if (get)
		*(void **)&api_p->create = get();
	*(void **)&get = dlsym(lib, "table_peek_intercept_register");
	if (get)
		*(void **)&api_p->add_handler = get();
	return api_p->create && api_p->add_handler ? 0 : -1;
}

#endif
