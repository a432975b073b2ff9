/*
 * vmshop-job SHARE NAME STAGE: carries out one job of a script share, as README.md says, for vmshop-guest.
 *
 * A shell needs nine processes for it, which cost an emulated guest a tenth of a second; this needs the job's own. The
 * runner does the same by itself where this program is not installed.
 *
 * The job is SHARE/job/NAME; its result grows in the directory STAGE, which then becomes SHARE/out/NAME. The environment
 * is the job's, with VMSHOP_ATTRIBUTES, where the job may write; its parameters are added here. Ends with 0 when the
 * result is published. It dies with the runner.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    DEFAULT_TIMEOUT = 60000,     /* milliseconds */
    DEFAULT_OUTPUT = 65536,      /* bytes kept of each stream */
    ATTRIBUTES_LIMIT = 65536,    /* bytes kept of what the job publishes */
    VALUE_LIMIT = 100000,        /* bytes of a parameter that fit an environment */
    GRACE = 150,                 /* milliseconds that output may still arrive after the job's end */
    NONCE_TRIES = 10,
    REFUSED = 64,
};

/* One of the job's outputs: the first bytes go into a file, the rest nowhere. */
struct stream {
    const char *name;
    int from, to;
    long left;
};

static const char *name, *stage;
static char job[4096], result[4096], nonce[256];
static int job_directory = -1, stage_directory = -1; /* each part of a path costs several calls to the file server */
static long timeout = DEFAULT_TIMEOUT, output = DEFAULT_OUTPUT;
static struct stream streams[2] = {{"stdout", -1, -1, 0}, {"stderr", -1, -1, 0}};

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void say(const char *form, ...)
{
    va_list arguments;
    va_start(arguments, form);
    dprintf(2, "vmshop-guest: ");
    vdprintf(2, form, arguments);
    dprintf(2, "\n");
    va_end(arguments);
}

/* Reads at most `limit` bytes of a file; -1 where there is none. */
static long read_file(int directory, const char *path, char *bytes, long limit)
{
    long count = 0, got = 0;
    int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    while (count < limit && (got = read(file, bytes + count, limit - count)) > 0) count += got;
    close(file);
    return got < 0 ? -1 : count;
}

static int create(const char *file) { return openat(stage_directory, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644); }

static int write_whole(int file, const char *bytes, long count)
{
    while (count > 0) {
        long put = write(file, bytes, count);
        if (put < 0 && errno != EINTR) return 0;
        if (put > 0) bytes += put, count -= put;
    }
    return 1;
}

/* --- what the plant says of the job --- */

/* Up to nine digits and nothing else; -1 for anything else. */
static long number(const char *text, long length)
{
    long value = 0;
    if (length < 1 || length > 9) return -1;
    for (long i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i])) return -1;
        value = value * 10 + text[i] - '0';
    }
    return value;
}

/* Seconds, perhaps with a fraction. The least limit is a hundredth. */
static void take_timeout(const char *text)
{
    const char *point = strchr(text, '.');
    long whole = number(text, point ? point - text : (long)strlen(text)), hundredths = 0;
    if (point) {
        char digits[3] = "00";
        for (int i = 0; i < 2 && point[i + 1]; i++) digits[i] = point[i + 1];
        hundredths = number(digits, 2);
    }
    if (whole < 0 || hundredths < 0) return;
    timeout = whole * 1000 + hundredths * 10;
    if (timeout < 10) timeout = 10;
}

static void read_limits(void)
{
    char text[1024];
    long count = read_file(job_directory, "limits", text, sizeof text - 1);
    if (count < 0) return;
    text[count] = 0;
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        if (strncmp(line, "timeout=", 8) == 0) take_timeout(line + 8);
        if (strncmp(line, "output=", 7) != 0) continue;
        long bytes = number(line + 7, strlen(line + 7));
        if (bytes >= 0) output = bytes;
    }
}

/* Without it the plant would not know the result for its own, so a look that fails, as one over a network may, is repeated. */
static void read_nonce(void)
{
    for (int tries = 0; tries < NONCE_TRIES && !nonce[0]; tries++) {
        if (tries) usleep(50000);
        long count = read_file(job_directory, "nonce", nonce, sizeof nonce - 1);
        nonce[count < 0 ? 0 : count] = 0;
        nonce[strcspn(nonce, "\n")] = 0;
    }
}

/* --- in the process that becomes the job --- */

static int is_parameter_name(const char *text)
{
    if (strncmp(text, "VMSHOP_", 7) == 0 || isdigit((unsigned char)*text) || !*text) return 0;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '_') return 0;
    return 1;
}

