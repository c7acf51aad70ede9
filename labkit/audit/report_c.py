"""Report C."""

from labkit.audit.claim import Claims

CLAIMS = claim = Claims("C")
REPORTED = {}
