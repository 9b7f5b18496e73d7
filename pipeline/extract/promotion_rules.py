"""Lines in which the outlet speaks for itself, to its readers or to machines: the rules, as data."""

from __future__ import annotations

import re

from pipeline.extract.line_patterns import LineRule, Place, holding, starting, whole

_ADDRESS = r"\S+@\S+\.\w{2,}|\b(?:signal|threema|whatsapp|securedrop)\b"

PROMOTION_RULES = (
    LineRule(
        id="newsletter_line",
        kind="newsletter",
        reason="An offer to subscribe.",
        example="Hier können Sie unseren Newsletter abonnieren.",
        pattern=re.compile(
            r"^(?=.*\bnewsletter\b)(?=.*(?:anmeld|abonn|bestell|sign ?up|subscri|inbox|postfach|kostenlos|for free))"
            r"|^\W*(?:unser |der |our )?newsletter\W*$|^\W*sign up\b",
            re.IGNORECASE,
        ),
        max_chars=400,
    ),
    LineRule(
        id="follow_us",
        kind="share",
        reason="An offer to share or follow.",
        example="Folgen Sie uns auf Instagram",
        pattern=starting(
            r"follow us\b",
            r"follow .{2,40} on (?:facebook|twitter|x|instagram|whatsapp|tiktok|linkedin|google)\b",
            r"folgen sie (?:uns|unserem)\b",
            r"folge uns\b",
            r"(?:share|teilen|share this|artikel teilen|auf \w+ teilen|share on \w+|copy link|link kopieren)\W*$",
            r"(?:abonnieren|abonniere[nt]?) (?:sie|unser|jetzt)\b.{0,60}(?:whatsapp|kanal|push|google)",
            r"join (?:us|our|the) .{0,40}(?:whatsapp|telegram|facebook|channel)",
        ),
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
            r"(?:abonn|registrier|plus|premium|digital)",
            r"(?:jetzt|sofort|gratis|kostenlos)\s+(?:weiterlesen|testen|abonnieren|registrieren|freischalten)",
            r"weiterlesen mit\b",
            r"(?:you have|you've) (?:reached|read) .{0,40}(?:limit|articles)",
            r"(?:subscribe|register|sign in|log in) (?:now |today )?(?:to|for) (?:continue|read|unlock|access)",
            r"this (?:article|story|content) is (?:for|only|reserved|available).{0,40}(?:subscriber|member|premium)",
            r"already (?:a )?(?:subscriber|member|registered)",
            r"to continue reading",
            r"(?:get|start|claim) .{0,40}(?:free trial|unlimited access)",
        ),
        max_chars=400,
    ),
    LineRule(
        id="consent_notice",
        kind="consent",
        reason="A consent dialog without its box.",
        example="Wir und unsere Partner verarbeiten Daten, um Ihnen Inhalte und Anzeigen zu zeigen.",
        pattern=starting(
            r"(?:wir|we) (?:und|and) (?:unsere|our|bis zu) .{0,30}(?:partner|drittanbieter|vendors)",
            r"(?:wir verwenden|diese (?:website|seite) verwendet) (?:\w+ ){0,3}cookies",
            r"(?:we use|this (?:site|website) uses) (?:\w+ ){0,3}cookies",
            r"(?:alle|alles) akzeptieren\b",
            r"accept all\b",
            r"sie können ihre (?:wahl|auswahl|einwilligung|einstellungen) jederzeit",
            r"(?:zum weiterlesen|zur nutzung|besuchen sie|(?:weiter)?lesen sie) .{0,60}\bmit (?:werbung|tracking)\b",
            r"(?:weiter(?:lesen)?|jetzt) mit (?:werbung|tracking)\b",
            r"(?:oder )?(?:nutzen|lesen|besuchen|testen) sie .{0,60}\bpur[- ]abo\b",
            r"details zu (?:tracking|werbung|cookies)\b",
            r"continue (?:to .{0,40})?with (?:ads|advertising|tracking)\b",
        ),
        max_chars=900,
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
        place=Place.ANYWHERE,
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
            r"|(?:did you (?:like|enjoy)|enjoyed|if you (?:like|liked|enjoy|enjoyed|value)) (?:this|our)\b)",
            re.IGNORECASE,
        ),
        max_chars=400,
    ),
)
