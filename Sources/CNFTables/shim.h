#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

// Asks the kernel for the number of the filter's generation in this thread's network namespace: another one after each
// change, whoever made it. libnftables knows it too and does not tell. Answers -errno where that fails.
static inline int64_t vmshop_filter_generation(void) {
    struct {
        struct nlmsghdr head;
        struct nfgenmsg body;
    } question = {
        .head = {
            .nlmsg_len = sizeof question,
            .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
            .nlmsg_flags = NLM_F_REQUEST,
        },
        .body = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 },
    };
    char answer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
    const struct timeval limit = { .tv_sec = 1 };
    int link = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (link < 0) return -errno;
    int64_t result = -EBADMSG;
    ssize_t length = -1;
    if (setsockopt(link, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        send(link, &question, sizeof question, 0) == (ssize_t)sizeof question)
        length = recv(link, answer, sizeof answer, 0);
    if (length < 0) result = -errno;
    close(link);
    const struct nlmsghdr *head = (const struct nlmsghdr *)answer;
    const ssize_t first = NLMSG_LENGTH(sizeof(struct nfgenmsg));
    if (length < first || head->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN)) return result;
    for (ssize_t place = first; place + NLA_HDRLEN <= length;) {
        const struct nlattr *field = (const struct nlattr *)(answer + place);
        if (field->nla_len < NLA_HDRLEN || place + field->nla_len > length) return result;
        if (field->nla_type == NFTA_GEN_ID && field->nla_len == NLA_HDRLEN + 4) {
            uint32_t number;
            memcpy(&number, answer + place + NLA_HDRLEN, sizeof number);
            return ntohl(number);
        }
        place += NLA_ALIGN(field->nla_len);
    }
    return result;
}
