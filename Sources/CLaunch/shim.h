#pragma once

// What it takes to run a machine's process ourselves: the start as another user, process and file descriptors, sealed
// memory, taps. (Numbers stand where the kernel's headers and the C library's do not go together.) Linux calls that Swift's Glibc module does not show, or that may not be made between fork and exec in
// Swift. Each answers -errno where the call fails.

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/memfd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct vmshop_launch {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const int *kept;   // descriptors that the program finds open, under the same numbers
    int kept_count;
    int errors;        // becomes its standard error; input and output are /dev/null
    int identity;      // a file that the process writes its id to before it becomes the program
    int changes_user;  // whether to become user and group, without other groups
    uint32_t user;
    uint32_t group;
};

// What the new process does before it becomes the program. It borrows the parent's memory: only calls to the kernel.
static inline int vmshop_become(const struct vmshop_launch *launch) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    char digits[16];
    int at = sizeof digits;
    digits[--at] = '\n';
    for (long left = syscall(SYS_getpid); left > 0; left /= 10) digits[--at] = (char)('0' + left % 10);
    if (write(launch->identity, digits + at, sizeof digits - at) < 0) return errno;
    if (setsid() < 0) return errno;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(launch->errors, 2) < 0) return errno;
    if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0) return errno;
    for (int i = 0; i < launch->kept_count; i++)
        if (fcntl(launch->kept[i], F_SETFD, 0) < 0) return errno;
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    if (launch->changes_user) {
        // By themselves: glibc's own would have every thread of the parent change its user, too.
        if (syscall(SYS_setgroups, 0, 0) < 0) return errno;
        if (syscall(SYS_setresgid, launch->group, launch->group, launch->group) < 0) return errno;
        if (syscall(SYS_setresuid, launch->user, launch->user, launch->user) < 0) return errno;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return errno;
    sigprocmask(SIG_SETMASK, &none, 0);
    execve(launch->path, launch->arguments, launch->environment);
    return errno;
}

// Starts a program in a session of its own, so that it outlives us; answers its process id.
__attribute__((noinline)) static int vmshop_start(const struct vmshop_launch *launch) {
    volatile int failure = 0;
    sigset_t all, before;
    sigfillset(&all);
    // A handler of ours must not run in the new process.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t process = vfork();
    if (process == 0) {
        failure = vmshop_become(launch);
        _exit(127);
    }
    int error = process < 0 ? errno : failure;
    if (process > 0 && failure) while (waitpid(process, 0, 0) < 0 && errno == EINTR) {}
    pthread_sigmask(SIG_SETMASK, &before, 0);
    return error ? -error : process;
}

// A descriptor of a process, which names it even after its id was given to another. It can be read once the process ended.
static inline int vmshop_process_descriptor(int process) {
    long answer = syscall(SYS_pidfd_open, process, 0);
    return answer < 0 ? -errno : (int)answer;
}

static inline int vmshop_signal_process(int descriptor, int number) {
    return syscall(SYS_pidfd_send_signal, descriptor, number, 0, 0) < 0 ? -errno : 0;
}

// Takes note of the end of a process if it is a child of ours and has ended; answers 1 and its status, 0 otherwise. One
// that was ended by a signal has 256 and the signal as its status.
static inline int vmshop_reap(int descriptor, int *status) {
    siginfo_t found;
    memset(&found, 0, sizeof found);
    if (waitid((idtype_t)3 /* P_PIDFD */, (id_t)descriptor, &found, WEXITED | WNOHANG) < 0 || found.si_pid == 0) return 0;
    *status = found.si_code == CLD_EXITED ? found.si_status : 256 + found.si_status;
    return 1;
}

// Sends bytes over a connected socket, and with them a descriptor unless it is negative.
static inline long vmshop_send(int socket, const void *bytes, unsigned long count, int descriptor) {
    struct iovec part = {(void *)bytes, count};
    union { char room[CMSG_SPACE(sizeof(int))]; struct cmsghdr aligned; } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.room;
        message.msg_controllen = sizeof control.room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    }
    long answer = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return answer < 0 ? -errno : answer;
}

// A Unix socket at `name` in a directory: listening, or connected to who listens there. By way of the directory's
// descriptor, since a socket's address has room for 107 bytes only.
static inline int vmshop_unix_socket(int directory, const char *name, int listens) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name);
    if (length >= (int)sizeof address.sun_path) return -ENAMETOOLONG;
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) return -errno;
    int answer = listens ? bind(made, (struct sockaddr *)&address, sizeof address)
                         : connect(made, (struct sockaddr *)&address, sizeof address);
    if (answer == 0 && listens) answer = listen(made, 1);
    if (answer == 0) return made;
    int error = errno;
    close(made);
    return -error;
}

// Memory with a name to show and no path, which can be sealed.
static inline int vmshop_memory_file(const char *name) {
    long answer = syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return answer < 0 ? -errno : (int)answer;
}

// From now on nobody can change the memory, whatever descriptor or mapping of it he has: writing, size, these seals.
static inline int vmshop_seal(int descriptor) {
    int seals = 0x1 /* SEAL */ | 0x2 /* SHRINK */ | 0x4 /* GROW */ | 0x8 /* WRITE */;
    return fcntl(descriptor, 1033 /* F_ADD_SEALS */, seals) < 0 ? -errno : 0;
}

// A tap of that name, which is there as long as the descriptor, or a copy of it, is open.
static inline int vmshop_open_tap(const char *name) {
    int descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return -errno;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_flags = 0x5002 /* IFF_TAP | IFF_NO_PI | IFF_VNET_HDR */;
    if (ioctl(descriptor, 0x400454ca /* TUNSETIFF */, &request) == 0) return descriptor;
    int error = errno;
    close(descriptor);
    return -error;
}

// Makes an interface a port of a bridge.
static inline int vmshop_tap_join(const char *name, const char *bridge) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, bridge, IFNAMSIZ - 1);
    request.ifr_ifindex = (int)if_nametoindex(name);
    int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any < 0) return -errno;
    int answer = ioctl(any, 0x89a2 /* SIOCBRADDIF */, &request) < 0 ? -errno : 0;
    close(any);
    return answer;
}

// Brings an interface up.
static inline int vmshop_tap_up(const char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any < 0) return -errno;
    int answer = ioctl(any, SIOCGIFFLAGS, &request) < 0 ? -errno : 0;
    request.ifr_flags |= IFF_UP;
    if (answer == 0) answer = ioctl(any, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
    close(any);
    return answer;
}

// Isolates a bridge's port: what comes in from it reaches the host, and no other isolated port.
static inline int vmshop_tap_isolate(const char *name) {
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
        struct rtattr protocol, isolated;
        uint8_t value, padding[3];
    } request;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_SETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.link.ifi_family = PF_BRIDGE;
    request.link.ifi_index = (int)if_nametoindex(name);
    request.protocol.rta_type = 12 /* IFLA_PROTINFO */ | NLA_F_NESTED;
    request.protocol.rta_len = 2 * sizeof(struct rtattr) + 4;
    request.isolated.rta_type = 33 /* IFLA_BRPORT_ISOLATED */;
    request.isolated.rta_len = sizeof(struct rtattr) + 1;
    request.value = 1;
    int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (kernel < 0) return -errno;
    struct { struct nlmsghdr header; struct nlmsgerr error; } answer;
    memset(&answer, 0, sizeof answer);
    int result = send(kernel, &request, sizeof request, 0) < 0 || recv(kernel, &answer, sizeof answer, MSG_TRUNC) < 0
        ? -errno : answer.error.error;
    close(kernel);
    return result;
}
