#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* Glibc's functions that are hidden from Swift behind _GNU_SOURCE. */
static inline int CEpoll_accept4(int descriptor) {
    extern int accept4(int, struct sockaddr *, socklen_t *, int);
    return accept4(descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* The processors of the calling thread, as a bit set of so many bytes; 0 when it worked. */
static inline int CEpoll_get_affinity(void *set, size_t size) {
    extern int sched_getaffinity(int, size_t, void *);
    return sched_getaffinity(0, size, set);
}

static inline int CEpoll_set_affinity(const void *set, size_t size) {
    extern int sched_setaffinity(int, size_t, const void *);
    return sched_setaffinity(0, size, set);
}
