/*
 * vmshop-watch SHARE COUNT NAME [PAUSE]: waits for vmshop-guest until something may be to be done in the script share: its
 * directory `job` has another number of names that begin with a digit than COUNT, or SHARE/NAME is there.
 *
 * The plant knocks when that is so: with a datagram, for which this waits. A datagram may be lost, so it looks now and then by
 * itself, often at first and less often later, or always after PAUSE milliseconds. A look by a shell costs an emulated guest
 * eight milliseconds, most of them for questions to the file server: every part of a path is one. This one holds the
 * directories open and mostly asks once. It dies with the runner.
 * Exit codes: 0 there may be something; 1 the share cannot be looked at; 64 wrong words.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 8101 };

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Where the plant knocks; -1 where that cannot be heard. */
static int listen_for_knocks(void)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int door = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (door < 0 || bind(door, (struct sockaddr *)&place, sizeof place) == 0) return door;
    close(door);
    return -1;
}

/* Waits so many milliseconds, or until somebody knocks; whether somebody did. */
static int wait_for_knock(int door, long pause)
{
    struct pollfd wait = {.fd = door, .events = POLLIN};
    char byte;
    if (poll(&wait, 1, (int)pause) <= 0) return 0;
    while (recv(door, &byte, 1, 0) >= 0) {}
    return 1;
}

/* Milliseconds until the next look by itself, after so many without an order. */
static long pause_after(long idle, int is_listening)
{
    if (idle < 5000) return is_listening ? 250 : idle < 1000 ? 50 : 100;
    return !is_listening && idle < 60000 ? 250 : 1000;
}

/* How many names begin with a digit; -1 where the directory cannot be read. */
static long count_names(int directory)
{
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? 0 : fdopendir(copy);
    if (!list) return -1;
    long count = 0;
    for (struct dirent *entry; (entry = readdir(list));)
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') count++;
    closedir(list);
    return count;
}

static int is_same(const struct stat *one, const struct stat *other)
{
    return one->st_mtim.tv_sec == other->st_mtim.tv_sec && one->st_mtim.tv_nsec == other->st_mtim.tv_nsec
        && one->st_nlink == other->st_nlink;
}

int main(int words, char **word)
{
    if (words < 4 || words > 5) return 64;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int share = open(word[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
    int jobs = share < 0 ? -1 : openat(share, "job", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long known = atol(word[2]), fixed = words == 5 ? atol(word[4]) : 0, began = now();
    /* Before the first look: who knocks after it is heard. */
    int door = listen_for_knocks(), is_told = 0;
    struct stat before, after;
    if (jobs < 0 || fstat(jobs, &before) != 0) return 1;
    for (long looks = 0;; looks++) {
        if (fstat(jobs, &after) != 0) return 1;
        /* A directory may change twice at one time of its clock; so its names are counted now and then. */
        if (is_told || looks % 4 == 0 || !is_same(&before, &after)) {
            long count = count_names(jobs);
            if (count < 0) return 1;
            if (count != known) return 0;
            before = after;
        }
        long pause = fixed > 0 ? fixed : pause_after(now() - began, door >= 0);
        if ((is_told || looks % 4 == 0 || fixed > 0 || pause >= 1000) && faccessat(share, word[3], F_OK, 0) == 0) return 0;
        if (getppid() == 1) return 1;
        is_told = wait_for_knock(door, pause);
    }
}
