/* SPDX-License-Identifier: MIT */
/*
 * Copies in every direction, between pageable and pinned memory, of odd sizes and offsets, linear
 * and of two or three dimensions. Every destination is compared to the last byte, and so are the
 * bytes around it.
 */
#include "check.h"

#define GUARD 64

typedef std::vector<unsigned char> bytes;

static bytes random_bytes(size_t count, uint64_t seed)
{
	bytes v(count);
	random64 r(seed);
	for (size_t i = 0; i < count; i++)
		v[i] = (unsigned char)(r.next() >> 32);
	return v;
}

static const size_t sizes[] = {
	1, 2, 3, 4, 7, 64, 255, 4095, 4096, 4097, 65537, 1000003, (4 << 20) + 1, 16 << 20};

static void same_bytes(const bytes &got, const bytes &want, size_t size, const char *what)
{
	if (memcmp(got.data(), want.data(), want.size()) == 0)
		return;
	size_t i = 0;
	while (got[i] == want[i])
		i++;
	print_error("%s of %zu bytes: byte %zu: expected %02x, got %02x\n", what, size, i, want[i],
		got[i]);
	fail();
}

static void host_to_device_and_back_keeps_every_byte(void **state)
{
	for (size_t size : sizes) {
		bytes in = random_bytes(size, size), out(size);
		char *p = device_new<char>(size);
		hip_ok(hipMemcpy(p, in.data(), size, hipMemcpyHostToDevice));
		hip_ok(hipMemcpy(out.data(), p, size, hipMemcpyDeviceToHost));
		same_bytes(out, in, size, "H2D, D2H");
		hip_ok(hipFree(p));
	}
}

static void pinned_memory_copies_both_ways(void **state)
{
	for (size_t size : sizes) {
		bytes in = random_bytes(size, size + 1);
		unsigned char *from, *to;
		char *p = device_new<char>(size);
		hip_ok(hipHostMalloc((void **)&from, size, 0));
		hip_ok(hipHostMalloc((void **)&to, size, 0));
		memcpy(from, in.data(), size);
		hip_ok(hipMemcpyAsync(p, from, size, hipMemcpyHostToDevice, NULL));
		hip_ok(hipMemcpyAsync(to, p, size, hipMemcpyDeviceToHost, NULL));
		hip_ok(hipStreamSynchronize(NULL));
		same_bytes(bytes(to, to + size), in, size, "pinned H2D, D2H");
		hip_ok(hipFree(p));
		hip_ok(hipHostFree(from));
		hip_ok(hipHostFree(to));
	}
}

static void device_to_device_keeps_every_byte(void **state)
{
	for (size_t size : sizes) {
		bytes in = random_bytes(size, size + 2), out(size);
		char *a = device_new<char>(size), *b = device_new<char>(size);
		hip_ok(hipMemcpy(a, in.data(), size, hipMemcpyHostToDevice));
		hip_ok(hipMemcpy(b, a, size, hipMemcpyDeviceToDevice));
		hip_ok(hipMemcpy(out.data(), b, size, hipMemcpyDeviceToHost));
		same_bytes(out, in, size, "D2D");
		hip_ok(hipFree(a));
		hip_ok(hipFree(b));
	}
}

static void host_to_host_keeps_every_byte(void **state)
{
	bytes in = random_bytes(100001, 3), out(in.size());
	hip_ok(hipMemcpy(out.data(), in.data(), in.size(), hipMemcpyHostToHost));
	same_bytes(out, in, in.size(), "H2H");
	memset(out.data(), 0, out.size());
	hip_ok(hipMemcpy(out.data(), in.data(), in.size(), hipMemcpyDefault));
	same_bytes(out, in, in.size(), "H2H, default direction");
}

/* Copies @size bytes between offsets of guarded buffers and checks both data and guards. */
static void copy_with_offsets(char *a, char *b, size_t size, size_t from, size_t to)
{
	bytes in = random_bytes(size + 2 * GUARD, size * 31 + from), want(size + 2 * GUARD, 0xee),
	      out(want.size());
	hip_ok(hipMemcpy(a, in.data(), in.size(), hipMemcpyHostToDevice));
	hip_ok(hipMemcpy(b, want.data(), want.size(), hipMemcpyHostToDevice));
	hip_ok(hipMemcpy(b + to, a + from, size, hipMemcpyDeviceToDevice));
	memcpy(want.data() + to, in.data() + from, size);
	hip_ok(hipMemcpy(out.data(), b, out.size(), hipMemcpyDeviceToHost));
	same_bytes(out, want, size, "D2D with offsets");
	memset(want.data(), 0x33, want.size());
	memcpy(want.data() + to, in.data() + from, size);
	memset(out.data(), 0x33, out.size());
	hip_ok(hipMemcpy(out.data() + to, a + from, size, hipMemcpyDeviceToHost));
	same_bytes(out, want, size, "D2H with offsets");
	hip_ok(hipMemcpy(b, want.data(), want.size(), hipMemcpyHostToDevice));
	hip_ok(hipMemcpy(b + to, in.data() + from, size, hipMemcpyHostToDevice));
	hip_ok(hipMemcpy(out.data(), b, out.size(), hipMemcpyDeviceToHost));
	same_bytes(out, want, size, "H2D with offsets");
}

