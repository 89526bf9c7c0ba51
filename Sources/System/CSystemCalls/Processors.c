#define _GNU_SOURCE
#include "Processors.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

int pipam_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    const int count = CPU_COUNT(&set);
    return count > 1 ? count : 1;
}

void pipam_thread_stand_back(int niceness)
{
    /* On Linux each thread has a niceness of its own. What is too much counts as the most. */
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + niceness);
}

void pipam_thread_set_name(const char *name)
{
    pthread_setname_np(pthread_self(), name);
}
