#pragma once

#include <curl/curl.h>

/* libcurl's setters and getters take variable arguments, which Swift does not import. Each function
 * here fixes one argument type and does nothing else. */

CURLcode pipam_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode pipam_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value);
CURLcode pipam_curl_set_text(CURL *easy, CURLoption option, const char *value);
CURLcode pipam_curl_set_pointer(CURL *easy, CURLoption option, const void *value);
CURLcode pipam_curl_set_sink(CURL *easy, CURLoption option, curl_write_callback sink);
CURLcode pipam_curl_set_tls_hook(CURL *easy, curl_ssl_ctx_callback hook);
CURLcode pipam_curl_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode pipam_curl_get_pointer(CURL *easy, CURLINFO info, void **value);
CURLMcode pipam_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);
