#pragma once

#include <stddef.h>

// Makes a file of `size` bytes with `count` stretches that are not zeros, and makes it durable: the least that a new disk
// takes. Answers 0, or what errno was.
int benchmark_floor_write(
    const char *path, size_t size, size_t count, const size_t *offsets, const size_t *lengths, const unsigned char *bytes);

// Asks `peers` connections on loopback a question of `question` bytes, all at once, and waits until each has answered with `answer` bytes;
// `rounds` times. One thread asks and another answers, both by epoll, and neither looks at what comes. Writes the seconds of each round;
// answers 0, or what errno was.
int benchmark_floor_ask(int peers, int rounds, size_t question, size_t answer, double *seconds);
