#include <libwebsockets.h>

/* Macro expressions, which Swift does not import. */
static const size_t CLibwebsockets_PRE = LWS_PRE;
static const int CLibwebsockets_NO_LISTEN_SERVER = CONTEXT_PORT_NO_LISTEN_SERVER;
static const uint64_t CLibwebsockets_OPTION_LIBUV = LWS_SERVER_OPTION_LIBUV;
static const uint64_t CLibwebsockets_OPTION_TLS = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
