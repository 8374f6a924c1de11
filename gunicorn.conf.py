"""How gunicorn serves Goi; it reads this file by itself when started in this folder.

Whoever is being answered when SIGTERM comes is answered to the end: the worker takes no new connection, finishes what
it has, and leaves. Only after `graceful_timeout` seconds is it stopped. The threads let a slow reader wait alone.
"""

import os

bind = f"{os.environ.get('GOI_BIND', '0.0.0.0')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("GOI_WORKERS", "4"))
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 30
# Nobody steers a running server by a socket in the home folder, which two servers would have to share.
control_socket_disable = True
