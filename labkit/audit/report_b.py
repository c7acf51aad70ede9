"""Report B."""

from labkit.audit.claim import Claims

CLAIMS = claim = Claims("B")
REPORTED = {}
