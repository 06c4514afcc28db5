# Serve the releases in a folder; the lesson on deployment explains it.
#
#   docker build -t aigc-serving .
#   docker run --read-only --tmpfs /tmp -p 8000:8000 -e AIGC_KEYS=… \
#       -v "$PWD/models:/models" aigc-serving
FROM python:3.12-slim

WORKDIR /course
COPY requirements.txt .
# Hashes are in the lock: what was not resolved is not installed.
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY helpers helpers
COPY data/checkpoints data/checkpoints

# Nobody in particular: a hole in the server is then no hole in the machine.
RUN useradd --uid 10001 --no-create-home server
USER server
ENV TF_CPP_MIN_LOG_LEVEL=3 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
EXPOSE 8000
# Docker sends SIGTERM to stop: the server then finishes what is open.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --start-period=60s CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/ready', timeout=2)"]
ENTRYPOINT ["python", "-m", "helpers.serving", "/models", "--host", "0.0.0.0"]
