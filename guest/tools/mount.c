/*
 * vmshop-mount SOURCE TARGET OPTIONS: mounts an NFSv4 share as `mount -i -t nfs4 -o OPTIONS SOURCE TARGET` would, for
 * vmshop-guest.
 *
 * A kernel that mounts asks four times for the module of a way to prove who one is (rpc-auth-6, Kerberos) that a share does
 * not use, and each time modprobe is started to look for it: under emulation that is longer than the mount itself. So
 * meanwhile the kernel has nobody to ask (/proc/sys/kernel/modprobe); NFS is loaded already.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static const char setting[] = "/proc/sys/kernel/modprobe", usual[] = "/sbin/modprobe\n";

static void set_loader(const char *program)
{
    int file = open(setting, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (file < 0) return;
    if (write(file, program, strlen(program)) < 0) perror("vmshop-mount: the kernel's modprobe");
    close(file);
}

/* The program that loads modules; one that was killed before it could put it back left none. */
static void read_loader(char *program, size_t limit)
{
    int file = open(setting, O_RDONLY | O_CLOEXEC);
    long count = file < 0 ? 0 : read(file, program, limit - 1);
    if (file >= 0) close(file);
    program[count > 0 ? count : 0] = 0;
    if (*program != '/') snprintf(program, limit, "%s", usual);
}

int main(int count, char **words)
{
    char loader[256];
    if (count != 4) return fputs("usage: vmshop-mount SOURCE TARGET OPTIONS\n", stderr), 64;
    read_loader(loader, sizeof loader);
    set_loader("\n");
    int failed = mount(words[1], words[2], "nfs4", MS_NOSUID | MS_NODEV, words[3]) != 0;
    if (failed) fprintf(stderr, "vmshop-mount: %s: %s\n", words[1], strerror(errno));
    set_loader(loader);
    return failed;
}
