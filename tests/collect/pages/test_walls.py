"""Walls and refreshes: what is shown instead of an article is recognised, and an article is not taken for it."""

from __future__ import annotations

import pytest

from pipeline.collect.pages.walls import WallKind, WallRule, refresh_target, wall_kind, wall_rules
from tests.worlds.world import PARAGRAPHS

HTML = "text/html; charset=utf-8"
ARTICLE = (
    f"<title>The ferry is back</title><h1>The ferry is back</h1>{''.join(f'<p>{text}</p>' for text in PARAGRAPHS * 8)}"
)


@pytest.mark.parametrize("rule", wall_rules(), ids=lambda rule: f"{rule.kind}: {rule.example}"[:60])
def test_each_rule_recognises_its_example_and_spares_an_article_with_the_same_marks(rule: WallRule) -> None:
    """A newspaper writes about captchas, and has one in its comment form."""
    for status in (200, 202, 403, 429, 503):
        assert wall_kind(rule.example.encode(), HTML, status) is rule.wall_kind
    assert wall_kind(f"{ARTICLE}{rule.example}".encode(), HTML, 200) is None
    short = f"<meta property='article:published_time' content='2026-03-14'>{rule.example}"
    assert wall_kind(short.encode(), HTML, 200) is None
    news = f"<h1>Fire at the mole</h1><p>A shed burned on Monday, and nobody was hurt.</p>{rule.example}"
    assert wall_kind(news.encode(), HTML, 200, "", "Fire at the mole") is None


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<h1>Moin bei der Elbschau</h1><p>Schauen Sie wie immer mit Werbung und Tracking vorbei.</p>", "consent"),
        ("<h2>Ihre Wahl</h2><p>Mit dem Knopf stimmen Sie dem Setzen von Cookies zu.</p>", "consent"),
        ("<h1>Your privacy matters</h1><p>Tell us how we may store what we learn from your visit.</p>", "consent"),
        ("<h1>Datenschutz-Einstellungen</h1><button>Alles erlauben</button>", "consent"),
        ("<p>Auch unsere Partner und wir speichern Cookies auf Ihrem Gerät.</p>", "consent"),
        ("<h1>Sorry</h1><p>Our website cannot be reached from Europe and is unavailable in your country.</p>", "block"),
        ("<h1>Stop</h1><p>Deine Anfrage wurde von unserer Firewall abgelehnt.</p>", "block"),
        (
            "<h2>Dieser Text ist unseren Mitgliedern vorbehalten</h2><p>Lesen Sie drei Monate für wenig Geld.</p>",
            "subscription",
        ),
        ("<h2>You have used all five free stories of this month</h2>", "subscription"),
        ("<h1>Weiterlesen mit Elbschau Plus</h1><p>Sie zahlen im ersten Monat nichts.</p>", "subscription"),
        ("<h1>Bist du ein Mensch?</h1><p>Tippe auf die Möwe.</p>", "challenge"),
        ("<p>Hold on while we check your browser.</p>", "challenge"),
        ("<p>JavaScript is required to proceed.</p>", "challenge"),
        ("<p>Bitte füllen Sie das Captcha aus.</p>", "captcha"),
    ],
)
def test_a_page_that_asks_its_reader_for_something_is_a_wall_in_any_words(page: str, kind: str) -> None:
    page = f"<title>Elbschau</title>{page}"
    assert wall_kind(page.encode(), HTML, 200, "https://elbschau.example/a-1", "Deich hält") == f"wall_{kind}"


