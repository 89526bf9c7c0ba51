"""What schemathesis needs to know about the control API that no OpenAPI document can say."""

import schemathesis
from hypothesis import strategies

schemathesis.openapi.format(
    'subnet',
    strategies.sampled_from(['10.0.0.0/24', '192.0.2.0/28', '2001:db8::/64', '2001:db8::/127']),
)
schemathesis.openapi.format(
    'address',
    strategies.sampled_from(['10.0.0.1', '10.0.0.20', '192.0.2.1', '2001:db8::1', 'fe80::1']),
)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Events that are followed have no end."""
    query = case.query
    if query and str(query.get('follow')).lower() == 'true':
        query['follow'] = 'false'
