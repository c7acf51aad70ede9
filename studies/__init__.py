"""The reports' experiments at their own scale: ``python -m studies.NAME``, one study a file."""
