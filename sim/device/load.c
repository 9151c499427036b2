/* SPDX-License-Identifier: MIT */
/* Reader of device description files; written by people, read once by the launcher (to check) and
 * by the preload library. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/device/device.h"

enum kind { KIND_TEXT, KIND_ISA, KIND_SCHEDULER, KIND_U32, KIND_U64 };

/* Every key, where it goes, and what it may be. */
static const struct key {
	const char *name;
	enum kind kind;
	size_t offset, bytes;
	uint64_t min, max;
} keys[] = {
#define TEXT(k)                                                                                    \
	{                                                                                          \
#k, KIND_TEXT, offsetof(struct sim_device, k),                                     \
			sizeof(((struct sim_device *)0)->k), 0, 0                                  \
	}
#define U32(k, min, max)                                                                           \
	{                                                                                          \
#k, KIND_U32, offsetof(struct sim_device, k), 4, min, max                          \
	}
#define U64(k, min, max)                                                                           \
	{                                                                                          \
#k, KIND_U64, offsetof(struct sim_device, k), 8, min, max                          \
	}
	TEXT(name),
	TEXT(marketing_name),
	TEXT(kfd_name),
	{"isa", KIND_ISA, offsetof(struct sim_device, isa), sizeof(enum gcn_isa), 0, 0},
	U32(gfx_target_version, 90000, 90999),
	U32(device_id, 1, 0xffff),
	U32(pci_revision, 0, 0xff),
	U32(family, 141, 200),
	U32(xcc_count, 1, 8),
	U32(simd_count, 4, 4096),
	U32(simd_per_cu, 1, 4),
	U32(waves_per_simd, 1, 16),
	U32(array_count, 1, 64),
	U32(arrays_per_engine, 1, 2),
	U32(cu_per_array, 1, 32),
	U32(lds_kib, 16, 64),
	U32(vgprs_per_simd, 256, 512),
	U32(scratch_slots_per_cu, 1, 40),
	U32(l1_kib, 1, 1024),
	U32(l2_kib, 1, 1 << 20),
	U64(vram_bytes, 1 << 28, UINT64_C(1) << 40),
	U32(vram_width_bits, 64, 16384),
	U32(mem_clk_mhz, 100, 10000),
	U32(shader_mhz, 100, 10000),
	U32(counter_khz, 1000, 1000000),
	U32(sdma_engines, 1, 16),
	U32(sdma_xgmi_engines, 0, 16),
	U32(sdma_queues_per_engine, 1, 16),
#define FIRST_COST "cp_queues"
	U32(cp_queues, 1, 128),
	U32(cp_processes, 1, 64),
	{"scheduler", KIND_SCHEDULER, offsetof(struct sim_device, scheduler),
		sizeof(enum sim_scheduler), 0, 0},
	U32(quantum_ms, 1, 10000),
	U32(cycle_us, 0, 1000000),
	U32(grace_kclk, 0, 255),
	U32(save_vram_mb_s, 1, UINT32_MAX),
	U32(save_host_mb_s, 1, UINT32_MAX),
	U32(priority_bias, 1, 16),
#define LAST_COST "priority_bias"
	U32(num_gws, 0, 64),
	U64(capability, 0, UINT32_MAX),
	U64(debug_prop, 0, UINT64_MAX),
	U32(fw_version, 0, UINT32_MAX),
	U32(sdma_fw_version, 0, UINT32_MAX),
#undef TEXT
#undef U32
#undef U64
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))
_Static_assert(KEY_COUNT <= 64, "struct load counts keys in one word");

static const char *const isa_names[] = {
	[GCN_ISA_GFX906] = "gfx906", [GCN_ISA_GFX90A] = "gfx90a", [GCN_ISA_GFX942] = "gfx942"};

static const char *const scheduler_names[] = {
	[SIM_SCHEDULER_HWS] = "hws", [SIM_SCHEDULER_MES] = "mes"};

struct load {
	struct sim_device *d;
	FILE *file;
	int line; /* that the parser read last */
	const char *path;
	uint64_t seen; /* bit per key */
	bool failed;
	char *error;
	size_t error_bytes;
};

