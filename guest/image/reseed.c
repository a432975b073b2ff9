/*
 * vmshop-reseed [FILE]: lets a guest that woke up from saved memory be nobody else.
 *
 * Clones of one memory state draw the same random numbers until the kernel begins them anew, which it does by itself only
 * after a minute; and no tool of busybox can ask it to. This reads bytes from standard input, gives them to the kernel's
 * random number generator and has it begin anew (random(4): RNDADDENTROPY, RNDRESEEDCRNG). With FILE, which is made on
 * the share of the plant, it also sets the clock by the time that the file server gave the new file.
 *
 * Freestanding: no C library, so that any compiler makes a static program of a few kilobytes of it.
 * Exit codes: 0 done; 1 no random numbers; 2 no clock.
 */
typedef long word;

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, FSTAT = 5, IOCTL = 16, FSYNC = 74, EXIT = 60, CLOCK_SETTIME = 227, OPENAT = 257, UNLINKAT = 263 };
enum { MTIME = 11 }; /* the place of st_mtime among the words of struct stat */

static word call(word number, word a, word b, word c, word d)
{
    register word r10 __asm__("r10") = d;
    word result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#elif defined(__aarch64__)
enum { OPENAT = 56, READ = 63, WRITE = 64, FSTAT = 80, FSYNC = 82, IOCTL = 29, EXIT = 93, CLOCK_SETTIME = 112, UNLINKAT = 35 };
enum { MTIME = 11 };

static word call(word number, word a, word b, word c, word d)
{
    register word x8 __asm__("x8") = number;
    register word x0 __asm__("x0") = a;
    register word x1 __asm__("x1") = b;
    register word x2 __asm__("x2") = c;
    register word x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}
__asm__(".globl _start\n_start: mov x0, sp\n bl begin\n");
#else
#error "vmshop-reseed knows the system calls of x86_64 and aarch64 only"
#endif

enum { HERE = -100, READ_WRITE = 2, CREATE = 0100, EXCLUSIVE = 0200, RNDADDENTROPY = 0x40085203, RNDRESEEDCRNG = 0x5207 };

static struct {
    int bits, bytes;
    char data[512];
} seed;
static word status[32];

static int reseed(void)
{
    word got, device = call(OPENAT, HERE, (word)"/dev/urandom", READ_WRITE, 0);
    while (seed.bytes < 512 && (got = call(READ, 0, (word)(seed.data + seed.bytes), 512 - seed.bytes, 0)) > 0)
        seed.bytes += (int)got;
    seed.bits = seed.bytes * 4; /* the bytes come as hexadecimal digits */
    return device >= 0 && seed.bytes >= 32 && call(IOCTL, device, RNDADDENTROPY, (word)&seed, 0) == 0
        && call(IOCTL, device, RNDRESEEDCRNG, 0, 0) == 0;
}

static int set_clock(char *path)
{
    word file = call(OPENAT, HERE, (word)path, READ_WRITE | CREATE | EXCLUSIVE, 0600);
    int done = file >= 0 && call(WRITE, file, (word)"\n", 1, 0) == 1 && call(FSYNC, file, 0, 0, 0) == 0
        && call(FSTAT, file, (word)status, 0, 0) == 0 && call(CLOCK_SETTIME, 0, (word)(status + MTIME), 0, 0) == 0;
    if (file >= 0) call(UNLINKAT, HERE, (word)path, 0, 0);
    return done;
}

__attribute__((noreturn, used)) void begin(word *stack)
{
    int code = 0;
    if (!reseed()) code = 1;
    else if (stack[0] > 1 && !set_clock((char *)stack[2])) code = 2;
    for (;;) call(EXIT, code, 0, 0, 0);
}