/* Puts a parameter into the environment: its bytes, but for those that are zero, which no environment can hold. */
static void take_parameter(int directory, const char *parameter)
{
    static char value[VALUE_LIMIT + 2];
    long kept = 0, count = read_file(directory, parameter, value, VALUE_LIMIT + 1);
    if (count > VALUE_LIMIT) {
        say("parameter %s is too long for an environment: read $VMSHOP_PARAMETERS/%s", parameter, parameter);
        return;
    }
    for (long i = 0; i < count; i++)
        if (value[i]) value[kept++] = value[i];
    value[kept] = 0;
    setenv(parameter, value, 1);
}

static void take_parameters(void)
{
    struct stat kind;
    int directory = openat(job_directory, "env", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = directory < 0 ? 0 : fdopendir(directory);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        if (entry->d_name[0] == '.' || fstatat(directory, entry->d_name, &kind, 0) != 0 || !S_ISREG(kind.st_mode)) continue;
        if (!is_parameter_name(entry->d_name)) {
            say("refused: '%s' cannot be the name of a parameter", entry->d_name);
            _exit(REFUSED);
        }
        take_parameter(directory, entry->d_name);
    }
    if (listing) closedir(listing);
}

static void become_job(void)
{
    char parameters[4200], script[4200];
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    setsid();
    snprintf(parameters, sizeof parameters, "%s/env", job);
    snprintf(script, sizeof script, "%s/run", job);
    setenv("VMSHOP_PARAMETERS", parameters, 1);
    setenv("VMSHOP_ACTION", strchr(name, '-') + 1, 1);
    take_parameters();
    int is_executable = faccessat(job_directory, "run", X_OK, 0) == 0;
    if (chdir("/root") != 0 && chdir("/") != 0) _exit(REFUSED);
    if (is_executable) execl(script, script, (char *)0);
    if (!is_executable || errno == ENOEXEC) execl("/bin/sh", "sh", script, (char *)0);
    say("%s: %s", script, strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

static pid_t start_job(void)
{
    int ends[2][2], nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || pipe2(ends[0], O_CLOEXEC) != 0 || pipe2(ends[1], O_CLOEXEC) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(nothing, 0);
        dup2(ends[0][1], 1);
        dup2(ends[1][1], 2);
        become_job();
    }
    close(nothing);
    for (int i = 0; i < 2; i++) {
        close(ends[i][1]);
        fcntl(ends[i][0], F_SETFL, O_NONBLOCK);
        streams[i].from = ends[i][0];
    }
    return child;
}

/* --- the job's output --- */

static int open_streams(void)
{
    for (int i = 0; i < 2; i++) {
        streams[i].to = create(streams[i].name);
        streams[i].left = output;
        if (streams[i].to < 0) return 0;
    }
    return 1;
}

/* Takes some of what there is now. Not all: who writes without end must not keep us from looking at the time. */
static void drain(struct stream *stream)
{
    static char bytes[65536];
    long got = read(stream->from, bytes, sizeof bytes);
    if (got > 0) {
        long kept = got < stream->left ? got : stream->left;
        write_whole(stream->to, bytes, kept);
        stream->left -= kept;
        return;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close(stream->from);
    stream->from = -1;
}

/* Waits for output or for a child's end, at most so many milliseconds. */
static void await(int children, long milliseconds)
{
    struct pollfd polled[3] = {{streams[0].from, POLLIN, 0}, {streams[1].from, POLLIN, 0}, {children, POLLIN, 0}};
    struct signalfd_siginfo news;
    if (poll(polled, 3, milliseconds < 0 ? 0 : (int)milliseconds) <= 0) return;
    for (int i = 0; i < 2; i++)
        if (polled[i].revents) drain(&streams[i]);
    if (polled[2].revents && read(children, &news, sizeof news) < 0) return;
}

/* Takes output that comes late, and leaves somebody behind who throws away what a daemon writes to it still. */
static void settle_output(int children)
{
    long end = now() + GRACE;
    while ((streams[0].from >= 0 || streams[1].from >= 0) && now() < end) await(children, end - now());
    if (streams[0].from < 0 && streams[1].from < 0) return;
    if (fork() != 0) return;
    setsid();
    streams[0].left = streams[1].left = 0;
    for (int i = 0; i < 3; i++) close(i);
    while (streams[0].from >= 0 || streams[1].from >= 0) await(-1, 60000);
    _exit(0);
}

/* --- the job's end --- */

/* Kills whoever inherited the environment of the job; answers whether there was anybody. */
static int end_strays(const char *mark)
{
    static char environment[200000];
    int found = 0;
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        pid_t process = (pid_t)number(entry->d_name, strlen(entry->d_name));
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/environ", process);
        long count = process > 1 && process != getpid() ? read_file(AT_FDCWD, path, environment, sizeof environment - 1) : -1;
        for (long i = 0; i < count; i += strlen(environment + i) + 1) {
            environment[count] = 0;
            if (strcmp(environment + i, mark) == 0) found |= kill(process, SIGKILL) == 0;
        }
    }
    if (processes) closedir(processes);
    return found;
}

static void end_job(pid_t child)
{
    char mark[4300];
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
    snprintf(mark, sizeof mark, "VMSHOP_PARAMETERS=%s/env", job);
    for (int round = 0; round < 5 && end_strays(mark); round++) {}
}

/* Waits for the job's end, and brings it about when its time is over. Answers whether it was. */
static int await_end(pid_t child, int children, long started, int *status, struct rusage *usage)
{
    int is_late = 0;
    while (wait4(child, status, WNOHANG, usage) == 0) {
        long left = started + timeout - now();
        if (left <= 0) {
            is_late = 1;
            end_job(child);
            left = 100;
        }
        await(children, left);
    }
    return is_late;
}

/* --- the result --- */

static int write_text(const char *file, const char *form, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, form);
    int length = vsnprintf(text, sizeof text, form, arguments);
    va_end(arguments);
    int to = create(file);
    int done = to >= 0 && write_whole(to, text, length);
    return to >= 0 && close(to) == 0 && done;
}

