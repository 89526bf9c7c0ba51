/* The C library's allocator: what it keeps back from the system. */
#pragma once

/* From now on all threads share one arena: each further one keeps megabytes that it hardly uses.
   Call before the first thread starts. */
void pipam_memory_use_one_arena(void);

/* Gives free memory back to the system. */
void pipam_memory_trim(void);

/* Takes the pages of the program and its libraries that nobody writes to out of the process's
   memory; they stay in the system's cache, from where those that are needed come back one by one.
   What only the start needed, most of them, does not. */
void pipam_memory_forget_code(void);

/* Has the processor fetch what an address points at, without waiting for it. Any address will do. */
static inline void pipam_memory_prefetch(const void *address)
{
    __builtin_prefetch(address);
}
