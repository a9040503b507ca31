# The hub as one image: `docker compose up` (docker-compose.yml), or `hub serve` beside a PostgreSQL of your own.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /hub
COPY requirements/runtime.txt requirements/
RUN pip install --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md alembic.ini ./
COPY alembic alembic
COPY policies policies
COPY schema schema
COPY hub hub
RUN pip install --no-deps --no-build-isolation -e . \
    && useradd --create-home --uid 10001 hub \
    && install --directory --owner hub --mode 0700 /data

USER hub
VOLUME /data
ENV HUB_DATA=/data HUB_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["hub"]
CMD ["serve"]
