"""What schemathesis needs to know about the control API that no OpenAPI document can say."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Events that are followed have no end."""
    query = case.query
    if query and str(query.get('follow')).lower() == 'true':
        query['follow'] = 'false'
