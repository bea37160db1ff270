#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <uv.h>
#include <sys/socket.h>

/* Glibc's accept4 is hidden from Swift behind _GNU_SOURCE. */
static inline int CLibuv_accept4(int descriptor, struct sockaddr *address, socklen_t *size) {
    extern int accept4(int, struct sockaddr *, socklen_t *, int);
    return accept4(descriptor, address, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
