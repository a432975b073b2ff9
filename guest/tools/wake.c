/*
 * vmshop-wake SHARE [RECORD]: makes a guest that woke up from saved memory the machine that SHARE/wake says, for
 * vmshop-guest. Prints SHARE/identity, since the runner's shell would read that byte by byte over the network.
 *
 * Clones of one memory state draw the same random numbers until the kernel begins them anew, which it does by itself only
 * after a minute; and no tool of busybox can ask it to. So first the seed goes to the kernel's generator, which begins
 * anew with it (random(4): RNDADDENTROPY, RNDRESEEDCRNG). Then come the clock, set by the time that the file server gives
 * a new file; the host name; the machine id, once; and with RECORD the boot id: the kernel keeps the one that was saved, but
 * whoever reads it from here on reads the file RECORD. A runner that begins again finds the id that is in it.
 *
 * One process for what takes a shell eight: under emulation that is a tenth of a second.
 * Exit codes: 0 done; 1 no new random numbers, and nothing else done; 2 no clock, everything else done; 64 wrong words.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* linux/random.h, which not every C library comes with. */
enum { ADD_ENTROPY = 0x40085203, RESEED = 0x5207 };
enum { ID = 37, LEAST_SEED = 32 };

static char text[4096], identity[65536], *seed = "", *hostname = "";

static long read_file(const char *path, char *bytes, size_t limit)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    long count = 0, got;
    while (file >= 0 && (got = read(file, bytes + count, limit - count)) > 0) count += got;
    if (file >= 0) close(file);
    return count;
}

static void read_orders(void)
{
    read_file("wake", text, sizeof text - 1);
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        if (strncmp(line, "seed=", 5) == 0) seed = line + 5;
        if (strncmp(line, "hostname=", 9) == 0) hostname = line + 9;
    }
}

static int reseed(void)
{
    struct { int bits, bytes; char data[512]; } entropy = {0};
    size_t length = strlen(seed);
    if (length < LEAST_SEED) return 0;
    entropy.bytes = (int)(length < sizeof entropy.data ? length : sizeof entropy.data);
    entropy.bits = entropy.bytes * 4; /* they are hexadecimal digits */
    memcpy(entropy.data, seed, entropy.bytes);
    int device = open("/dev/urandom", O_RDWR | O_CLOEXEC);
    int done = device >= 0 && ioctl(device, ADD_ENTROPY, &entropy) == 0 && ioctl(device, RESEED, 0) == 0;
    if (device >= 0) close(device);
    return done;
}

static int set_clock(void)
{
    char path[64];
    struct stat made;
    snprintf(path, sizeof path, ".clock-%d", getpid());
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int done = file >= 0 && write(file, "\n", 1) == 1 && fsync(file) == 0 && fstat(file, &made) == 0
        && clock_settime(CLOCK_REALTIME, &made.st_mtim) == 0;
    if (file >= 0) close(file), unlink(path);
    return done;
}

static int put(const char *path, int flags, const char *bytes, size_t count)
{
    int file = open(path, O_WRONLY | O_CLOEXEC | flags, 0444);
    int done = file >= 0 && write(file, bytes, count) == (long)count;
    return file >= 0 && close(file) == 0 && done;
}

/* A new id from the kernel, with its line end. */
static int draw(char id[ID]) { return read_file("/proc/sys/kernel/random/uuid", id, ID) == ID; }

/* Whether the disk was this machine's before: the runner, or the guest, was started again. */
static int was_here(void)
{
    char known[64] = "", line[80];
    read_file("/etc/vmshop/disk-of", known, sizeof known - 1);
    known[strcspn(known, "\n")] = 0;
    snprintf(line, sizeof line, "machine=%s\n", known);
    return *known && strstr(identity, line);
}

/* A machine id is a drawn one without its hyphens. One that is not there, or is to be drawn at the next start, stays so. */
static void change_machine_id(void)
{
    char id[ID];
    struct stat kind;
    size_t kept = 0;
    if (was_here() || stat("/etc/machine-id", &kind) != 0 || kind.st_size == 0 || !draw(id)) return;
    for (size_t i = 0; i < sizeof id; i++)
        if (id[i] != '-') id[kept++] = id[i];
    put("/etc/machine-id", O_TRUNC, id, kept);
}

static void change_boot_id(const char *record)
{
    char id[ID];
    if (draw(id) && put(record, O_CREAT | O_EXCL, id, sizeof id))
        mount(record, "/proc/sys/kernel/random/boot_id", 0, MS_BIND, 0);
}

static void print_identity(void)
{
    long count = read_file("identity", identity, sizeof identity - 1);
    if (write(1, identity, count) != count) perror("vmshop-wake: identity");
}

int main(int count, char **words)
{
    /* Each part of a path costs several calls to the file server. */
    if (count < 2 || count > 3 || chdir(words[1]) != 0) return 64;
    print_identity();
    read_orders();
    if (!reseed()) return 1;
    int has_clock = set_clock();
    if (*hostname && sethostname(hostname, strlen(hostname)) != 0) perror("vmshop-wake: sethostname");
    change_machine_id();
    if (count == 3) change_boot_id(words[2]);
    return has_clock ? 0 : 2;
}