static int fail(struct load *l, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Keeps the first failure; returns 0, as an ini_handler that fails. */
static int fail(struct load *l, int line, const char *format, ...)
{
	va_list args;
	int n;

	if (l->failed)
		return 0;
	l->failed = true;
	if (line)
		n = snprintf(l->error, l->error_bytes, "%s:%d: ", l->path, line);
	else
		n = snprintf(l->error, l->error_bytes, "%s: ", l->path);
	if (n < 0 || (size_t)n >= l->error_bytes)
		return 0;
	va_start(args, format);
	vsnprintf(l->error + n, l->error_bytes - (size_t)n, format, args);
	va_end(args);
	return 0;
}

static int set_isa(struct load *l, int line, const char *value)
{
	for (unsigned i = 0; i < sizeof(isa_names) / sizeof(isa_names[0]); i++)
		if (!strcmp(value, isa_names[i])) {
			l->d->isa = (enum gcn_isa)i;
			return 1;
		}
	return fail(l, line, "isa = %s: must be gfx906, gfx90a or gfx942", value);
}

static int set_scheduler(struct load *l, int line, const char *value)
{
	for (unsigned i = 0; i < sizeof(scheduler_names) / sizeof(scheduler_names[0]); i++)
		if (!strcmp(value, scheduler_names[i])) {
			l->d->scheduler = (enum sim_scheduler)i;
			return 1;
		}
	return fail(l, line, "scheduler = %s: must be hws or mes", value);
}

static int set_number(struct load *l, int line, const struct key *k, const char *value)
{
	char *end;

	errno = 0;
	unsigned long long n = strtoull(value, &end, 0);
	if (!isdigit((unsigned char)value[0]) || *end || errno)
		return fail(l, line,
			"%s = %s: must be a whole number (decimal, or 0x and hexadecimal)", k->name,
			value);
	if (n < k->min || n > k->max)
		return fail(l, line, "%s = %s: must be from %" PRIu64 " to %" PRIu64, k->name,
			value, k->min, k->max);
	char *field = (char *)l->d + k->offset;
	if (k->kind == KIND_U32)
		memcpy(field, &(uint32_t){(uint32_t)n}, sizeof(uint32_t));
	else
		memcpy(field, &(uint64_t){n}, sizeof(uint64_t));
	return 1;
}

static int set_key(struct load *l, int line, const struct key *k, const char *value)
{
	switch (k->kind) {
	case KIND_ISA:
		return set_isa(l, line, value);
	case KIND_SCHEDULER:
		return set_scheduler(l, line, value);
	case KIND_U32:
	case KIND_U64:
		return set_number(l, line, k, value);
	case KIND_TEXT:
		break;
	}
	if (!*value || strlen(value) >= k->bytes)
		return fail(l, line, "%s: must have 1 to %zu characters", k->name, k->bytes - 1);
	strcpy((char *)l->d + k->offset, value);
	return 1;
}

/* fgets() that counts lines: inih does not tell its handler where it is, unless built to. */
static char *read_line(char *text, int bytes, void *ctx)
{
	struct load *l = ctx;
	char *got = l->failed ? NULL : fgets(text, bytes, l->file);

	l->line += got != NULL;
	return got;
}

static int set(void *ctx, const char *section, const char *name, const char *value)
{
	struct load *l = ctx;
	int line = l->line;

	if (!*section)
		return fail(l, line,
			"%s stands before a section: the file must begin with [device]", name);
	if (strcmp(section, "device"))
		return fail(l, line, "[%s]: the only section is [device]", section);
	for (unsigned i = 0; i < KEY_COUNT; i++) {
		const struct key *k = &keys[i];

		if (strcmp(name, k->name))
			continue;
		if (l->seen & (UINT64_C(1) << i))
			return fail(l, line, "%s is given twice: leave one", name);
		l->seen |= UINT64_C(1) << i;
		return set_key(l, line, k, value);
	}
	return fail(l, line, "unknown key %s: sim/devices/gfx90a.ini has all there are", name);
}

/* What no single key can show. */
static void check_together(struct load *l)
{
	const struct sim_device *d = l->d;
	uint32_t cus = d->simd_count / d->simd_per_cu;

	if (d->simd_count % (d->simd_per_cu * d->xcc_count))
		fail(l, 0, "simd_count = %u: must be a multiple of simd_per_cu * xcc_count = %u",
			d->simd_count, d->simd_per_cu * d->xcc_count);
	else if (d->array_count % d->arrays_per_engine)
		fail(l, 0, "array_count = %u: must be a multiple of arrays_per_engine = %u",
			d->array_count, d->arrays_per_engine);
	else if (cus > d->array_count * d->cu_per_array)
		fail(l, 0,
			"simd_count = %u makes %u CUs, but array_count * cu_per_array is only %u",
			d->simd_count, cus, d->array_count * d->cu_per_array);
}

int sim_device_load(const char *path, struct sim_device *d, char *error, size_t error_bytes)
{
	struct load l = {.d = d, .path = path, .error = error, .error_bytes = error_bytes};
	FILE *f = fopen(path, "re");

	memset(d, 0, sizeof(*d));
	if (!f) {
		int e = errno;

		fail(&l, 0, "%s", strerror(e));
		return -e;
	}
	l.file = f;
	int line = ini_parse_stream(read_line, &l, set, &l);
	fclose(f);
	if (line && !l.failed)
		fail(&l, line > 0 ? line : 0, "must be \"key = value\", \"[device]\" or a comment");
	for (unsigned i = 0; i < KEY_COUNT && !l.failed; i++)
		if (!(l.seen & (UINT64_C(1) << i)))
			fail(&l, 0, "%s is missing: add \"%s = ...\" to [device]", keys[i].name,
				keys[i].name);
	if (!l.failed)
		check_together(&l);
	return l.failed ? -EINVAL : 0;
}

int sim_device_cost(struct sim_device *d, const char *setting, char *error, size_t error_bytes)
{
	struct load l = {.d = d, .path = "cost", .error = error, .error_bytes = error_bytes};
	const char *value = strchr(setting, '=');
	bool cost = false;

	for (unsigned i = 0; i < KEY_COUNT && value; i++) {
		size_t n = strlen(keys[i].name);

		cost = cost || !strcmp(keys[i].name, FIRST_COST);
		if (cost && (size_t)(value - setting) == n && !strncmp(setting, keys[i].name, n)) {
			set_key(&l, 0, &keys[i], value + 1);
			return l.failed ? -EINVAL : 0;
		}
		cost = cost && strcmp(keys[i].name, LAST_COST);
	}
	snprintf(error, error_bytes,
		"cost \"%s\": must be KEY=VALUE with a key from " FIRST_COST " to " LAST_COST
		" of sim/devices/gfx90a.ini",
		setting);
	return -EINVAL;
}

/* "gfx906, gfx90a" of the files in @dir */
static void list_names(const char *dir, char *text, size_t bytes)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, alphasort);
	size_t used = 0;

	text[0] = 0;
	for (int i = 0; i < n; i++) {
		const char *dot = strrchr(entries[i]->d_name, '.');

		if (dot && !strcmp(dot, ".ini") && used + 64 < bytes)
			used += (size_t)snprintf(text + used, bytes - used, "%s%.*s",
				used ? ", " : "",
				(int)(dot - entries[i]->d_name > 60 ? 60
								    : dot - entries[i]->d_name),
				entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

int sim_device_find(const char *name, const char *dir, char *path, size_t path_bytes, char *error,
	size_t error_bytes)
{
	const char *dot = strrchr(name, '.');
	char names[512];

	if (strchr(name, '/') || (dot && !strcmp(dot, ".ini"))) {
		char *full = realpath(name, NULL);

		if (full && strlen(full) < path_bytes) {
			strcpy(path, full);
			free(full);
			return 0;
		}
		free(full);
		snprintf(error, error_bytes, "%s: no such device description file", name);
		return -ENOENT;
	}
	int n = snprintf(path, path_bytes, "%s/%s.ini", dir, name);
	if (*name && n > 0 && (size_t)n < path_bytes && !access(path, R_OK))
		return 0;
	list_names(dir, names, sizeof(names));
	snprintf(error, error_bytes, "unknown device \"%s\": give a file, or one of %s (in %s)",
		name, *names ? names : "none", dir);
	return -ENOENT;
}

int sim_kfd_version_parse(const char *text, uint32_t *minor_p, char *error, size_t error_bytes)
{
	char *end = NULL;
	unsigned long minor = 0;

	if (!strncmp(text, "1.", 2) && isdigit((unsigned char)text[2]))
		minor = strtoul(text + 2, &end, 10);
	if (!end || *end || minor < SIM_MIN_KFD_MINOR || minor > SIM_MAX_KFD_MINOR) {
		snprintf(error, error_bytes, "KFD version \"%s\": must be from 1.%u to 1.%u", text,
			SIM_MIN_KFD_MINOR, SIM_MAX_KFD_MINOR);
		return -EINVAL;
	}
	*minor_p = (uint32_t)minor;
	return 0;
}
