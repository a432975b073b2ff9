#pragma once

// What glibc's allocator can be told, which Swift's Glibc module does not show.

#include <malloc.h>
