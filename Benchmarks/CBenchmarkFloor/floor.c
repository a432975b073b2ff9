#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int benchmark_floor_write(
    const char *path, size_t size, size_t count, const size_t *offsets, const size_t *lengths, const unsigned char *bytes) {
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    int failed = ftruncate(file, (off_t)size);
    for (size_t index = 0; index < count && !failed; index++) {
        failed = pwrite(file, bytes, lengths[index], (off_t)offsets[index]) != (ssize_t)lengths[index];
        bytes += lengths[index];
    }
    if (!failed) failed = fsync(file);
    int code = failed ? errno : 0;
    close(file);
    return code;
}
