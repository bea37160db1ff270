#include <libwebsockets.h>

/* Macro expressions, which Swift does not import. */
static const size_t CLibwebsockets_PRE = LWS_PRE;
static const int CLibwebsockets_NO_LISTEN_SERVER = CONTEXT_PORT_NO_LISTEN_SERVER;
static const uint64_t CLibwebsockets_OPTION_LIBUV = LWS_SERVER_OPTION_LIBUV;
static const uint64_t CLibwebsockets_OPTION_TLS = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/* Encrypts and sends: how many bytes were taken, 0 when the socket takes none now, -1 when it is broken. */
static inline int CLibwebsockets_tls_write(struct lws *wsi, const void *bytes, size_t count) {
    SSL *ssl = (SSL *)lws_get_ssl(wsi);
    if (!ssl) return -1;
    /* A record at a time, and the same bytes may lie elsewhere when they are tried again. */
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ERR_clear_error();
    int taken = SSL_write(ssl, bytes, count > INT_MAX ? INT_MAX : (int)count);
    if (taken > 0) return taken;
    /* A renegotiation, which would want to read first, is none of TLS 1.3, and OpenSSL refuses a peer's of 1.2. */
    return SSL_get_error(ssl, taken) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}
