/* SPDX-License-Identifier: MIT */
/* What kind of program or library a file is, by its first bytes. Reads files, keeps nothing. */
#ifndef CLI_ELF_LOOK_H
#define CLI_ELF_LOOK_H

#include <limits.h>

#include "src/cli/system.h"

enum elf_kind { ELF_LOOK_OTHER, ELF_LOOK_SCRIPT, ELF_LOOK_ELF };

/**
 * struct elf_look - what was seen
 * @bits, @machine: of ELF files: 32 or 64, and e_machine
 * @library:        it can be loaded by others (ET_DYN)
 * @loader:         it names a program loader: without one a program is static
 * @interpreter:    of scripts: the path behind #!, and its first argument where that path is .../env
 */
struct elf_look {
	enum elf_kind kind;
	unsigned bits, machine;
	bool library, loader;
	char interpreter[PATH_MAX];
};

/**
 * elf_look() - look at a file
 *
 * Return: 0; -errno of reading it. Source: elf(5).
 */
int elf_look(const struct system *s, const char *path, struct elf_look *look_p);
/** elf_machine_name() - such as "aarch64" */
const char *elf_machine_name(unsigned machine);

#endif
