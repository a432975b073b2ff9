#pragma once

#include <stddef.h>

// Makes a file of `size` bytes with `count` stretches that are not zeros, and makes it durable: the least that a new disk
// takes. Answers 0, or what errno was.
int benchmark_floor_write(
    const char *path, size_t size, size_t count, const size_t *offsets, const size_t *lengths, const unsigned char *bytes);
