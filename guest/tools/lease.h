/*
 * What a machine does with the address it was given: sets it, and records it with the server's for the runner.
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

/* Addresses are text, lists of them have blanks between; what was not given is empty. */
struct lease { const char *interface, *address, *mask, *router, *servers, *plant; };

static const char record[] = "/run/vmshop-lease", record_new[] = "/run/vmshop-lease.new";
/* There while the lease is one that vmshop-network got and udhcpc did not renew yet. */
static const char first_record[] = "/run/vmshop-lease.first";

static int address_of(const char *text, struct sockaddr *address)
{
    struct sockaddr_in internet = {.sin_family = AF_INET};
    char first[64];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(text, " "), text);
    int done = inet_pton(AF_INET, first, &internet.sin_addr) == 1;
    memcpy(address, &internet, sizeof internet);
    return done;
}

static int set(int socket, unsigned long what, const char *interface, const char *text)
{
    struct ifreq order = {0};
    snprintf(order.ifr_name, sizeof order.ifr_name, "%s", interface);
    return address_of(text, &order.ifr_addr) && ioctl(socket, what, &order) == 0;
}

static void set_route(int socket, const char *router)
{
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    address_of("0.0.0.0", &route.rt_dst);
    address_of("0.0.0.0", &route.rt_genmask);
    if (address_of(router, &route.rt_gateway)) ioctl(socket, SIOCADDRT, &route);
}

static void write_servers(const char *list)
{
    char servers[1024];
    snprintf(servers, sizeof servers, "%s", list);
    FILE *file = *servers ? fopen("/etc/resolv.conf", "w") : 0;
    for (char *server = strtok(servers, " "); file && server; server = strtok(0, " "))
        fprintf(file, "nameserver %s\n", server);
    if (file) fclose(file);
}

static int write_record(const struct lease *lease)
{
    FILE *file = fopen(record_new, "w");
    if (!file) return 0;
    fprintf(file, "address=%s\nserver=%s\ninterface=%s\n", lease->address, lease->plant, lease->interface);
    return fclose(file) == 0 && rename(record_new, record) == 0;
}

/* Makes the lease the machine's. */
static int take(int socket, const struct lease *lease)
{
    const char *mask = *lease->mask ? lease->mask : "255.255.255.0";
    if (!set(socket, SIOCSIFADDR, lease->interface, lease->address)
        || !set(socket, SIOCSIFNETMASK, lease->interface, mask)) return 0;
    set_route(socket, lease->router);
    write_servers(lease->servers);
    return write_record(lease);
}
