/* SPDX-License-Identifier: MIT */
/*
 * What the test build of the tool library shows beside its entry points: a hand on the gates of all queues. Programs
 * find it in the library that XS_TEST_TOOL names.
 */
#ifndef TEST_HOOKS_H
#define TEST_HOOKS_H

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define XS_TEST_EXPORT __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif
/** xs_test_gate_close() - hold back the packets of every queue */
XS_TEST_EXPORT void xs_test_gate_close(void);
/** xs_test_gate_open() - release them */
XS_TEST_EXPORT void xs_test_gate_open(void);
/** xs_test_gate_engage() - take every queue out of bypass, gate open */
XS_TEST_EXPORT void xs_test_gate_engage(void);
/** xs_test_gate_bypass() - release, and stand aside */
XS_TEST_EXPORT void xs_test_gate_bypass(void);
/** xs_test_gate_set() - queue number i, modulo 64: held if bit i of @hold is set, else in bypass if that of @bypass is, else open */
XS_TEST_EXPORT void xs_test_gate_set(uint64_t hold, uint64_t bypass);
/** xs_test_suspend() - queue number i, modulo 64: suspended at level 3 if bit i of @hold is set, else resumed */
XS_TEST_EXPORT void xs_test_suspend(uint64_t hold);
#ifdef __cplusplus
}
#endif

struct test_hooks {
	void (*close)(void), (*open)(void), (*engage)(void), (*bypass)(void);
	void (*set)(uint64_t hold, uint64_t bypass);
	void (*suspend)(uint64_t hold);
};

/* The hooks of the loaded library; ends the program with status 77 when it is not loaded. Call after hsa_init() or hipInit(). */
static inline struct test_hooks test_hooks_find(void)
{
	const char *path = getenv("XS_TEST_TOOL");
	void *lib = path ? dlopen(path, RTLD_NOLOAD | RTLD_LAZY) : NULL;
	struct test_hooks hooks;

	if (!lib) {
		printf("skipped: XS_TEST_TOOL names no library that the runtime loaded\n");
		exit(77);
	}
	*(void **)&hooks.close = dlsym(lib, "xs_test_gate_close");
	*(void **)&hooks.open = dlsym(lib, "xs_test_gate_open");
	*(void **)&hooks.engage = dlsym(lib, "xs_test_gate_engage");
	*(void **)&hooks.bypass = dlsym(lib, "xs_test_gate_bypass");
	*(void **)&hooks.set = dlsym(lib, "xs_test_gate_set");
	*(void **)&hooks.suspend = dlsym(lib, "xs_test_suspend");
	if (!hooks.set || !hooks.suspend || !hooks.close || !hooks.open || !hooks.engage || !hooks.bypass) {
		printf("%s is not the test build of the library\n", path);
		exit(1);
	}
	return hooks;
}

#endif
