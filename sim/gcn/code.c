/* SPDX-License-Identifier: MIT */
/*
 * The cache of decoded instructions. Each thread that steps groups has its own, so that looking up takes no lock; memory is
 * the truth, and the words that were decoded are kept to compare with it.
 *
 * Code memory is rewritten: the runtime loads kernels with blit kernels and then invalidates the instruction cache. An
 * epoch counts such events, launches included. A page that is used for the first time in an epoch is compared with memory
 * (4 KiB, some 100 ns) and what changed is decoded again, so that a needless invalidation costs next to nothing.
 */
#include "sim/gcn/code.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 64, MAX_PAGES = 512 };

struct code_cache {
	struct gcn_code_page *bucket[BUCKETS];
	unsigned pages;
};

/* Written by any thread that invalidates, read by those that step groups. */
static _Atomic uint32_t invalidations;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t cache_key;
static bool have_key;
static __thread struct code_cache *thread_cache;

static void cache_clear(struct code_cache *cache)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		while (cache->bucket[i]) {
			struct gcn_code_page *page = cache->bucket[i];

			cache->bucket[i] = page->next;
			free(page);
		}
	}
	cache->pages = 0;
}

static void cache_free(void *arg)
{
	cache_clear(arg);
	free(arg);
}

static void cache_key_init(void)
{
	have_key = !pthread_key_create(&cache_key, cache_free);
}

static struct code_cache *cache_get(void)
{
	if (thread_cache)
		return thread_cache;
	pthread_once(&once, cache_key_init);
	thread_cache = calloc(1, sizeof(*thread_cache));
	/* Without a key the cache outlives its thread; nothing else is wrong then. */
	if (thread_cache && have_key)
		pthread_setspecific(cache_key, thread_cache);
	return thread_cache;
}

void gcn_code_invalidate(const struct gcn_machine *machine)
{
	(void)machine;
	/* Release: the new code is in memory before the epoch changes. Pairs with the acquire in gcn_code_epoch(). */
	atomic_fetch_add_explicit(&invalidations, 1, memory_order_release);
}

uint64_t gcn_code_epoch(const struct gcn_machine *machine)
{
	/* Acquire: pairs with gcn_code_invalidate(), and with whoever changes the mappings. */
	uint64_t mappings = atomic_load_explicit(machine->vm_generation, memory_order_acquire);

	return mappings << 32 | atomic_load_explicit(&invalidations, memory_order_acquire);
}

/* Compares the page with memory and forgets what was decoded if it differs. */
static bool page_check(struct gcn_code_page *page, uint64_t epoch)
{
	const struct gcn_machine *m = page->machine;
	const uint8_t *host = m->page(m->ctx, page->va, false);

	if (!host)
		return false;

	const uint8_t *next = m->page(m->ctx, page->va + GCN_PAGE_BYTES, false);
	unsigned count = GCN_PAGE_DWORDS + (next ? 2 : 0);

	if (count != page->word_count || memcmp(page->words, host, GCN_PAGE_BYTES) ||
		(next && memcmp(page->words + GCN_PAGE_DWORDS, next, 8))) {
		memcpy(page->words, host, GCN_PAGE_BYTES);
		if (next)
			memcpy(page->words + GCN_PAGE_DWORDS, next, 8);
		page->word_count = count;
		for (unsigned i = 0; i < GCN_PAGE_DWORDS; i++)
			page->inst[i].dwords = 0;
	}
	page->checked = epoch;
	return true;
}

struct gcn_code_page *gcn_code_page(const struct gcn_machine *machine, uint64_t va, uint64_t epoch)
{
	struct code_cache *cache = cache_get();

	va &= ~(uint64_t)(GCN_PAGE_BYTES - 1);
	if (!cache)
		return NULL;

	struct gcn_code_page **bucket = &cache->bucket[va / GCN_PAGE_BYTES % BUCKETS];
	struct gcn_code_page *page = *bucket;

	while (page && (page->va != va || page->machine != machine))
		page = page->next;
	if (!page) {
		/* Too many pages are rare (2 MiB of code): starting over is simpler than choosing a victim. */
		if (cache->pages >= MAX_PAGES)
			cache_clear(cache);
		page = calloc(1, sizeof(*page));
		if (!page)
			return NULL;
		page->machine = machine;
		page->va = va;
		page->checked = ~epoch;
		page->next = *bucket;
		*bucket = page;
		cache->pages++;
	}
	if (page->checked != epoch && !page_check(page, epoch))
		return NULL;
	return page;
}

const struct gcn_inst *gcn_code_inst(struct gcn_code_page *page, unsigned index)
{
	struct gcn_inst *in = &page->inst[index];

	if (in->dwords)
		return in;
	if (gcn_decode(page->machine->isa, page->words + index, page->word_count - index, in)) {
		in->dwords = 0;
		return NULL;
	}
	return in;
}
