"""The bill of materials of a release: every package of requirements.lock, in CycloneDX 1.6 (JSON).

`python -m tests.style.bill_of_materials > sbom.json` writes it, without a network.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_PACKAGE = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)*.*)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([\da-f]{64})")


def bill_of_materials() -> dict[str, Any]:
    """The bill of the working tree."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    about = {"type": "application", "name": project["name"], "version": project["version"]}
    components = list(_components((_ROOT / "requirements.lock").read_text("utf-8")))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": about},
        "components": components,
    }


def _components(lock: str) -> Iterator[dict[str, Any]]:
    for found in _PACKAGE.finditer(lock):
        name, version = found["name"], found["version"]
        purl = f"pkg:pypi/{name}@{version}"
        files = [{"alg": "SHA-256", "content": digest} for digest in _HASH.findall(found["rest"])]
        origin = {"type": "distribution", "url": purl, "hashes": files}
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "externalReferences": [origin],
        }


if __name__ == "__main__":
    print(json.dumps(bill_of_materials(), indent=1))