static int copy_attributes(void)
{
    static char bytes[ATTRIBUTES_LIMIT];
    const char *path = getenv("VMSHOP_ATTRIBUTES");
    int from = path ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    struct stat kind;
    long count = 0, got;
    if (from >= 0 && fstat(from, &kind) == 0 && S_ISREG(kind.st_mode))
        while (count < ATTRIBUTES_LIMIT && (got = read(from, bytes + count, ATTRIBUTES_LIMIT - count)) > 0) count += got;
    if (from >= 0) close(from);
    int to = create("attributes");
    int done = to >= 0 && write_whole(to, bytes, count);
    return to >= 0 && close(to) == 0 && done;
}

static int write_usage(const struct rusage *usage, long elapsed)
{
    return write_text(
        "usage", "user_seconds=%ld.%03ld\nsystem_seconds=%ld.%03ld\nelapsed_seconds=%ld.%03ld\n",
        (long)usage->ru_utime.tv_sec, (long)usage->ru_utime.tv_usec / 1000, (long)usage->ru_stime.tv_sec,
        (long)usage->ru_stime.tv_usec / 1000, elapsed / 1000, elapsed % 1000
    );
}

static int write_status(int status, int is_late, time_t started, time_t finished)
{
    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    int is_signal = code > 128 && code <= 192;
    return write_text(
        "status", "nonce=%s\n%s=%d\ntimeout=%s\nstarted=%lld\nfinished=%lld\n", nonce, is_signal ? "signal" : "exit",
        is_signal ? code - 128 : code, is_late ? "yes" : "no", (long long)started, (long long)finished
    );
}

static void close_streams(void)
{
    for (int i = 0; i < 2; i++) close(streams[i].to);
}

int main(int count, char **words)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (count != 4 || !strchr(words[2], '-')) return REFUSED;
    name = words[2], stage = words[3];
    snprintf(job, sizeof job, "%s/job/%s", words[1], name);
    snprintf(result, sizeof result, "%s/out/%s", words[1], name);
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, 0);
    int children = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK), status = 0;

    char mark[4200];
    snprintf(mark, sizeof mark, "%s.started", result);
    int started_mark = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    job_directory = open(job, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stage_directory = open(stage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (children < 0 || started_mark < 0 || close(started_mark) != 0 || stage_directory < 0) return 1;
    read_limits();
    read_nonce();
    if (!open_streams()) return 1;
    struct rusage usage = {0};
    long started = now();
    time_t time_of_day = time(0);
    pid_t child = start_job();
    if (child < 0) return 1;
    int is_late = await_end(child, children, started, &status, &usage);
    long elapsed = now() - started;
    settle_output(children);
    close_streams();
    /* The time of day is told once: an answer that takes long to write says when the job ended. */
    time_t finished = time(0);
    while (!copy_attributes() || !write_usage(&usage, elapsed) || !write_status(status, is_late, time_of_day, finished)
           || rename(stage, result) != 0) {
        say("cannot write the result of %s: trying again", name);
        sleep(1);
        if (access(result, F_OK) == 0) break;
        if (mkdir(stage, 0755) == 0) stage_directory = open(stage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return 0;
}
