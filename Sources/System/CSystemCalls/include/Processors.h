/* Processors, and who gets them. */
#pragma once

/* As many as this process may use; 1 if that is not known. */
int pipam_processors(void);

/* From now on, others come before this thread by so much more, as by nice(1). */
void pipam_thread_stand_back(int niceness);