@pytest.mark.parametrize(
    "page",
    [
        "<h1>Deich hält</h1><header><a href='/in'>Anmelden</a></header><p>Der Deich bei Quall hat gehalten.</p>",
        "<h1>Flut</h1><p>Die <a>Wehr</a> hat in <b>Quall</b> <i>den</i> Keller <a>leer</a> gepumpt.</p><p>Login</p>",
        "<script src='https://cdn.iubenda.com/cs.js'></script><h1>Flut</h1><p>Der Deich bei Quall hat gehalten.</p>",
        "<h1>Flut</h1><p>Der Deich bei Quall hat gehalten.</p><aside>Wir und unsere 9 Partner speichern.</aside>",
        "<h1>Einen Moment zu spät</h1><p>Der Zug nach Quall fuhr ohne die Schulklasse ab.</p>",
        "<h1>Unfall</h1><p>Einen Moment lang sah die Fahrerin zur Möwe, dann stand der Bus im Graben.</p>",
        "<h1>Amt</h1><p>Zu viele Zugriffe haben das Portal der Stadt Quall am Montag gestört.</p>",
        "<h1>Beben</h1><p>Ungewöhnliche Aktivitäten unter der Insel Mewe beunruhigen die Forscher.</p>",
        "<h1>Zelten</h1><p>Anmelden können sich Kinder ab acht Jahren im Rathaus.</p>",
        "<h1>Court</h1><p>Readers who were blocked by the mayor of Quall can sue, a court said.</p>",
        "<h1>Bank</h1><p>Interest is rate limited to ten percent under the new law of the island.</p>",
        "<h1>Film</h1><p>“This film is not available in your country,” read the screen in Quall on Monday.</p>",
        "<h1>Access denied: island shuts its harbour</h1><p>No ship has entered the harbour of Mewe since Monday.</p>",
        "<h1>Cookies</h1><p>The bakers of Quall have sold two thousand cookies for the new lifeboat.</p>",
    ],
)
def test_short_news_without_a_date_is_no_wall(page: str) -> None:
    assert wall_kind(f"<title>Elbschau</title>{page}".encode(), HTML, 200, "https://elbschau.example/a-1") is None


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Potwierdź, że nie jesteś robotem.", WallKind.CAPTCHA),
        ("Confirme que você não é um robô.", WallKind.CAPTCHA),
        ("Compruebe que no es un robot.", WallKind.CAPTCHA),
        ("Bevestig dat u geen robot bent.", WallKind.CAPTCHA),
        ("Ative o JavaScript e os cookies para continuar.", WallKind.CHALLENGE),
        ("Włącz obsługę JavaScript i plików cookie.", WallKind.CHALLENGE),
        ("Nous et nos 812 partenaires utilisons des cookies.", WallKind.CONSENT),
        ("<h1>Teniamo alla tua privacy</h1>", WallKind.CONSENT),
        ("Nosotros y nuestros socios tratamos sus datos.", WallKind.CONSENT),
        ("Cet article est réservé à nos abonnés", WallKind.SUBSCRIPTION),
        ("Abbonati per continuare a leggere", WallKind.SUBSCRIPTION),
        ("Dieser Artikel ist nur für Abonnentinnen und Abonnenten", WallKind.SUBSCRIPTION),
        ("Troppe richieste", WallKind.RATE_LIMIT),
        ("Toegang geweigerd", WallKind.BLOCK),
        ("Your access to this site has been limited", WallKind.BLOCK),
        ("Connectez-vous", WallKind.LOGIN),
        ("<h1>Bevor Sie zu Strandsuche weitergehen</h1>", WallKind.CONSENT),
        ("<h1>Der Küstenbote mit Werbung</h1>", WallKind.CONSENT),
        ("Ett ögonblick…", WallKind.CHALLENGE),
    ],
)
def test_walls_speak_the_languages_of_the_sources(words: str, kind: WallKind) -> None:
    assert wall_kind(f"<title>diario.example</title><p>{words}</p>".encode(), HTML, 200) is kind


@pytest.mark.parametrize("kind", WallKind)
def test_every_kind_has_a_rule(kind: WallKind) -> None:
    assert kind in {rule.wall_kind for rule in wall_rules()}


@pytest.mark.parametrize("status", [301, 404, 410, 500, 502])
def test_other_statuses_speak_for_themselves(status: int) -> None:
    assert wall_kind(b"<title>Access denied</title>", HTML, status) is None


@pytest.mark.parametrize(
    "page",
    [
        ARTICLE,
        "<title>Log in trouble at the port</title><p>The ferry was late.</p>" + "<p>It waited for an hour.</p>" * 20,
        "<title>News</title>",
        "",
        "<title>Access roads closed</title><p>The bridge is closed until Monday.</p>",
        "<title>Cookie settings: what changes in May</title><p>The council decides about banners.</p>",
        "<title>Bote</title><h1>Before you continue to swim, look at the flags</h1><p>Two of them are red.</p>",
        f"<title>The ferry is back</title><p>{PARAGRAPHS[0] * 9}</p><p>We value your privacy</p>",
        "<title>Consent law passed</title><p>Sites may no longer write “we and our partners”, the minister said.</p>",
        "<h1>Cookies</h1><p>How to bake them.</p>",
        f"<title>Ferry adrift</title><p>{PARAGRAPHS[0] * 3}</p><p>Subscribe to read the whole report.</p>",
    ],
)
def test_other_pages_are_not_walls(page: str) -> None:
    assert wall_kind(page.encode(), HTML, 200) is None


