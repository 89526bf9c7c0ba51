/* Counts what a thread asks of the allocator and of Swift's reference counting. Linked into a
   program, it takes the place of malloc and its like. */
#pragma once
#include <stdint.h>

struct pipam_counts {
    uint64_t allocations; /* malloc, calloc, realloc, aligned_alloc, posix_memalign, free */
    uint64_t references;  /* swift_retain, swift_release and their multiples, swift_allocObject */
};

/* Begins to count on this thread, from zero. */
void pipam_counts_begin(void);

/* What this thread asked for since; counting ends. */
struct pipam_counts pipam_counts_end(void);
