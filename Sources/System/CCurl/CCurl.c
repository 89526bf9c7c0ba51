#include "CCurl.h"

CURLcode pipam_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode pipam_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode pipam_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode pipam_curl_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode pipam_curl_set_sink(CURL *easy, CURLoption option, curl_write_callback sink) {
    return curl_easy_setopt(easy, option, sink);
}

CURLcode pipam_curl_set_tls_hook(CURL *easy, curl_ssl_ctx_callback hook) {
    return curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, hook);
}

CURLcode pipam_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

CURLcode pipam_curl_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, value);
}

CURLMcode pipam_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
