#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* The macro computes its value, which Swift does not import. */
static const uint64_t pipam_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
