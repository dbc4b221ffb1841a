"""How gunicorn serves this project: `gunicorn -c python:config.gunicorn`."""

wsgi_app = "config.wsgi"
worker_class = "gthread"
workers = 2
threads = 4
# A request line may hold a one-time code; there is no access log.
accesslog = None
control_socket_disable = True
