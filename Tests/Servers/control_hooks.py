"""What schemathesis needs to know about the control API that no OpenAPI document can say."""

import schemathesis


@schemathesis.hook
def map_query(context, query):
    """Events that are followed have no end, unless they are few."""
    if query and str(query.get('follow')).lower() == 'true':
        query['follow'] = 'false'
    return query
