/* stdbool.h must come first: without it ldns/common.h defines bool as signed char,
   and every ldns boolean would arrive in Swift as Int8. */
#include <stdbool.h>
#include <ldns/ldns.h>
