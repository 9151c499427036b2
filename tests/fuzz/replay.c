/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without libFuzzer: over the files given, or over pseudo-random inputs from a fixed seed, so that every
 * compiler and `make check` exercise the same targets. REPLAY_RUNS sets how many (default 20000).
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		return 1;
	}
	size_t size = fread(data, 1, sizeof(data), file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	return 0;
}

int main(int argc, char **argv)
{
	static uint8_t data[512];
	const char *text = getenv("REPLAY_RUNS");
	long runs = text ? atol(text) : 20000;
	uint64_t state = 0x9e3779b97f4a7c15u;
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay_file(argv[i]);
	for (long run = 0; argc == 1 && run < runs; run++) {
		/* xorshift64 */
		size_t size = (state >> 20) % sizeof(data);
		for (size_t i = 0; i < size; i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			data[i] = (uint8_t)(state >> 32);
		}
		state += 0x9e3779b97f4a7c15u;
		LLVMFuzzerTestOneInput(data, size);
	}
	return failed;
}
