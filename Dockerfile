# The image of all Airflow services in docker-compose.yml: newsledger with its DAGs and SQL, and Airflow, in locked versions.
FROM python:3.12.13-slim-trixie AS build
WORKDIR /opt/newsledger
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1
RUN python -m venv .venv && pip install --no-cache-dir --quiet uv==0.13.9
COPY requirements.lock ./
RUN uv pip sync --quiet --require-hashes --python .venv/bin/python requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY pipeline pipeline
COPY sql sql
COPY dags dags
COPY plugins plugins
# Editable, as in the Makefile, because the program finds dags/ and sql/ next to the package.
RUN uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . \
    && python -m compileall -q pipeline \
    && chmod -R go+rX .

FROM python:3.12.13-slim-trixie
# /data and /airflow are volumes. A new volume gets the owner of the folder in the image.
RUN useradd --uid 10001 --user-group --create-home newsledger \
    && install --directory --owner=10001 --group=10001 --mode=0750 /data /airflow
COPY --from=build /opt/newsledger /opt/newsledger
ENV PATH=/opt/newsledger/.venv/bin:$PATH PYTHONUNBUFFERED=1 AIRFLOW_HOME=/home/newsledger/airflow
WORKDIR /opt/newsledger
USER 10001:10001
CMD ["newsledger", "--help"]
