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
 * Context: any thread, not from within the loader. Takes the loader's lock.
 * Return: NULL when there is none.
 */
void *loaded_find(const char *prefix, const char *symbol, _Atomic unsigned long long *adds_p);

#endif
