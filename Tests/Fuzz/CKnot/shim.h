#pragma once

#include <libknot/libknot.h>