ABOUT_WALLS = {
    "its address": ("https://bote.example/netz/pruefen-raetsel-bald-ueberall-wer-mensch-ist-12.html", None),
    "its feed": ("https://bote.example/12", "Prüfen Rätsel  bald überall, ob Sie ein Roboter sind?"),
}


@pytest.mark.parametrize(("url", "title"), ABOUT_WALLS.values(), ids=ABOUT_WALLS)
def test_an_undated_article_that_is_known_by_its_headline_may_be_about_walls(url: str, title: str | None) -> None:
    page = "<h1>Prüfen Rätsel bald überall, ob Sie ein Roboter sind?</h1><p>Ein Test.</p>".encode()
    assert wall_kind(page, HTML, 200, url, title) is None
    assert wall_kind(page, HTML, 200, "https://bote.example/12", "Pumpe defekt") is WallKind.CAPTCHA
    assert wall_kind(page, HTML, 403, url, title) is WallKind.CAPTCHA
    paid = page + b"<p>Jetzt abonnieren und weiterlesen</p>"
    assert wall_kind(paid, HTML, 200, url, title) is WallKind.SUBSCRIPTION, "the headline stands above it, too"
    begun = page + f"<p>{PARAGRAPHS[0]} {PARAGRAPHS[1]}</p><p>Jetzt abonnieren und weiterlesen</p>".encode()
    assert wall_kind(begun, HTML, 200, url, title) is None, "it is the beginning of the article"


def test_a_headline_that_the_feed_has_is_no_message_of_a_wall() -> None:
    page = b"<h1>Leben mit Werbung</h1><p>Ein Selbstversuch.</p>"
    assert wall_kind(page, HTML, 200, "", "Leben mit Werbung") is None
    assert wall_kind(page, HTML, 200) is WallKind.CONSENT
    kicker = b"<h1>Access denied: ministries on Mewe hide files</h1><p>More soon.</p>"
    assert wall_kind(kicker, HTML, 200, "", "Ministries of Mewe hide their files") is None
    assert wall_kind(kicker, HTML, 200, "", "Ministries in trouble") is WallKind.BLOCK


def test_a_captcha_of_a_comment_form_and_a_login_of_a_menu_are_no_walls() -> None:
    page = "<nav><a>Sign in</a></nav><h1>Bridge closed</h1><p>It rusts.</p>{}<footer><p>Log in</p></footer>"
    form = "<form><div class='g-recaptcha'></div></form>"
    assert wall_kind(page.format(form).encode(), HTML, 200, "", "Bridge closed") is None
    assert wall_kind(page.format("").encode(), HTML, 200) is None
    assert (
        wall_kind(page.format("<p>Sign in to continue</p>").encode(), HTML, 200, "", "Bridge closed") is WallKind.LOGIN
    )


REFRESHES = {
    "at once": ("<meta http-equiv='refresh' content='0;url=/b'>", "/b"),
    "in quotation marks": (
        "<META HTTP-EQUIV=Refresh CONTENT='5; URL=\"https://bote.example/b\"'>",
        "https://bote.example/b",
    ),
    "without the word url": ("<meta http-equiv='refresh' content='1.5, /b'>", "/b"),
    "with a few words": ("<meta content='3;url=b' http-equiv='refresh'><p>You are being redirected.</p>", "b"),
    "of itself": ("<meta http-equiv='refresh' content='0'>", None),
    "after minutes": ("<meta http-equiv='refresh' content='600;url=/b'>", None),
    "of an article": (f"<meta http-equiv='refresh' content='10;url=/b'>{ARTICLE}", None),
    "none": ("<p>refresh, http-equiv</p>", None),
}


@pytest.mark.parametrize(("page", "target"), REFRESHES.values(), ids=REFRESHES)
def test_a_page_that_only_refreshes_names_its_target(page: str, target: str | None) -> None:
    assert refresh_target(page.encode(), HTML) == target
