"""Rules for lines in which the outlet promotes itself or addresses its readers, as data."""

from __future__ import annotations

import re

from pipeline.extract.boilerplate.line_patterns import SENTENCE, LineRule, holding, starting, whole

_ADDRESS = r"\S+@\S+\.\w{2,}|\b(?:signal|threema|whatsapp|securedrop)\b"

_TERMS = r"(?:\babo|abonn|\bplus\b|\w\+|\beuro\b|€|\bgratis\b|\bkostenlos|\bpremium|\bzugang\b|\bsparen\b)"
"""Words of offers and prices."""
_NETWORK = r"(?:facebook|twitter|x|instagram|whatsapp|tiktok|linkedin|google|youtube|bluesky|mastodon|telegram)"

PROMOTION_RULES = (
    LineRule(
        id="messenger_channel",
        kind="promotion",
        reason="Asks readers to follow the outlet's channel in a messenger.",
        example="Nichts mehr verpassen: Abonnieren Sie unseren WhatsApp-Kanal mit den Nachrichten des Tages.",
        pattern=holding(
            r"\b(?:whatsapp|telegram|signal|threads|messenger)\b.{0,12}(?:kan[aä]l|channel|gruppe|group)",
            r"\b(?:abonnier\w*|folg(?:en sie|t? uns|e)|follow|join|subscribe|treten sie|(?:erhalten|bekommen) sie"
            r"|unser\w*|our|hier)\b",
        ),
        max_chars=260,
        needs=("whatsapp", "telegram", "signal", "threads", "messenger"),
    ),
    LineRule(
        id="newsletter_line",
        kind="newsletter",
        reason="An offer to subscribe.",
        example="Hier können Sie unseren Newsletter abonnieren.",
        pattern=re.compile(
            r"^(?=.*\bnewsletters?\b)(?=.*(?:anmeld|abonn|bestell|sign ?up|subscri|inbox|postfach|kostenlos|for free))"
            r"(?=.*\b(?:unser\w*|our|your|ihr (?:e-mail-)?postfach|jetzt|hier|here|now|subscribe to|sign ?up (?:to|for)"
            r"|(?:abonnieren|bestellen|erhalten|lesen|melden|können|möchten|wollen) sie)\b)"
            r"|^\W*(?:unser |der |our )?newsletter\W*$|^\W*sign ?up(?: here| now| today)?\W*$"
            r"|^\W*sign ?up (?:to|for)\b.{0,80}\b(?:our|your|briefings?|alerts?|updates|inbox|e-?mails?)\b",
            re.IGNORECASE,
        ),
        max_chars=400,
        needs=("newsletter", "signup", "sign up"),
    ),
    LineRule(
        id="follow_us",
        kind="share",
        reason="An offer to share or follow.",
        example="Folgen Sie uns auf Instagram",
        pattern=starting(
            r"follow us(?: (?:on|at|via)\b.{0,120})?\W*$",
            rf"follow .{{2,40}} on {_NETWORK}\b",
            rf"(?:folgen sie|folge) (?:uns|unserem \S+)(?: .{{0,30}}\b{_NETWORK}\b.{{0,80}})?\W*$",
            r"(?:share|teilen|share this|artikel teilen|auf \w+ teilen|share on \w+|copy link|link kopieren)\W*$",
            r"(?:abonnieren|abonniere[nt]?) (?:sie|unser|jetzt)\b.{0,60}(?:whatsapp|kanal|push|google)",
            r"join (?:us|our|the) .{0,40}\b(?:whatsapp|telegram|facebook)\b",
        ),
        max_chars=240,
    ),
    LineRule(
        id="advertisement_label",
        kind="advertisement",
        reason="Stands above an advertisement.",
        example="Anzeige",
        pattern=whole(
            r"anzeige|werbung|advertisement|advertising|sponsored(?: content)?|publicité|publicidad|reklama|annonce",
            r"(?:article|story) continues (?:below|after)\b.{0,30}|ad(?:vertisement)? feedback",
        ),
    ),
    LineRule(
        id="paywall_notice",
        kind="paywall",
        reason="The notice of a paywall is never text.",
        example="Dieser Artikel ist exklusiv für Abonnentinnen und Abonnenten.",
        pattern=starting(
            r"(?:dieser|diesen) (?:artikel|text|beitrag|inhalt) (?:ist|können|lesen|gehört|exklusiv).{0,60}"
            r"(?:abonn|registriert|plus\b|premium|digital-?abo)",
            r"(?:jetzt|sofort|gratis|kostenlos)\s+(?:weiterlesen|testen|abonnieren|registrieren|freischalten)"
            rf"(?:\W*$|\W+(?:mit|und|für|ab)\b.{{0,60}}{_TERMS})",
            rf"(?:diesen (?:artikel|text|beitrag) )?weiterlesen mit\b.{{0,40}}{_TERMS}",
            r"(?:continue|keep) reading (?:this article )?with\b.{0,60}\b(?:trial|subscri\w+|account|premium)",
            r"(?:you have|you've) (?:reached|read) .{0,40}\b(?:limit\b|\d+ (?:free )?articles|(?:free|last) articles?)",
            r"(?:subscribe|register|sign in|log in) (?:now |today )?(?:to|for) (?:continue|read|unlock|access)",
            r"this (?:article|story|content) is (?:for|only|reserved|available).{0,40}(?:subscriber|member|premium)",
            r"already (?:a )?(?:subscriber|member|registered|subscribed)\W*(?:$|(?:log|sign) ?in\b)",
            r"to continue reading(?: this (?:article|story))?\W*(?:$|(?:please )?(?:subscribe|register|log|sign)\b)",
            r"(?:get|start|claim) (?:your |a |our |the )?.{0,20}\b(?:free trial|unlimited (?:digital )?access)\b"
            r"(?:\W*$|.{0,60}[$€£\d]| to (?:all|every|our|the (?:site|app))\b.{0,60}$)",
        ),
        max_chars=400,
    ),
    LineRule(
        id="consent_notice",
        kind="consent",
        reason="A consent dialog without its box.",
        example="Wir und unsere Partner verarbeiten Daten, um Ihnen Inhalte und Anzeigen zu zeigen.",
        pattern=starting(
            r"(?:wir|we) (?:und|and) (?:unsere|our|bis zu) .{0,30}(?:partner|drittanbieter|vendors)"
            r"(?=.*\b(?:cookies?|daten|geräte\w*|tracking|einwilligung|data|devices?|identifiers|consent)\b)",
            r"(?:wir verwenden|diese (?:website|seite) verwendet|we use|this (?:web)?site uses) (?:\w+ ){0,3}?cookies"
            r"(?:\W*$|(?=.*\b(?:web-?site|seite|site|dienste|services?|angebot|inhalte|content|anzeigen|ads|traffic"
            r"|experience|erlebnis|datenschutz\w*|privacy|einwillig\w*|consent|zustimm\w*|ihnen|your)\b))",
            r"(?:alle|alles) akzeptieren(?: und .{0,30})?\W*$",
            r"accept all(?: cookies)?(?: (?:and|&) .{0,30})?\W*$",
            r"sie können ihre (?:wahl|auswahl|einwilligung|einstellungen) jederzeit\b.{0,80}"
            r"\b(?:änder|anpass|widerruf|zurück)\w*",
            r"(?:zum weiterlesen|zur nutzung|besuchen sie|(?:weiter)?lesen sie) .{0,60}\bmit (?:werbung|tracking)\b",
            r"(?:weiter(?:lesen)?|jetzt) mit (?:werbung|tracking)\b(?:\W*$|.{0,60}\b(?:tracking|cookies|lesen)\b)",
            r"(?:oder )?(?:nutzen|lesen|besuchen|testen) sie .{0,60}\bpur[- ]abo\b",
            r"details zu (?:tracking|cookies|werbung und)\b",
            r"continue (?:to .{0,40})?with (?:ads|advertising|tracking)\b(?:\W*$|.{0,60}\b(?:tracking|cookies)\b)",
        ),
        max_chars=900,
    ),
    LineRule(
        id="copyright_notice",
        kind="credit",
        reason="Whose page, text or picture it is.",
        example="© 2026 Nordpress GmbH. Alle Rechte vorbehalten.",
        pattern=whole(
            r"©.{2,160}",
            rf"\(c\)\s*(?!{SENTENCE}).{{2,90}}",
            r"copyright\b\W*(?:©|\(c\)|:|\d{4}\b|by\b).{1,160}",
            r"(?:\S.{0,120}[.,|–-]\s)?(?:alle rechte vorbehalten|all rights reserved|tous droits réservés"
            r"|todos los derechos reservados|tutti i diritti riservati|alle rechten voorbehouden)",
        ),
        max_chars=200,
        needs=("©", "(c)", "copyright", "vorbehalten", "reserv", "réserv", "riservati", "voorbehouden"),
    ),
    LineRule(
        id="contact_call",
        kind="contact_call",
        reason="Asks readers to write to the newsroom.",
        example="Haben Sie Hinweise zu diesem Thema? Schreiben Sie uns: hinweise@holmbote.example",
        pattern=holding(
            rf"{_ADDRESS}",
            r"\?|\b(?:ihre meinung|your (?:views|feedback|opinion))\b",
            r"\b(?:get in touch|contact|e-?mail|write to|melden sie|schreiben sie|senden sie|schicken sie|kontakt)\b",
        ),
        max_chars=320,
        needs=("@", "signal", "threema", "whatsapp", "securedrop"),
    ),
    LineRule(
        id="rating_call",
        kind="rating",
        reason="Asks readers what they think of the article.",
        example="Wie hat Ihnen dieser Artikel gefallen?",
        pattern=whole(
            r"wie hat (?:ihnen|dir) (?:dieser|der) (?:artikel|beitrag|text) gefallen",
            r"durchschnittliche bewertung\W*[\d,.]+",
            r"war (?:dieser|der) (?:artikel|beitrag|text) (?:hilfreich|interessant)(?: für sie| für dich)?",
            r"(?:how did you like|was) this (?:article|story)(?: helpful| useful)?|rate this (?:article|story)",
        ),
    ),
    LineRule(
        id="affiliate_notice",
        kind="advertisement",
        reason="Says that the outlet earns by what readers buy.",
        example="Dieser Artikel enthält Affiliate-Links. Wer darüber kauft, unterstützt unsere Redaktion.",
        pattern=re.compile(
            r"^(?=.*\baffiliate[- ]?links?\b)(?=.*\b(?:diese[mr]?|wir|unsere[nr]?|this|we|our)\b)"
            r"(?=.*(?:artikel|beitrag|text|seite|provision|article|story|page|commission))"
            r"|^\W*we (?:may |might )?(?:earn|receive)\b.{0,60}\bcommission\b",
            re.IGNORECASE,
        ),
        max_chars=420,
        needs=("affiliate", "commission"),
    ),
    LineRule(
        id="trial_offer",
        kind="promotion",
        reason="Offers the outlet for a while without charge.",
        example="2 Wochen kostenlos testen",
        pattern=whole(
            r"(?:\w+ )?(?:\d{1,2}|zwei|drei|vier) (?:wochen?|monate?) (?:gratis|kostenlos)(?: testen| lesen)?",
            r"(?:try|get) \d{1,2} (?:weeks?|months?) (?:for )?free",
        ),
        max_chars=80,
    ),
    LineRule(
        id="support_call",
        kind="donation_call",
        reason="Asks readers for money.",
        example="Hat Ihnen dieser Artikel gefallen? Unterstützen Sie uns mit einer Spende.",
        pattern=re.compile(
            r"^(?=.*\b(?:spende|mitglied|unterstütz|donat|support|member|subscri))"
            r"\W*(?:hat (?:ihnen|dir) (?:dieser|der) (?:artikel|text|beitrag) gefallen"
            r"|(?:ihnen|dir) gefällt (?:dieser|der|unser)"
            r"|(?:unabhängiger|guter|kritischer) journalismus (?:braucht|kostet|lebt)"
            r"|(?:did you (?:like|enjoy)|enjoyed|if you (?:like|liked|enjoy|enjoyed|value)) (?:this|our)"
            r" (?:article|story|work|journalism|reporting|newsletter)\b)",
            re.IGNORECASE,
        ),
        max_chars=400,
        needs=("spende", "mitglied", "unterstütz", "donat", "support", "member", "subscri"),
    ),
)
