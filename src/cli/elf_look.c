/* SPDX-License-Identifier: MIT */
/* Looking at files; see elf_look.h. */
#include "src/cli/elf_look.h"

#include <elf.h>
#include <string.h>

#define START 4096 /* program headers of 64-bit programs stand right behind the file's header */

static void look_script(const char *text, struct elf_look *look)
{
	const char *word = text + 2;
	const char *name;

	look->kind = ELF_LOOK_SCRIPT;
	word += strspn(word, " \t");
	size_t length = strcspn(word, " \t\n");
	snprintf(look->interpreter, sizeof(look->interpreter), "%.*s", (int)length, word);
	name = strrchr(look->interpreter, '/');
	if (!name || strcmp(name, "/env"))
		return;
	word += length;
	word += strspn(word, " \t");
	length = strcspn(word, " \t\n");
	/* "env -S" and the like are left alone. */
	if (length && *word != '-')
		snprintf(look->interpreter, sizeof(look->interpreter), "%.*s", (int)length, word);
}

static void look_elf(const char *data, size_t size, struct elf_look *look)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	look->kind = ELF_LOOK_ELF;
	look->bits = data[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	/* The members up to e_version are the same in both classes. */
	memcpy(&header, data, sizeof(header));
	look->machine = header.e_machine;
	look->library = header.e_type == ET_DYN;
	if (look->bits != 64)
		return;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		uint64_t at = header.e_phoff + (uint64_t)i * header.e_phentsize;

		if (header.e_phoff > size || at + sizeof(segment) > size)
			return;
		memcpy(&segment, data + at, sizeof(segment));
		if (segment.p_type == PT_INTERP)
			look->loader = true;
	}
}

int elf_look(const struct system *s, const char *path, struct elf_look *look_p)
{
	char data[START + 1];
	int n = system_read_start(s, path, data, START);

	if (n < 0)
		return n;
	data[n] = 0;
	*look_p = (struct elf_look){.kind = ELF_LOOK_OTHER};
	if (n >= (int)sizeof(Elf64_Ehdr) && !memcmp(data, ELFMAG, SELFMAG))
		look_elf(data, (size_t)n, look_p);
	else if (n > 2 && data[0] == '#' && data[1] == '!')
		look_script(data, look_p);
	return 0;
}

const char *elf_machine_name(unsigned machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86-64";
	case EM_386:
		return "i386";
	case EM_AARCH64:
		return "aarch64";
	case EM_ARM:
		return "arm";
	case EM_PPC64:
		return "ppc64";
	case EM_RISCV:
		return "riscv";
	default:
		return "another machine";
	}
}
