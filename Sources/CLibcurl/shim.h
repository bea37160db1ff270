#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo take their last argument by way of `...`, which Swift does not import: one
// function for each kind of argument that is used.

static inline CURLcode CLibcurl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode CLibcurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode CLibcurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode CLibcurl_set_reader(
    CURL *handle, size_t (*read)(char *buffer, size_t size, size_t count, void *context), void *context
) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_READFUNCTION, read);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_READDATA, context);
}

static inline CURLcode CLibcurl_set_progress(
    CURL *handle,
    int (*progress)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t),
    void *context
) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, progress);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

// CURL_ERROR_SIZE bytes, which must live as long as the handle is used.
static inline CURLcode CLibcurl_set_error_buffer(CURL *handle, char *buffer) {
    return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

static inline CURLcode CLibcurl_get_response_code(CURL *handle, long *code) {
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, code);
}

// The macro is a cast of CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32, which Swift does not import either.
static inline CURLcode CLibcurl_global_init(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}
