/* SPDX-License-Identifier: MIT */
/*
 * Finds libraries that somebody else loaded, wherever they lie and whatever scope they were given: ROCr loads its tools by path and
 * locally, programs bring a HIP of their own. Reads the loader's list; loads nothing.
 */
#ifndef CLIENT_LOADED_H
#define CLIENT_LOADED_H

#include <stdbool.h>

/**
 * loaded_find() - the address of @symbol in a loaded library whose file name begins with @prefix
 * @adds_p: in and out: how many libraries had ever been loaded when this was last tried in vain; 0 at first. Nothing is
 *          searched again until there are more. NULL: always search.
 *
 * The library stays loaded from then on.
 *
 * Context: any thread, not from within the loader. Takes the loader's lock.
 * Return: NULL when there is none.
 */
void *loaded_find(const char *prefix, const char *symbol, _Atomic unsigned long long *adds_p);

/**
 * loaded_hold() - the same for a library that the program may unload: it stays until loaded_release()
 * @handle_p: out, if it was found: for dlsym(), and to be given back; RTLD_DEFAULT where the program's own scope has @symbol
 */
void *loaded_hold(const char *prefix, const char *symbol, void **handle_p);
/** loaded_release() - the program may have unloaded it meanwhile: then this does, in the calling thread */
void loaded_release(void *handle);

#endif
