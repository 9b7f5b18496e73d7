"""Parts of the Compose files that must fit each other, and that no schema checks."""

from __future__ import annotations

import re

import yaml

from tests.worlds.compose_file import ONE_HOST, Service, text_of


def test_services_of_a_cluster_find_the_store(cluster: dict[str, Service]) -> None:
    (port,) = [word.removeprefix("-s3.port=") for word in cluster["s3"]["command"] if word.startswith("-s3.port=")]
    for name in ("bucket", "api-server", "dag-processor", "worker"):
        assert cluster[name]["environment"]["AWS_ENDPOINT_URL_S3"] == f"http://s3:{port}", name
    assert f":{port}/" in cluster["s3"]["healthcheck"]["test"][-1]


def test_what_is_queued_is_neither_dropped_nor_given_to_two_workers(cluster: dict[str, Service]) -> None:
    for name in ("scheduler", "worker"):
        environment = cluster[name]["environment"]
        assert int(environment["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT"]) >= 86_400, name
    assert "--maxmemory-policy noeviction" in cluster["redis"]["command"][-1]


def test_images_of_others_are_pinned(services: dict[str, Service]) -> None:
    images = {service["image"] for service in services.values()} - {"newsledger"}
    assert all(re.fullmatch(r"[a-z/]+:[0-9]+(\.[0-9]+)+", image) for image in images), images
    assert services["postgres"]["image"] == yaml.safe_load(text_of(ONE_HOST))["services"]["postgres"]["image"]
