/* SPDX-License-Identifier: MIT */
/* What the fake tool library and the fake HIP of tests/unit/client tell each other. Written by the test through dlsym(). */
#ifndef CLIENT_FAKE_H
#define CLIENT_FAKE_H

struct fake_tool {
	int status;		/* what scheduled() says */
	const void *submitted;	/* set by the fake HIP: where the calling thread submits */
	const void *gone;	/* a queue that is not found */
	const void *last_queue; /* of the latest call */
	int calls;
};

struct fake_hip {
	void (*submit)(void); /* called when an event is recorded */
	int capturing, error;
	int device, stream_device; /* current, and that of each stream but the default one */
	int event_device;	   /* where the latest event was made */
	int events;		   /* that there are */
};

#endif
