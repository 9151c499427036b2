/* SPDX-License-Identifier: MIT */
/* The simulated machine of this process: put together from the launcher's environment when first
 * asked for, constant then. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/common/log.h"
#include "sim/device/device.h"

/* As udev numbers the first card. */
#define FIRST_RENDER_MINOR 128
/* KFD hashes properties of the device; any value in 16 bits will do that differs between GPUs. */
#define FIRST_GPU_ID 45324u
#define GPU_ID_STEP  4099u

static struct sim_machine machine;
static struct sim_device devices[SIM_MAX_GPUS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Without the launcher: the default device, if it is installed. */
static void default_path(char *path, size_t bytes)
{
	snprintf(path, bytes, "%s/%s.ini", SIM_DEVICE_DIR, SIM_DEFAULT_DEVICE);
}

static void machine_add(const char *path)
{
	char error[512];
	uint32_t i = machine.gpu_count;

	if (i == SIM_MAX_GPUS) {
		sim_log(SIM_LOG_ERROR, "more than %d GPUs: %s is left out", SIM_MAX_GPUS, path);
		return;
	}
	if (sim_device_load(path, &devices[i], error, sizeof(error))) {
		sim_log(SIM_LOG_ERROR, "%s", error);
		return;
	}
	machine.gpu[i] = (struct sim_gpu){.index = i,
		.gpu_id = (FIRST_GPU_ID + i * GPU_ID_STEP) & 0xffff,
		.node = 1 + i,
		.render_minor = FIRST_RENDER_MINOR + i,
		.device = &devices[i]};
	machine.gpu_count++;
}

int sim_machine_name_ok(const char *name)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
	size_t n = strlen(name);

	return n >= 1 && n <= 40 && strspn(name, letters) == n;
}

/* Machines of one name but different GPUs are different ones: a hash of the descriptions is part of
 * the name. FNV-1a, 64 bits. */
static void set_name(void)
{
	static char name[64];
	const char *given = getenv(SIM_ENV_MACHINE);
	const unsigned char *bytes = (const unsigned char *)devices;
	uint64_t hash = 0xcbf29ce484222325;

	if (!given || !*given)
		given = SIM_DEFAULT_MACHINE;
	if (!sim_machine_name_ok(given)) {
		sim_log(SIM_LOG_ERROR,
			SIM_ENV_MACHINE
			"=%s: must be 1 to 40 letters, digits, or one of -_.; this process has "
			"its GPUs to itself",
			given);
		return;
	}
	for (size_t i = 0; i < machine.gpu_count * sizeof(devices[0]); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	snprintf(name, sizeof(name), "%s-%016llx", given, (unsigned long long)hash);
	machine.name = name;
}

static void set_costs(void)
{
	const char *list = getenv(SIM_ENV_COSTS);
	char setting[128], error[512];

	while (list && *list) {
		size_t n = strcspn(list, ",");

		snprintf(setting, sizeof(setting), "%.*s", (int)n, list);
		for (uint32_t i = 0; i < machine.gpu_count; i++)
			if (sim_device_cost(&devices[i], setting, error, sizeof(error))) {
				sim_log(SIM_LOG_ERROR, SIM_ENV_COSTS ": %s", error);
				break;
			}
		list += n + (list[n] == ',');
	}
}

static void machine_devices(void)
{
	const char *list = getenv(SIM_ENV_DEVICES), *version = getenv(SIM_ENV_KFD_VERSION);
	char path[4096], error[256];

	machine.kfd_minor = SIM_DEFAULT_KFD_MINOR;
	if (version && sim_kfd_version_parse(version, &machine.kfd_minor, error, sizeof(error)))
		sim_log(SIM_LOG_ERROR, SIM_ENV_KFD_VERSION ": %s; 1.%u is used", error,
			machine.kfd_minor);
	if (!list || !*list) {
		default_path(path, sizeof(path));
		machine_add(path);
		return;
	}
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n < sizeof(path)) {
			memcpy(path, list, n);
			path[n] = 0;
			machine_add(path);
		}
		list += n + (list[n] == ',');
	}
}

static void machine_init(void)
{
	machine_devices();
	set_costs();
	set_name();
}

const struct sim_machine *sim_machine_get(void)
{
	pthread_once(&once, machine_init);
	return &machine;
}
