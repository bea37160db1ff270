#include <uv.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Glibc's functions that are hidden from Swift behind _GNU_SOURCE. */
static inline int CLibuv_accept4(int descriptor, struct sockaddr *address, socklen_t *size) {
    extern int accept4(int, struct sockaddr *, socklen_t *, int);
    return accept4(descriptor, address, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int CLibuv_set_thread_name(const char *name) {
    extern int pthread_setname_np(pthread_t, const char *);
    return pthread_setname_np(pthread_self(), name);
}

/* Sends two buffers in one call, as far as the socket takes them. */
static inline ssize_t CLibuv_send2(int descriptor, const void *first, size_t size1, const void *second, size_t size2) {
    struct iovec parts[2] = {{(void *)first, size1}, {(void *)second, size2}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Enumerators that hide behind macros of the same name. */
static const int CLibuv_STREAM = SOCK_STREAM;
static const int CLibuv_NONBLOCK_CLOEXEC = SOCK_NONBLOCK | SOCK_CLOEXEC;
static const int CLibuv_TCP = IPPROTO_TCP;
static const int CLibuv_NODELAY = TCP_NODELAY;

/* How many milliseconds ago the socket received data; -1 when it is no TCP socket. */
static inline long CLibuv_milliseconds_since_data(int descriptor) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    return getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) ? -1 : (long)info.tcpi_last_data_recv;
}
