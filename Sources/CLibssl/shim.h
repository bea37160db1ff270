#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* What OpenSSL has as macros, which Swift does not import. */
static inline void CLibssl_configure_client(SSL_CTX *context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    /* A record at a time; the same bytes may lie elsewhere when they are tried again; ten thousand connections that wait
       need no buffers. */
    SSL_CTX_set_mode(
        context,
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    /* One system call for a record instead of two. */
    SSL_CTX_set_read_ahead(context, 1);
    /* An end without a farewell is an end, as it is without TLS: WebSocket and HTTP say themselves what is whole. */
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline int CLibssl_name_server(SSL *ssl, const char *name) { return (int)SSL_set_tlsext_host_name(ssl, name); }

/* Writes a certificate for localhost and 127.0.0.1 that signs itself, good for a week, and its key: P-256, as PEM. 1 when
   both are there. */
static inline int CLibssl_make_identity(const char *certificate, const char *key) {
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *made = X509_new();
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    int isMade = pair && made && names && X509_set_version(made, X509_VERSION_3)
        && ASN1_INTEGER_set(X509_get_serialNumber(made), 1)
        && X509_gmtime_adj(X509_getm_notBefore(made), -3600) && X509_gmtime_adj(X509_getm_notAfter(made), 7 * 86400)
        && X509_set_pubkey(made, pair)
        && X509_NAME_add_entry_by_txt(
            X509_get_subject_name(made), "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0)
        && X509_set_issuer_name(made, X509_get_subject_name(made)) && X509_add_ext(made, names, -1)
        && X509_sign(made, pair, EVP_sha256());
    if (isMade) {
        FILE *file = fopen(certificate, "w");
        isMade = file && PEM_write_X509(file, made);
        if (file) isMade = fclose(file) == 0 && isMade;
    }
    if (isMade) {
        FILE *file = fopen(key, "w");
        isMade = file && PEM_write_PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL);
        if (file) isMade = fclose(file) == 0 && isMade;
    }
    X509_EXTENSION_free(names);
    X509_free(made);
    EVP_PKEY_free(pair);
    return isMade;
}
