#include "Counting.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* The C library's own, under the names that stay when malloc is replaced. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

/* Swift's hooks for instruments: the runtime calls through these once the mark is set. */
extern void *(*_swift_retain)(void *);
extern void *(*_swift_retain_n)(void *, uint32_t);
extern void (*_swift_release)(void *);
extern void (*_swift_release_n)(void *, uint32_t);
extern void *(*_swift_allocObject)(const void *, size_t, size_t);
extern bool _swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly;

static _Thread_local bool counting;
static _Thread_local struct pipam_counts counts;

static void allocated(void)
{
    if (counting) counts.allocations++;
}

void *malloc(size_t octets)
{
    allocated();
    return __libc_malloc(octets);
}

void *calloc(size_t count, size_t octets)
{
    allocated();
    return __libc_calloc(count, octets);
}

void *realloc(void *old, size_t octets)
{
    allocated();
    return __libc_realloc(old, octets);
}

void *aligned_alloc(size_t alignment, size_t octets)
{
    allocated();
    return __libc_memalign(alignment, octets);
}

int posix_memalign(void **made, size_t alignment, size_t octets)
{
    allocated();
    *made = __libc_memalign(alignment, octets);
    return *made == NULL ? ENOMEM : 0;
}

void free(void *old)
{
    allocated();
    __libc_free(old);
}

static void *(*retain)(void *);
static void *(*retain_n)(void *, uint32_t);
static void (*release)(void *);
static void (*release_n)(void *, uint32_t);
static void *(*alloc_object)(const void *, size_t, size_t);

static void *count_retain(void *object)
{
    if (counting) counts.references++;
    return retain(object);
}

static void *count_retain_n(void *object, uint32_t times)
{
    if (counting) counts.references++;
    return retain_n(object, times);
}

static void count_release(void *object)
{
    if (counting) counts.references++;
    release(object);
}

static void count_release_n(void *object, uint32_t times)
{
    if (counting) counts.references++;
    release_n(object, times);
}

static void *count_alloc_object(const void *metadata, size_t octets, size_t mask)
{
    if (counting) counts.references++;
    return alloc_object(metadata, octets, mask);
}

static void hook(void)
{
    retain = _swift_retain;
    retain_n = _swift_retain_n;
    release = _swift_release;
    release_n = _swift_release_n;
    alloc_object = _swift_allocObject;
    _swift_retain = count_retain;
    _swift_retain_n = count_retain_n;
    _swift_release = count_release;
    _swift_release_n = count_release_n;
    _swift_allocObject = count_alloc_object;
    _swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly = true;
}

void pipam_counts_begin(void)
{
    if (retain == NULL) hook();
    counts = (struct pipam_counts){0, 0};
    counting = true;
}

struct pipam_counts pipam_counts_end(void)
{
    counting = false;
    return counts;
}
