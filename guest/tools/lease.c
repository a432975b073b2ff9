/*
 * vmshop-lease EVENT: what udhcpc calls when it gets an address or loses it (its -s; it hands the particulars over in its
 * environment).
 *
 * Not a script, since a shell with its tools takes an emulated guest 40 ms.
 */
#include "lease.h"

static const char *given(const char *name) { return getenv(name) ? getenv(name) : ""; }

/* Whether the address is the one that is recorded: then nothing changes. */
static int is_recorded(const char *given_address)
{
    char address[128] = "", wanted[128];
    FILE *file = fopen(record, "r");
    if (file && !fgets(address, sizeof address, file)) *address = 0;
    if (file) fclose(file);
    snprintf(wanted, sizeof wanted, "address=%s\n", given_address);
    return strcmp(address, wanted) == 0;
}

/* The address is given back; but udhcpc also says so when it begins, and then one that vmshop-network got is kept. */
static int lose(int socket)
{
    if (unlink(first_record) == 0) return 0;
    return unlink(record) == 0 && !set(socket, SIOCSIFADDR, given("interface"), "0.0.0.0");
}

int main(int count, char **words)
{
    int socket_to_kernel = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const char *event = count > 1 ? words[1] : "";
    struct lease lease = {
        given("interface"), given("ip"), given("subnet"), given("router"), given("dns"), given("serverid"),
    };
    if (strcmp(event, "deconfig") == 0) return lose(socket_to_kernel);
    if ((strcmp(event, "bound") != 0 && strcmp(event, "renew") != 0) || is_recorded(lease.address)) return 0;
    if (take(socket_to_kernel, &lease)) return 0;
    perror("vmshop-lease");
    return 1;
}
