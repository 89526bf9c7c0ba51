#include "Memory.h"

#include <malloc.h>

void pipam_memory_use_one_arena(void)
{
    mallopt(M_ARENA_MAX, 1);
}

void pipam_memory_trim(void)
{
    malloc_trim(0);
}
