#include <libwebsockets.h>
static const size_t CLibwebsockets_PRE = LWS_PRE;
