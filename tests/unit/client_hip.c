/* SPDX-License-Identifier: MIT */
/* As much of HIP as the client library calls; see tests/unit/client.c and halhip.c. */
#include <stddef.h>

#include "tests/unit/client_fake.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT extern struct fake_hip fake_hip;
struct fake_hip fake_hip;

EXPORT int hipEventCreate(void **event);
EXPORT int hipEventRecord(void *event, void *stream);
EXPORT int hipEventDestroy(void *event);
EXPORT int hipStreamIsCapturing(void *stream, int *status);
EXPORT int hipGetDevice(int *device);
EXPORT int hipSetDevice(int device);
EXPORT int hipGetStreamDeviceId(void *stream);
EXPORT int hipStreamSynchronize(void *stream);
EXPORT int hipStreamQuery(void *stream);

int hipEventCreate(void **event)
{
	fake_hip.events++;
	fake_hip.event_device = fake_hip.device;
	*event = &fake_hip;
	return 0;
}

int hipEventRecord(void *event, void *stream)
{
	if (!fake_hip.error && fake_hip.submit)
		fake_hip.submit();
	return fake_hip.error;
}

int hipEventDestroy(void *event)
{
	fake_hip.events--;
	return 0;
}

int hipStreamIsCapturing(void *stream, int *status)
{
	*status = fake_hip.capturing == 1;
	return fake_hip.capturing > 1 ? fake_hip.capturing : 0;
}

int hipGetDevice(int *device)
{
	*device = fake_hip.device;
	return 0;
}

int hipSetDevice(int device)
{
	fake_hip.device = device;
	return 0;
}

int hipGetStreamDeviceId(void *stream)
{
	return fake_hip.stream_device;
}

int hipStreamSynchronize(void *stream)
{
	if (fake_hip.submit)
		fake_hip.submit();
	return fake_hip.error;
}

int hipStreamQuery(void *stream)
{
	return hipStreamSynchronize(stream);
}
