# One image for every process of Kotozute; docs/deploying.md says how it is run.
# The suite runs on this version. Pin it by digest where you build: python:3.11-slim-bookworm@sha256:…
ARG PYTHON=python:3.11-slim-bookworm

# --- Packages: exactly those of the lock file. Only wheels, so nothing is compiled in any stage ----
FROM ${PYTHON} AS packages
# requirements-tracing.txt for the image with OpenTelemetry.
ARG REQUIREMENTS=requirements.txt
WORKDIR /build
COPY ${REQUIREMENTS} ./requirements.txt
RUN python -m venv /venv
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.txt
# Packages are changed by a new image only.
RUN /venv/bin/pip uninstall --yes pip setuptools

# --- Code, with the style sheets collected and everything compiled -----------------------------------
FROM packages AS code
WORKDIR /app
COPY manage.py LICENSE ./
COPY config config
COPY messaging messaging
COPY accounts accounts
COPY integrations integrations
COPY core core
COPY templates templates
COPY static static
COPY locale locale
COPY deploy/container deploy/container
RUN ENV_FILE=/dev/null STATIC_ROOT=/app/staticfiles /venv/bin/python manage.py collectstatic --noinput --verbosity 0
RUN /venv/bin/python -m compileall -q config messaging accounts integrations core

# --- What runs: no pip, no compiler, nothing that it could write to ------------------------------------
FROM ${PYTHON}
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin kotozute
COPY --from=packages /venv /venv
COPY --from=code /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    ENV_FILE=/dev/null \
    STATIC_ROOT=/app/staticfiles
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "deploy/container/alive.py"]
CMD ["gunicorn", "-c", "python:config.gunicorn", "--bind", "0.0.0.0:8000"]
