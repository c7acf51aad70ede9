"""Report D."""

from labkit.audit.claim import Claims

CLAIMS = claim = Claims("D")
REPORTED = {}
