"""The glossary: the nouns of this program as frozen values. All datetimes are aware and in UTC.

`web` what is asked and answered, `post` what a site says, `known` what the store knows,
`change` what lies between, `plan` what is to be written.
"""

from crawler.model.change import (
    AlertJob,
    Comparison,
    FieldDiff,
    Route,
    RouteMatch,
)
from crawler.model.known import (
    Endpoint,
    EndpointKind,
    Known,
    KnownPost,
    KnownRevision,
    LastSighting,
    Source,
    Walk,
)
from crawler.model.plan import (
    ChangePlan,
    EndpointState,
    Plan,
    PollRecord,
    PostPlan,
    RevisionPlan,
    SourceFacts,
)
from crawler.model.post import (
    COMPARED,
    FeedInfo,
    Fields,
    IgnoreRule,
    Key,
    Listed,
    Listing,
    Page,
    Ref,
    Sighting,
)
from crawler.model.web import Fetch, Fetched, NotModified, Request, Validators

__all__ = [
    "COMPARED",
    "AlertJob",
    "ChangePlan",
    "Comparison",
    "Endpoint",
    "EndpointKind",
    "EndpointState",
    "FeedInfo",
    "Fetch",
    "Fetched",
    "FieldDiff",
    "Fields",
    "IgnoreRule",
    "Key",
    "Known",
    "KnownPost",
    "KnownRevision",
    "LastSighting",
    "Listed",
    "Listing",
    "NotModified",
    "Page",
    "Plan",
    "PollRecord",
    "PostPlan",
    "Ref",
    "Request",
    "RevisionPlan",
    "Route",
    "RouteMatch",
    "Sighting",
    "Source",
    "SourceFacts",
    "Validators",
    "Walk",
]
