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
static inline int CLibwebsockets_tls_write(SSL *ssl, const void *bytes, size_t count) {
    if (!ssl) return -1;
    ERR_clear_error();
    int taken = SSL_write(ssl, bytes, count > INT_MAX ? INT_MAX : (int)count);
    if (taken > 0) return taken;
    /* A renegotiation, which would want to read first, is none of TLS 1.3, and OpenSSL refuses a peer's of 1.2. */
    return SSL_get_error(ssl, taken) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

/* Keeps the TLS of a connection of which libwebsockets is to let go now: it says no farewell to the peer, and frees
   nothing. NULL without TLS; freed by SSL_free. */
static inline SSL *CLibwebsockets_tls_keep(struct lws *wsi) {
    SSL *ssl = (SSL *)lws_get_ssl(wsi);
    if (!ssl) return NULL;
    SSL_up_ref(ssl);
    SSL_set_quiet_shutdown(ssl, 1);
    return ssl;
}

/* Goes on with TLS that was kept, when libwebsockets has let go of it: it is fed what comes from the peer, and writes to
   the descriptor, which stays the caller's. Returns 0 without memory. */
static inline int CLibwebsockets_tls_resume(SSL *ssl, int descriptor) {
    BIO *output = BIO_new_socket(descriptor, BIO_NOCLOSE);
    /* One that goes on for the second time may have been fed more than was read. */
    int is_fed = BIO_method_type(SSL_get_rbio(ssl)) == BIO_TYPE_MEM;
    BIO *input = is_fed ? NULL : BIO_new(BIO_s_mem());
    if (!output || (!input && !is_fed)) {
        BIO_free(input), BIO_free(output);
        return 0;
    }
    SSL_set0_wbio(ssl, output);
    if (input) {
        /* That nothing is left to read is not the end. */
        BIO_set_mem_eof_return(input, -1);
        SSL_set0_rbio(ssl, input);
    }
    /* What libwebsockets' letting go has left. */
    SSL_set_quiet_shutdown(ssl, 0);
    SSL_set_shutdown(ssl, 0);
    return 1;
}

/* Gives it what has come from the peer. Returns 0 without memory. */
static inline int CLibwebsockets_tls_feed(SSL *ssl, const void *bytes, int count) {
    return BIO_write(SSL_get_rbio(ssl), bytes, count) == count;
}

/* Decrypts what it was fed: how many bytes there were, 0 when it takes more to go on, -1 when nothing comes any more. */
static inline int CLibwebsockets_tls_read(SSL *ssl, void *bytes, int size) {
    ERR_clear_error();
    int count = SSL_read(ssl, bytes, size);
    if (count > 0) return count;
    int reason = SSL_get_error(ssl, count);
    return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

/* Takes leave of the peer, as far as the socket takes it now. */
static inline void CLibwebsockets_tls_farewell(SSL *ssl) {
    ERR_clear_error();
    SSL_shutdown(ssl);
    ERR_clear_error();
}
