"""The pages in Airflow are for users who may see its website; the others learn what they need: a login or a right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_ROOT
from tests.worlds.loaded_airflow import COMMAND

ASK = """
from airflow.api_fastapi import app
from airflow.api_fastapi.core_api import security
from fastapi import HTTPException
from starlette.testclient import TestClient

class Manager:
    def is_authorized_view(self, *, access_view, user):
        return user.get_id() == "editor"

    def get_url_login(self, *, next_url):
        return "/auth/login?next=" + next_url

class User(str):
    def get_id(self):
        return str(self)

async def get_user(request, *credentials):
    if "user" not in request.headers:
        raise HTTPException(403)
    return User(request.headers["user"])

app.get_auth_manager = Manager
security.get_user = get_user
from newsledger_pages import pages_after_login
reader = TestClient(pages_after_login, follow_redirects=False)
for headers in ({}, {"user": "guest", "accept-language": "de"}, {"user": "editor"}):
    answer = reader.get("/", headers=headers)
    print(answer.status_code, answer.headers.get("location", ""), "dürfen diese Seiten aber nicht sehen" in answer.text)
"""


@pytest.mark.slow
@pytest.mark.skipif(not COMMAND.exists(), reason="newsledger[airflow] is not installed")
def test_who_is_not_logged_in_is_sent_there_and_who_may_not_see_the_pages_is_told(tmp_path: Path) -> None:
    environment = {
        "AIRFLOW_HOME": str(tmp_path),
        "NEWSLEDGER_DATA": str(tmp_path / "data"),
        "PYTHONPATH": f"{PROJECT_ROOT}{os.pathsep}{PROJECT_ROOT / 'plugins'}",
    }
    done = subprocess.run([sys.executable, "-c", ASK], env=os.environ | environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[-3:] == [
        "307 /auth/login?next=http://testserver/ False",
        "403  True",
        "503  False",  # nothing was published there
    ], done.stderr
