/*
 * vmshop-network: gives the first network card an address, which may be plugged in later, and keeps it (by udhcpc). Kept
 * alive by init.
 *
 * The first exchange with the DHCP server (RFC 2131) is its own: until udhcpc and what it calls have run, an emulated guest
 * that woke up waits 0.15 s. Where it gets no answer udhcpc begins at once, else after some seconds, when nobody waits for
 * this machine any more.
 */
#define _GNU_SOURCE
#include <glob.h>
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <fcntl.h>
#include <stdint.h>
#include <time.h>

#include "lease.h"

enum { DISCOVER = 1, OFFER, REQUEST, ACK = 5 };
enum { MASK = 1, ROUTER = 3, SERVERS = 6, WANTED = 50, TYPE = 53, SERVER = 54, LIST = 55, CLIENT = 61, END = 255 };
enum { TRIES = 4, LONGEST = 576, SHORTEST = 328, REST = 3 };

/* IP, UDP and BOOTP in one piece, all of it in the network's order; options follow. */
struct packet {
    uint8_t version, service;
    uint16_t length, number, fragment;
    uint8_t hops_left, protocol;
    uint16_t sum;
    uint32_t from, to;
    uint16_t from_port, to_port, udp_length, udp_sum;
    uint8_t operation, hardware, hardware_length, hops;
    uint32_t exchange;
    uint16_t seconds, flags;
    uint32_t own, yours, next, relay;
    uint8_t card[16], server_name[64], file[128], magic[4], options[LONGEST - 268];
} __attribute__((packed));

static const uint8_t magic[4] = {99, 130, 83, 99};

static struct {
    char name[IF_NAMESIZE];
    int index, socket;
    uint8_t address[6];
    uint32_t exchange;
} card;

static void rest(long milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, 0);
}

/* The kernel finds a card that was plugged into a machine of a template by itself, through its tables, in 0.2 s under
 * emulation. Asked to look behind the one port where it comes, it finds it in half of that. */
static void look_at_port(void)
{
    static char path[256];
    glob_t found;
    if (!*path && glob("/sys/devices/pci0000:00/0000:00:03.0/pci_bus/*/rescan", 0, 0, &found) == 0)
        snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
    int file = *path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (file >= 0 && write(file, "1", 1) != 1) *path = 0;
    if (file >= 0) close(file);
}

static void await_card(void)
{
    glob_t found;
    while (glob("/sys/class/net/*/device", 0, 0, &found) != 0) rest(5), look_at_port();
    snprintf(card.name, sizeof card.name, "%s", strtok(found.gl_pathv[0] + strlen("/sys/class/net/"), "/"));
}

static int bring_up(int socket, const char *name)
{
    struct ifreq order = {.ifr_flags = IFF_UP};
    snprintf(order.ifr_name, sizeof order.ifr_name, "%s", name);
    return ioctl(socket, SIOCSIFFLAGS, &order) == 0;
}

static int open_card(int socket_to_kernel)
{
    struct ifreq order = {0};
    snprintf(order.ifr_name, sizeof order.ifr_name, "%s", card.name);
    if (!bring_up(socket_to_kernel, card.name) || ioctl(socket_to_kernel, SIOCGIFHWADDR, &order) != 0) return 0;
    memcpy(card.address, order.ifr_hwaddr.sa_data, sizeof card.address);
    /* Machines that woke up from one memory draw the same numbers still; their cards differ. */
    memcpy(&card.exchange, card.address + 2, sizeof card.exchange);
    card.exchange ^= (uint32_t)time(0) << 8;
    card.index = if_nametoindex(card.name);
    card.socket = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP));
    struct sockaddr_ll place = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = card.index};
    return card.socket >= 0 && bind(card.socket, (struct sockaddr *)&place, sizeof place) == 0;
}

