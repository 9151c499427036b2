/* SPDX-License-Identifier: MIT */
/*
 * The hardware queue of a HIP stream. HIP tells nobody, so an event is recorded in the stream and the tool library notes to which queue
 * the calling thread submits; with HIP 5.2 and 5.7 that was always one packet at least, for the default stream too, and
 * packets that order streams among each other go to the same queue.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "src/client/loaded.h"
#include "src/client/tool.h"

/* hip_runtime_api.h, HIP 5.2 to 7.2: hipError_t and hipStreamCaptureStatus are enumerations of an int, handles are pointers. */
#define HIP_ERROR_CAPTURE_FIRST	      900
#define HIP_ERROR_CAPTURE_LAST	      909
#define HIP_STREAM_CAPTURE_STATUS_NONE 0

struct hip {
	void *handle; /* of loaded_hold() */
	int (*event_create)(void **event);
	int (*event_record)(void *event, void *stream);
	int (*event_destroy)(void *event);
	int (*stream_is_capturing)(void *stream, int *status);
	int (*get_device)(int *device);
	int (*set_device)(int device);
	int (*get_stream_device)(void *stream); /* NULL: not in this release */
};

#define SUSPENDED_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock. What does not fit is not remembered. */
static struct {
	const void *stream, *queue; /* queue NULL: free */
} suspended[SUSPENDED_MAX];

void client_stream_suspended(const void *stream, const void *queue)
{
	int place = -1;

	pthread_mutex_lock(&lock);
	for (int i = SUSPENDED_MAX - 1; i >= 0; i--) {
		if (!suspended[i].queue)
			place = i;
		if (suspended[i].queue && suspended[i].stream == stream) {
			place = i;
			break;
		}
	}
	if (place >= 0) {
		suspended[place].stream = stream;
		suspended[place].queue = queue;
	}
	pthread_mutex_unlock(&lock);
}

void client_stream_resumed(const void *queue)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; i < SUSPENDED_MAX; i++)
		if (!queue || suspended[i].queue == queue)
			suspended[i].queue = NULL;
	pthread_mutex_unlock(&lock);
}

const void *client_stream_suspended_queue(const void *stream)
{
	const void *queue = NULL;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < SUSPENDED_MAX; i++)
		if (suspended[i].queue && suspended[i].stream == stream)
			queue = suspended[i].queue;
	pthread_mutex_unlock(&lock);
	return queue;
}

/* Looked up for each call, and kept loaded meanwhile, so that the program may unload its HIP. All functions are of one. */
static bool hip_hold(struct hip *hip)
{
	static const struct {
		const char *name;
		size_t offset;
		bool needed;
	} functions[] = {
		{"hipEventCreate", offsetof(struct hip, event_create), true},
		{"hipEventRecord", offsetof(struct hip, event_record), true},
		{"hipEventDestroy", offsetof(struct hip, event_destroy), true},
		{"hipStreamIsCapturing", offsetof(struct hip, stream_is_capturing), true},
		{"hipGetDevice", offsetof(struct hip, get_device), true},
		{"hipSetDevice", offsetof(struct hip, set_device), true},
		{"hipGetStreamDeviceId", offsetof(struct hip, get_stream_device), false},
	};

	if (!loaded_hold("libamdhip64.so", functions[0].name, &hip->handle))
		return false;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *address = dlsym(hip->handle, functions[i].name);

		if (!address && functions[i].needed) {
			loaded_release(hip->handle);
			return false;
		}
		*(void **)((char *)hip + functions[i].offset) = address;
	}
	return true;
}

static int status_of(int hip_error)
{
	if (hip_error >= HIP_ERROR_CAPTURE_FIRST && hip_error <= HIP_ERROR_CAPTURE_LAST)
		return XSCHED_HSA_UNSUPPORTED;
	return XSCHED_HSA_NOT_FOUND;
}

/* Record an event in @stream, on whose GPU it must be made. */
static int record(const struct hip *hip, void *stream)
{
	int device, of_stream;
	void *event;
	int error = hip->get_device(&device);

	if (error)
		return error;
	of_stream = stream && hip->get_stream_device ? hip->get_stream_device(stream) : device;
	if (of_stream < 0 || (of_stream != device && hip->set_device(of_stream)))
		of_stream = device;
	error = hip->event_create(&event);
	if (!error) {
		error = hip->event_record(event, stream);
		hip->event_destroy(event);
	}
	if (of_stream != device)
		hip->set_device(device);
	return error;
}

static int find_queue(const struct hip *hip, const struct xsched_hsa_api *api, const void *stream, const void **queue_p)
{
	int capturing = HIP_STREAM_CAPTURE_STATUS_NONE;
	int error = hip->stream_is_capturing((void *)stream, &capturing);

	if (error)
		return status_of(error);
	if (capturing != HIP_STREAM_CAPTURE_STATUS_NONE)
		return XSCHED_HSA_UNSUPPORTED;
	api->observe_begin();
	error = record(hip, (void *)stream);
	int status = api->observe_end(queue_p);
	return error ? status_of(error) : status;
}

int client_stream_queue(const struct xsched_hsa_api *api, const void *stream, const void **queue_p)
{
	struct hip hip = {0};

	if (!CLIENT_TOOL_HAS(api, observe_end))
		return XSCHED_HSA_UNSUPPORTED;
	if (!hip_hold(&hip))
		return XSCHED_HSA_NOT_FOUND;
	int status = find_queue(&hip, api, stream, queue_p);
	loaded_release(hip.handle);
	return status;
}
