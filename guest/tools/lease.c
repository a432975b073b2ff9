/*
 * vmshop-lease EVENT: what udhcpc calls when it gets an address or loses it (its -s; it hands the particulars over in its
 * environment). Sets the address, and records it with the server's for the runner.
 *
 * Not a script, since udhcpc calls it twice before a machine has its address, and a shell with its tools takes an emulated
 * guest 40 ms each time.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char record[] = "/run/vmshop-lease", record_new[] = "/run/vmshop-lease.new";

static const char *given(const char *name) { return getenv(name) ? getenv(name) : ""; }

static int address_of(const char *text, struct sockaddr *address)
{
    struct sockaddr_in internet = {.sin_family = AF_INET};
    char first[64];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(text, " "), text);
    int done = inet_pton(AF_INET, first, &internet.sin_addr) == 1;
    memcpy(address, &internet, sizeof internet);
    return done;
}

static int set(int socket, unsigned long what, const char *text)
{
    struct ifreq order = {0};
    snprintf(order.ifr_name, sizeof order.ifr_name, "%s", given("interface"));
    return address_of(text, &order.ifr_addr) && ioctl(socket, what, &order) == 0;
}

static void set_route(int socket)
{
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    address_of("0.0.0.0", &route.rt_dst);
    address_of("0.0.0.0", &route.rt_genmask);
    if (address_of(given("router"), &route.rt_gateway)) ioctl(socket, SIOCADDRT, &route);
}

static void write_servers(void)
{
    char servers[1024];
    snprintf(servers, sizeof servers, "%s", given("dns"));
    FILE *file = *servers ? fopen("/etc/resolv.conf", "w") : 0;
    for (char *server = strtok(servers, " "); file && server; server = strtok(0, " "))
        fprintf(file, "nameserver %s\n", server);
    if (file) fclose(file);
}

static int write_record(void)
{
    FILE *file = fopen(record_new, "w");
    if (!file) return 0;
    fprintf(file, "address=%s\nserver=%s\ninterface=%s\n", given("ip"), given("serverid"), given("interface"));
    return fclose(file) == 0 && rename(record_new, record) == 0;
}

/* Whether the address is the one that is recorded: then a renewal changes nothing. */
static int is_recorded(void)
{
    char address[128] = "", wanted[128];
    FILE *file = fopen(record, "r");
    if (file && !fgets(address, sizeof address, file)) *address = 0;
    if (file) fclose(file);
    snprintf(wanted, sizeof wanted, "address=%s\n", given("ip"));
    return strcmp(address, wanted) == 0;
}

int main(int count, char **words)
{
    int socket_to_kernel = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const char *event = count > 1 ? words[1] : "";
    if (strcmp(event, "deconfig") == 0)
        return unlink(record) == 0 && !set(socket_to_kernel, SIOCSIFADDR, "0.0.0.0");
    if ((strcmp(event, "bound") != 0 && strcmp(event, "renew") != 0) || is_recorded()) return 0;
    const char *mask = *given("subnet") ? given("subnet") : "255.255.255.0";
    if (!set(socket_to_kernel, SIOCSIFADDR, given("ip")) || !set(socket_to_kernel, SIOCSIFNETMASK, mask)) {
        perror("vmshop-lease");
        return 1;
    }
    set_route(socket_to_kernel);
    write_servers();
    return !write_record();
}
