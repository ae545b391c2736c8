# syntax=docker/dockerfile:1
# Two stages: packages are built and installed in the first, the second holds nothing to build with.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/changkong
COPY requirements.lock ./
RUN /opt/changkong/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY classifiers ./classifiers
COPY replies ./replies
COPY lottery ./lottery
RUN /opt/changkong/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="changkong" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin changkong \
    && install -d -o changkong -g changkong /data
COPY --from=build /opt/changkong /opt/changkong
ENV PATH=/opt/changkong/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1 \
    CHANGKONG_DATA=/data CHANGKONG_CONSOLE__HOST=0.0.0.0
USER 10001
WORKDIR /data
VOLUME ["/data"]
# 8788 serves the public pages of draws, once public.host and public.base_url are set.
EXPOSE 8787 8788
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import sys, urllib.request as r; sys.exit(r.urlopen(r.Request('http://127.0.0.1:8787/healthz', headers={'Host': 'localhost'}), timeout=4).status != 200)"]
# SIGTERM stops the rooms in order and seals the record.
STOPSIGNAL SIGTERM
ENTRYPOINT ["changkong"]
CMD ["run", "--config", "/data/changkong.toml"]
