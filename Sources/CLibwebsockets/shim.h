#include <libwebsockets.h>

/* Macro expressions, which Swift does not import. */
static const size_t CLibwebsockets_PRE = LWS_PRE;
static const int CLibwebsockets_NO_LISTEN_SERVER = CONTEXT_PORT_NO_LISTEN_SERVER;
static const uint64_t CLibwebsockets_OPTION_LIBUV = LWS_SERVER_OPTION_LIBUV;
static const uint64_t CLibwebsockets_OPTION_TLS = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/* A key with a password is no key of a server that starts by itself: nobody is asked for it. */
static inline int CLibwebsockets_no_password(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return 0;
}

/* Reads a certificate with its chain, and its key, and checks that they belong together. From any thread. NULL when they
   cannot be used, with OpenSSL's words in `reason`; freed by SSL_CTX_free. */
static inline SSL_CTX *CLibwebsockets_read_identity(
    const char *certificate, const char *key, char *reason, size_t size
) {
    ERR_clear_error();
    SSL_CTX *identity = SSL_CTX_new(TLS_server_method());
    if (identity) SSL_CTX_set_default_passwd_cb(identity, CLibwebsockets_no_password);
    if (identity && SSL_CTX_use_certificate_chain_file(identity, certificate) == 1
        && SSL_CTX_use_PrivateKey_file(identity, key, SSL_FILETYPE_PEM) == 1
        && SSL_CTX_check_private_key(identity) == 1)
        return identity;
    ERR_error_string_n(ERR_peek_error(), reason, size);
    ERR_clear_error();
    SSL_CTX_free(identity);
    return NULL;
}

/* Called by OpenSSL before it chooses a certificate for a handshake. The old one may be of another kind of key, beside
   which the new one would only be a second choice, so what the connection has is cleared first. */
static inline int CLibwebsockets_show_identity(SSL *ssl, void *slot) {
    SSL_CTX *identity = *(SSL_CTX **)slot;
    if (!identity) return 1;
    STACK_OF(X509) *chain = NULL;
    SSL_CTX_get0_chain_certs(identity, &chain);
    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(
        ssl, SSL_CTX_get0_certificate(identity), SSL_CTX_get0_privatekey(identity), chain, 1);
}

/* Sets up a server's context. Its handshakes show what is in the slot, which must outlive the context; NULL in it is the
   certificate that the context was made with. A write takes a record at a time, and the same bytes may lie elsewhere when
   they are tried again. */
static inline void CLibwebsockets_configure_tls(SSL_CTX *context, SSL_CTX **slot) {
    SSL_CTX_set_cert_cb(context, CLibwebsockets_show_identity, slot);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/* Encrypts and sends: how many bytes were taken, 0 when the socket takes none now, -1 when it is broken. */
static inline int CLibwebsockets_tls_write(struct lws *wsi, const void *bytes, size_t count) {
    SSL *ssl = (SSL *)lws_get_ssl(wsi);
    if (!ssl) return -1;
    ERR_clear_error();
    int taken = SSL_write(ssl, bytes, count > INT_MAX ? INT_MAX : (int)count);
    if (taken > 0) return taken;
    /* A renegotiation, which would want to read first, is none of TLS 1.3, and OpenSSL refuses a peer's of 1.2. */
    return SSL_get_error(ssl, taken) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}
