#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { most_events = 512, largest = 16384 };

struct answering {
    int listener;
    size_t question, answer;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void watch(int epoll, int file) {
    int yes = 1;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = file};
    epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
}

// Answers whoever asks, until the listener is shut down.
static void *answering(void *argument) {
    struct answering *own = argument;
    static char bytes[largest];
    struct epoll_event events[most_events];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, own->listener);
    for (int isOver = 0; !isOver;) {
        int count = epoll_wait(epoll, events, most_events, -1);
        for (int index = 0; index < count; index++) {
            int file = events[index].data.fd;
            if (file != own->listener) {
                ssize_t length = read(file, bytes, sizeof bytes);
                // A question comes whole: it is smaller than a segment of the loopback.
                if (length > 0) length = write(file, bytes, own->answer);
                if (length <= 0) close(file);
                continue;
            }
            int peer = accept4(file, NULL, NULL, SOCK_CLOEXEC);
            if (peer < 0) isOver = 1;
            else watch(epoll, peer);
        }
    }
    close(epoll);
    return NULL;
}

static int listening(void) {
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (file < 0 || bind(file, (struct sockaddr *)&address, sizeof address) || listen(file, 4096)) return -1;
    return file;
}

static int ask(int epoll, const int *files, int peers, const struct answering *own) {
    static char bytes[largest];
    struct epoll_event events[most_events];
    for (int index = 0; index < peers; index++) {
        if (write(files[index], bytes, own->question) != (ssize_t)own->question) return errno;
    }
    for (size_t left = own->answer * (size_t)peers; left > 0;) {
        int count = epoll_wait(epoll, events, most_events, 10000);
        if (count <= 0) return count ? errno : ETIMEDOUT;
        for (int index = 0; index < count; index++) {
            ssize_t length = read(events[index].data.fd, bytes, sizeof bytes);
            if (length <= 0) return length ? errno : ECONNRESET;
            left -= (size_t)length;
        }
    }
    return 0;
}

int benchmark_floor_ask(int peers, int rounds, size_t question, size_t answer, double *seconds) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (question > largest || answer > largest) return EMSGSIZE;
    struct answering own = {listening(), question, answer};
    if (own.listener < 0) return errno;
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    getsockname(own.listener, (struct sockaddr *)&address, &length);
    pthread_t thread;
    pthread_create(&thread, NULL, answering, &own);
    int *files = calloc((size_t)peers, sizeof *files);
    int epoll = epoll_create1(EPOLL_CLOEXEC), failed = 0, open = 0;
    for (; open < peers && !failed; open++) {
        files[open] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (files[open] < 0 || connect(files[open], (struct sockaddr *)&address, sizeof address)) failed = errno;
        else watch(epoll, files[open]);
    }
    for (int round = 0; round < rounds && !failed; round++) {
        double begin = now();
        failed = ask(epoll, files, peers, &own);
        seconds[round] = now() - begin;
    }
    for (int index = 0; index < open; index++) close(files[index]);
    shutdown(own.listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(own.listener);
    close(epoll);
    free(files);
    return failed;
}
