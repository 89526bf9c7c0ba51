#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* The macro computes its value, which Swift does not import. */
static const uint64_t pipam_no_renegotiation = SSL_OP_NO_RENEGOTIATION;

/* OPENSSL_sk_pop_free wants a function of a void pointer; Swift has no cast between the two. */
static inline void pipam_extension_free(void *extension) {
    X509_EXTENSION_free((X509_EXTENSION *)extension);
}

/* A macro that computes its value, too. */
static const uint64_t pipam_no_ticket = SSL_OP_NO_TICKET;