static void unaligned_copies_touch_only_their_bytes(void **state)
{
	static const size_t unaligned_sizes[] = {1, 5, 16, 63, 1000, 4099, 300001};
	static const size_t offsets[] = {0, 1, 3, 4, 15, 33};
	char *a = device_new<char>(300001 + 2 * GUARD), *b = device_new<char>(300001 + 2 * GUARD);
	for (size_t size : unaligned_sizes)
		for (size_t i = 0; i < 6; i++)
			copy_with_offsets(a, b, size, offsets[i], offsets[5 - i]);
	hip_ok(hipFree(a));
	hip_ok(hipFree(b));
}

static void asynchronous_copies_keep_stream_order(void **state)
{
	const size_t size = 70001;
	const int rounds = 8;
	bytes in[rounds], out[rounds];
	hipStream_t stream;
	char *p = device_new<char>(size);
	hip_ok(hipStreamCreate(&stream));
	for (int i = 0; i < rounds; i++) {
		in[i] = random_bytes(size, i + 50);
		out[i].resize(size);
		hip_ok(hipMemcpyAsync(p, in[i].data(), size, hipMemcpyHostToDevice, stream));
		hip_ok(hipMemcpyAsync(out[i].data(), p, size, hipMemcpyDeviceToHost, stream));
	}
	hip_ok(hipStreamSynchronize(stream));
	for (int i = 0; i < rounds; i++)
		same_bytes(out[i], in[i], size, "asynchronous copy");
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipFree(p));
}

static void two_dimensional_copies_leave_the_gaps(void **state)
{
	skip_without_pitch();
	const size_t width = 201, height = 37, host_pitch = 223, size = host_pitch * height;
	bytes in = random_bytes(size, 7), out(size, 0xaa), want(size, 0xaa);
	char *p;
	char *q;
	size_t pitch, q_pitch;
	hip_ok(hipMallocPitch((void **)&p, &pitch, width, height));
	hip_ok(hipMallocPitch((void **)&q, &q_pitch, width + 300, height));
	hip_ok(hipMemcpy2D(p, pitch, in.data(), host_pitch, width, height, hipMemcpyHostToDevice));
	hip_ok(hipMemcpy2D(q, q_pitch, p, pitch, width, height, hipMemcpyDeviceToDevice));
	hip_ok(hipMemcpy2DAsync(
		out.data(), host_pitch, q, q_pitch, width, height, hipMemcpyDeviceToHost, NULL));
	hip_ok(hipStreamSynchronize(NULL));
	for (size_t row = 0; row < height; row++)
		memcpy(&want[row * host_pitch], &in[row * host_pitch], width);
	same_bytes(out, want, size, "2D copy");
	hip_ok(hipFree(p));
	hip_ok(hipFree(q));
}

static void three_dimensional_copies_keep_every_byte(void **state)
{
	skip_without_pitch();
	const size_t width = 52, height = 9, depth = 5, size = width * height * depth;
	bytes in = random_bytes(size, 11), out(size);
	hipPitchedPtr device;
	hipMemcpy3DParms p;
	hip_ok(hipMalloc3D(&device, make_hipExtent(width, height, depth)));
	memset(&p, 0, sizeof(p));
	p.srcPtr = make_hipPitchedPtr(in.data(), width, width, height);
	p.dstPtr = device;
	p.extent = make_hipExtent(width, height, depth);
	p.kind = hipMemcpyHostToDevice;
	hip_ok(hipMemcpy3D(&p));
	p.srcPtr = device;
	p.dstPtr = make_hipPitchedPtr(out.data(), width, width, height);
	p.kind = hipMemcpyDeviceToHost;
	hip_ok(hipMemcpy3D(&p));
	same_bytes(out, in, size, "3D copy");
	hip_ok(hipFree(device.ptr));
}

static void default_direction_is_found_from_the_pointers(void **state)
{
	bytes in = random_bytes(12345, 8), out(in.size());
	char *a = device_new<char>(in.size()), *b = device_new<char>(in.size());
	hip_ok(hipMemcpy(a, in.data(), in.size(), hipMemcpyDefault));
	hip_ok(hipMemcpy(b, a, in.size(), hipMemcpyDefault));
	hip_ok(hipMemcpy(out.data(), b, in.size(), hipMemcpyDefault));
	same_bytes(out, in, in.size(), "default direction");
	hip_ok(hipFree(a));
	hip_ok(hipFree(b));
}

static void copies_beyond_an_allocation_are_refused(void **state)
{
	bytes host(8192);
	char *p = device_new<char>(4096);
	assert_true(hipMemcpy(p, host.data(), 8192, hipMemcpyHostToDevice) != hipSuccess);
	assert_true(hipMemcpy(p, NULL, 16, hipMemcpyHostToDevice) != hipSuccess);
	hip_ok(hipMemcpy(p, host.data(), 0, hipMemcpyHostToDevice));
	(void)hipGetLastError();
	hip_ok(hipFree(p));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_to_device_and_back_keeps_every_byte),
		cmocka_unit_test(pinned_memory_copies_both_ways),
		cmocka_unit_test(device_to_device_keeps_every_byte),
		cmocka_unit_test(host_to_host_keeps_every_byte),
		cmocka_unit_test(unaligned_copies_touch_only_their_bytes),
		cmocka_unit_test(asynchronous_copies_keep_stream_order),
		cmocka_unit_test(two_dimensional_copies_leave_the_gaps),
		cmocka_unit_test(three_dimensional_copies_keep_every_byte),
		cmocka_unit_test(default_direction_is_found_from_the_pointers),
		cmocka_unit_test(copies_beyond_an_allocation_are_refused),
	};
	return hip_test_main(tests);
}
