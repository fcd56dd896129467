"""Whether the server of this container answers: in the clear or by TLS, at its port, as the variables say."""

import os
import ssl
import urllib.request

tls = "IAMD_TLS_CERTIFICATE" in os.environ
url = f"http{'s' if tls else ''}://127.0.0.1:{os.environ.get('IAMD_PORT', '4500')}/_iamd/health"
# The certificate is for the name that clients use.
unverified = ssl._create_unverified_context() if tls else None
urllib.request.urlopen(url, context=unverified, timeout=5).close()
