/* SPDX-License-Identifier: MIT */
/* File names that settings give. Read by whoever writes such a file. */
#ifndef COMMON_PATH_H
#define COMMON_PATH_H

/** path_expand() - @path with the first "%p" replaced by the process id. Return: to be freed; NULL without memory. */
char *path_expand(const char *path);

#endif
