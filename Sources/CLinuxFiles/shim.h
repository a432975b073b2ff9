#pragma once

// Linux calls that Swift's Glibc module does not show: they are variadic, or behind _GNU_SOURCE.
// Each answers -errno where the call fails, so that errno is read in the same frame.

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Opens what `path` names beneath `directory`: never above it, never through a link, never into another file system.
static inline int vmshop_open_beneath(int directory, const char *path, uint64_t flags, uint64_t mode) {
    struct open_how how = {
        .flags = flags | O_CLOEXEC,
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
    };
    long answer = syscall(SYS_openat2, directory, path, &how, sizeof how);
    return answer < 0 ? -errno : (int)answer;
}

// Opens what `path` names beneath `directory`, to read it: never above it, never through a link. Other file systems that are
// mounted there are the administrator's.
static inline int vmshop_open_within(int directory, const char *path, uint64_t flags) {
    struct open_how how = {
        .flags = flags | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long answer = syscall(SYS_openat2, directory, path, &how, sizeof how);
    return answer < 0 ? -errno : (int)answer;
}

// Takes hold of what `path` names beneath `directory` without opening it: a device is not started, a pipe not waited for.
// A link at the end is held itself.
static inline int vmshop_hold_beneath(int directory, const char *path) {
    return vmshop_open_beneath(directory, path, __O_PATH | O_NOFOLLOW, 0);
}

// Opens a path as it stands.
static inline int vmshop_open(const char *path, int flags) {
    int answer = open(path, flags | O_CLOEXEC);
    return answer < 0 ? -errno : answer;
}

// Renames, and fails with -EEXIST where the new name is taken.
static inline int vmshop_rename_exclusively(int from, const char *old, int to, const char *fresh) {
    long answer = syscall(SYS_renameat2, from, old, to, fresh, RENAME_NOREPLACE);
    return answer < 0 ? -errno : 0;
}

// Lets `copy` share the blocks of `source` until either is written to: all of it, in place of what it holds.
static inline int vmshop_reflink(int copy, int source) {
    return ioctl(copy, FICLONE, source) < 0 ? -errno : 0;
}

// Copies bytes of a file to the same place in another, in the kernel; answers how many it copied.
static inline long vmshop_copy_range(int source, int copy, long offset, long count) {
    long from = offset, to = offset;
    long answer = syscall(SYS_copy_file_range, source, &from, copy, &to, (unsigned long)count, 0);
    return answer < 0 ? -errno : answer;
}

// Makes the interface with the index `port` a port of `bridge`; -EBUSY where it is one of some bridge already.
static inline int vmshop_join_bridge(const char *bridge, unsigned int port) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, bridge, IFNAMSIZ - 1);
    request.ifr_ifindex = (int)port;
    int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any < 0) return -errno;
    int answer = ioctl(any, 0x89a2 /* SIOCBRADDIF */, &request) < 0 ? -errno : 0;
    close(any);
    return answer;
}

// Sends a datagram without content from an address of this host to another address, both in the host's byte order. Does not
// wait; -EADDRNOTAVAIL where this host has no such address.
static inline int vmshop_send_empty(uint32_t from, uint32_t to, uint16_t port) {
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(from)};
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(to), .sin_port = htons(port)};
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any < 0) return -errno;
    int answer = bind(any, (struct sockaddr *)&source, sizeof source) < 0
        || sendto(any, "", 0, MSG_DONTWAIT, (struct sockaddr *)&target, sizeof target) < 0 ? -errno : 0;
    close(any);
    return answer;
}
