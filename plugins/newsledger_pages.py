"""newsledger's pages in Airflow's navigation, for those who are logged in."""

from __future__ import annotations

from functools import cache

from airflow.plugins_manager import AirflowPlugin
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/newsledger"
READER = "newsledger.reader"
"""As in `pipeline.pages.live_pages`, which is imported at the first request."""


async def pages_after_login(scope: Scope, receive: Receive, send: Send) -> None:
    """The pages, for users who may see Airflow's own; people who are not logged in are sent to the login.

    Everything is imported at the first request: all of Airflow's processes load the plugins, but only one serves pages.
    """
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
    from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
    from fastapi import HTTPException

    request = Request(scope, receive)
    try:
        user = await get_user(request, None, await bearer_scheme(request))
    except HTTPException:
        user = None
    answer: ASGIApp
    if user is None:
        answer = RedirectResponse(get_auth_manager().get_url_login(next_url=str(request.url)))
    elif get_auth_manager().is_authorized_view(access_view=AccessView.WEBSITE, user=user):
        scope = {**scope, READER: user.get_id()}
        answer = _pages()
    else:  # the login would send the user back at once
        from pipeline.pages.live_pages import refusal

        answer = refusal(request)
    await answer(scope, receive, send)


@cache
def _pages() -> ASGIApp:
    from pipeline.pages.live_pages import live_pages
    from pipeline.settings import load_settings

    return live_pages(load_settings())


class NewsledgerPages(AirflowPlugin):
    name = "newsledger_pages"
    fastapi_apps = [{"name": "newsledger", "app": pages_after_login, "url_prefix": PREFIX}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {"name": "News", "href": f"{PREFIX}/", "destination": "nav", "nav_top_level": True, "url_route": "news"}
    ]
