/* SPDX-License-Identifier: MIT */
/* The simulated kernel driver as the preload library calls it: /dev/kfd's operations and what sysfs shows of a process. */
#ifndef SIM_KFD_H
#define SIM_KFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** kfd_open() - /dev/kfd is opened. Return: 0; -errno that open() is to give. */
int kfd_open(void);
/** kfd_is_open() - whether this process has opened /dev/kfd */
bool kfd_is_open(void);
/**
 * kfd_ioctl() - one ioctl on /dev/kfd
 * @cmd: the request; as in the driver only its number and size count
 * @arg: the application's structure, any pointer: a wrong one gives -EFAULT
 * Return: what the driver would return: >= 0 or -errno.
 * Source: Linux 7.2, amdkfd/kfd_chardev.c kfd_ioctl().
 */
int kfd_ioctl(unsigned long cmd, void *arg);
/** kfd_ioctl_name() - "CREATE_QUEUE" for 0x02; NULL for a number without a meaning */
const char *kfd_ioctl_name(uint32_t nr);
/**
 * kfd_mmap() - mmap() of /dev/kfd
 * Return: 0 and the place in *@file_offset_p, where the file of /dev/kfd is to be mapped shared; -errno.
 * Source: Linux 7.2, amdkfd/kfd_chardev.c kfd_mmap().
 */
int kfd_mmap(uint64_t offset, size_t bytes, uint64_t *file_offset_p);
/** kfd_drm_mmap() - check an mmap() of GPU @gpu's render node. Return: 0; -errno. */
int kfd_drm_mmap(uint32_t gpu, uint64_t offset, size_t bytes, int prot, int flags);
/** kfd_munmap() - the application is about to unmap [@addr, @addr + @bytes). Cheap when nothing of ours is there. */
void kfd_munmap(void *addr, size_t bytes);
/** kfd_doorbells_mapped() - the application mapped the doorbells of GPU @gpu at @addr */
void kfd_doorbells_mapped(void *addr, size_t bytes, uint32_t gpu);

/* GPU memory in use by this process, for the render node's queries. */
uint64_t kfd_vram_used(uint32_t gpu);
uint64_t kfd_system_used(void);
uint64_t kfd_system_limit(void);

struct sim_device;
/** kfd_capability() - the capability word of node properties: the device's, without what the simulator lacks */
uint32_t kfd_capability(const struct sim_device *d);
/** kfd_vram_lost() - how many resets of the GPU lost its memory; any thread */
uint32_t kfd_vram_lost(uint32_t gpu);
/**
 * kfd_gpu_reset() - GPU @gpu hangs and is reset: the process's queues there are lost, its runtime and debugger learn of it
 * Context: takes the process mutex and the engine lock.
 * Source: Linux 6.12, amdkfd/kfd_device.c kgd2kfd_pre_reset(), kfd_events.c kfd_signal_reset_event().
 */
void kfd_gpu_reset(uint32_t gpu);
/**
 * kfd_queue_reset() - queue @queue_id hangs and is reset alone: it stops for good; from KFD 1.17 on no queue of the process
 * can be changed on that GPU any more. A driver before that resets the GPU.
 * Context: as kfd_gpu_reset().
 * Source: Linux 6.12, amdkfd/kfd_device_queue_manager.c set_queue_as_reset(), update_queue().
 */
void kfd_queue_reset(uint32_t queue_id);

/** struct kfd_queue_info - what sysfs shows of a queue */
struct kfd_queue_info {
	uint32_t id, gpu_id, type, ring_bytes;
};
/** kfd_queue_list() - at most @count queues of this process by ascending id. Return: how many there are. */
uint32_t kfd_queue_list(struct kfd_queue_info *info, uint32_t count);

/** kfd_fork_child() - in a forked child: nothing is open, as in a process that never opened /dev/kfd. For pthread_atfork(). */
void kfd_fork_child(void);

#endif
