/* What Swift's Glibc module lacks. No system header is included here, so that importing this
   module brings no C library names along. */
#pragma once
#include "Datagrams.h"
#include "FileStatus.h"
#include "Memory.h"
#include "Processors.h"
#include "UnixSockets.h"
