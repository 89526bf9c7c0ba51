/* Processors, and the threads that get them. */
#pragma once

/* As many as this process may use; 1 if that is not known. */
int pipam_processors(void);

/* From now on, others come before this thread by so much more, as by nice(1). */
void pipam_thread_stand_back(int niceness);

/* What this thread is called, for whoever looks at the process. A name of more than 15 octets is
   not taken. */
void pipam_thread_set_name(const char *name);
