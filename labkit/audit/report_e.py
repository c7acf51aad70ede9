"""Report E."""

from labkit.audit.claim import Claims

CLAIMS = claim = Claims("E")
REPORTED = {}
