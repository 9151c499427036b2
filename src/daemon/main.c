/* SPDX-License-Identifier: MIT */
/* xschedd: schedules the GPU queues of all processes of a machine. See xschedd(8). */
#include <stdio.h>

#include "src/daemon/options.h"
#include "src/daemon/server.h"

int main(int argc, char **argv)
{
	struct options options;
	struct settings settings;

	options_parse(&options, argc, argv);
	if (options_load(&options, &settings))
		return 1;
	if (options.check) {
		printf("%s: can be used\n", options.config);
		return 0;
	}
	return server_run(&settings, options_load, &options) ? 1 : 0;
}
