"""What a request to an AWS API passes, link by link; the list is `CHAIN` in `app.py`."""