static uint16_t sum_of(const void *bytes, int count)
{
    const uint8_t *byte = bytes;
    uint32_t sum = 0;
    for (int i = 0; i + 1 < count; i += 2) sum += byte[i] << 8 | byte[i + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

/* Adds an option at `end`; answers where the next one goes. */
static uint8_t *add(uint8_t *end, int option, const void *bytes, int count)
{
    *end++ = (uint8_t)option, *end++ = (uint8_t)count;
    return (uint8_t *)memcpy(end, bytes, count) + count;
}

/* Sends a question; one of what was offered names it and its server, which are addresses. */
static int ask(int type, const uint8_t *wanted, const uint8_t *server)
{
    static const uint8_t list[] = {MASK, ROUTER, SERVERS};
    struct packet packet = {
        .version = 0x45, .hops_left = 64, .protocol = IPPROTO_UDP, .to = INADDR_BROADCAST, .from_port = htons(68),
        .to_port = htons(67), .operation = 1, .hardware = 1, .hardware_length = 6, .exchange = card.exchange,
    };
    uint8_t client[7] = {1}, kind = (uint8_t)type, *end = packet.options;
    memcpy(packet.card, card.address, 6), memcpy(client + 1, card.address, 6), memcpy(packet.magic, magic, 4);
    end = add(add(add(end, TYPE, &kind, 1), CLIENT, client, 7), LIST, list, sizeof list);
    if (wanted) end = add(end, WANTED, wanted, 4);
    if (server) end = add(end, SERVER, server, 4);
    *end++ = END;
    int length = (int)(end - (uint8_t *)&packet);
    if (length < SHORTEST) length = SHORTEST; /* of BOOTP (RFC 1542, 2.1) */
    packet.length = htons(length), packet.udp_length = htons(length - 20), packet.sum = sum_of(&packet, 20);
    struct sockaddr_ll to = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = card.index, .sll_halen = 6,
    };
    memset(to.sll_addr, 0xff, 6);
    return sendto(card.socket, &packet, length, 0, (struct sockaddr *)&to, sizeof to) == length;
}

/* The bytes of an option, and their number in `count`; null where it is not there, or not whole. */
static const uint8_t *option_of(const struct packet *packet, const uint8_t *end, int option, int *count)
{
    for (const uint8_t *at = packet->options; at < end && *at != END;) {
        if (*at == 0) { at++; continue; }
        if (end - at < 2 || end - at - 2 < at[1]) return 0;
        if (*at == option) return *count = at[1], at + 2;
        at += 2 + at[1];
    }
    return 0;
}

/* Waits for an answer to the question, so many milliseconds; answers its type, 0 when none came. */
static int hear(struct packet *packet, const uint8_t **end, int milliseconds)
{
    struct pollfd wait = {.fd = card.socket, .events = POLLIN};
    struct timespec now, late;
    clock_gettime(CLOCK_MONOTONIC, &late);
    for (long left = milliseconds; left > 0 && poll(&wait, 1, (int)left) == 1;) {
        long count = recv(card.socket, packet, sizeof *packet, 0);
        int size;
        *end = (uint8_t *)packet + count;
        if (count > (long)(packet->options - (uint8_t *)packet) && packet->version == 0x45
            && packet->protocol == IPPROTO_UDP && packet->to_port == htons(68) && packet->operation == 2
            && packet->exchange == card.exchange && memcmp(packet->card, card.address, 6) == 0
            && memcmp(packet->magic, magic, 4) == 0) {
            const uint8_t *type = option_of(packet, *end, TYPE, &size);
            if (type && size == 1) return *type;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        left = milliseconds - ((now.tv_sec - late.tv_sec) * 1000 + (now.tv_nsec - late.tv_nsec) / 1000000);
    }
    return 0;
}

/* Has the server offer an address, and takes it. */
static int exchange(struct packet *packet, const uint8_t **end, int patience)
{
    int size, type;
    if (!ask(DISCOVER, 0, 0)) return 0;
    while ((type = hear(packet, end, patience)) == OFFER) {
        const uint8_t *server = option_of(packet, *end, SERVER, &size);
        uint8_t wanted[4], chosen[4];
        if (!server || size != 4) return 0;
        memcpy(wanted, &packet->yours, 4), memcpy(chosen, server, 4);
        if (!ask(REQUEST, wanted, chosen)) return 0;
    }
    return type == ACK;
}

/* The addresses of an option as text, with blanks between. */
static const char *text_of(const struct packet *packet, const uint8_t *end, int option, char text[128])
{
    int size = 0;
    const uint8_t *bytes = option_of(packet, end, option, &size);
    *text = 0;
    for (int i = 0; bytes && i + 4 <= size && i < 4 * 6; i += 4) {
        char one[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, bytes + i, one, sizeof one);
        if (i) strcat(text, " ");
        strcat(text, one);
    }
    return text;
}

static int get_lease(int socket_to_kernel)
{
    static struct packet packet;
    static char address[INET_ADDRSTRLEN], mask[128], router[128], servers[128], plant[128];
    const uint8_t *end;
    int tries = 0;
    while (!exchange(&packet, &end, 100 << tries))
        if (++tries == TRIES) return 0;
    inet_ntop(AF_INET, &packet.yours, address, sizeof address);
    struct lease lease = {
        card.name, address, text_of(&packet, end, MASK, mask), text_of(&packet, end, ROUTER, router),
        text_of(&packet, end, SERVERS, servers), text_of(&packet, end, SERVER, plant),
    };
    int file = open(first_record, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0) close(file);
    return take(socket_to_kernel, &lease) || (unlink(first_record), 0);
}

int main(void)
{
    int socket_to_kernel = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bring_up(socket_to_kernel, "lo");
    await_card();
    if (open_card(socket_to_kernel) && access(record, F_OK) != 0 && get_lease(socket_to_kernel)) sleep(REST);
    execlp("udhcpc", "udhcpc", "-f", "-i", card.name, "-t", "100", "-T", "1", "-A", "1", "-S", "-s",
        "/usr/sbin/vmshop-lease", (char *)0);
    perror("vmshop-network: udhcpc");
    return 1;
}
