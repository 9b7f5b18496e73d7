"""join: find addresses that are the same article, and record each pair with its evidence.

An article's id is made from its address, and one article may have several: its headline changes and with it the slug,
a feed names a redirector, a sitemap and a feed give different parameters. What shows that is in the ledger already, so
this step only reads. It follows extract, because texts are the best proof. A pair that cannot be judged before its
pages are captured stays pending.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from pipeline.errors import NewsledgerError
from pipeline.events import AddressesJoined, AddressesParted, JoinEvidence
from pipeline.ids import article_id
from pipeline.interval import Interval
from pipeline.ledger import Ledger
from pipeline.settings import Settings
from pipeline.steps.join_evidence import (
    LEAST_WORDS,
    AddressClaim,
    ArticleFacts,
    appears_often,
    are_of_one_article,
    is_joined,
    without_notices,
)
from pipeline.steps.run.page_events import head_of
from pipeline.steps.run.stores import RECALL, StepResult, Stores

PRODUCER = "join@2"
PART_PRODUCER = "part@1"

_EVIDENCE = tuple(JoinEvidence)
_BY_ADDRESS = frozenset({JoinEvidence.MOVED, JoinEvidence.ORIGINAL_LINK, JoinEvidence.REDIRECT, JoinEvidence.CANONICAL})
"""Evidence that names an address, which may be claimed by many articles."""


class PartedPair(msgspec.Struct, frozen=True):
    """Two addresses that a person has declared to be different articles."""

    article_id: UUID
    other_article_id: UUID


class JoinedPair(PartedPair, frozen=True):
    """Two addresses that were joined before. One row of `joins_of_articles.sql`."""

    event_id: UUID
    source_id: str
    url: str
    other_url: str


class PairToJoin(msgspec.Struct, frozen=True):
    """Two addresses that are one article, and what shows it."""

    claim: AddressClaim
    first: ArticleFacts
    """The article that was discovered first."""
    second: ArticleFacts

    @property
    def source_id(self) -> str:
        return self.claim.source_id

    @property
    def article_id(self) -> UUID:
        return self.first.article_id

    @property
    def url(self) -> str:
        return self.first.url


class Groups:
    """Which articles are the same one, as far as is known (union-find)."""

    def __init__(self, pairs: Iterable[JoinedPair], parted: Iterable[PartedPair] = ()) -> None:
        self._parents: dict[UUID, UUID] = {}
        self._parted = tuple(parted)
        for pair in pairs:
            self.join(pair.article_id, pair.other_article_id)

    def article_of(self, article: UUID) -> UUID:
        """The one that stands for all addresses of its article."""
        while (parent := self._parents.get(article, article)) != article:
            article = parent
        return article

    def may_be_one(self, one: UUID, other: UUID) -> bool:
        """True if they are not one yet, and joining them joins no two articles that a person has parted."""
        roots = {self.article_of(one), self.article_of(other)}
        return len(roots) == 2 and not any(
            roots == {self.article_of(pair.article_id), self.article_of(pair.other_article_id)} for pair in self._parted
        )

    def join(self, one: UUID, other: UUID) -> None:
        self._parents[self.article_of(one)] = self.article_of(other)


def join(stores: Stores, interval: Interval) -> StepResult:
    """Join the addresses for which events of the interval are evidence; append the events."""
    now = stores.now()
    return stores.record([_joined(now, pair) for pair in pending_pairs(stores.ledger, interval)])


def part(stores: Stores, url: str, other_url: str) -> None:
    """Record that two addresses, which were joined, are different articles. Raises NewsledgerError if they are not."""
    wanted = {_article_at(url), _article_at(other_url)}
    joins = stores.ledger.select(JoinedPair, "joins_of_articles", article_ids=sorted(wanted))
    pair = next((join for join in joins if {join.article_id, join.other_article_id} == wanted), None)
    if pair is None:
        known = ", ".join(f"{join.url} and {join.other_url}" for join in joins)
        raise NewsledgerError(f"{url} and {other_url} were not joined to each other; joined were: {known or 'none'}")
    head = head_of(pair, producer=PART_PRODUCER, caused_by=pair.event_id, occurred_at=stores.now())
    stores.record([AddressesParted(**head, other_article_id=pair.other_article_id, other_url=pair.other_url)])


def _article_at(url: str) -> UUID:
    try:
        return article_id(url)
    except ValueError as exc:
        raise NewsledgerError(f"{url}: {exc}") from exc


def count_pending_pairs(ledger: Ledger, _settings: Settings, interval: Interval) -> int:
    """The number of pairs of addresses that the evidence of the interval joins, and that are not joined yet."""
    return len(pending_pairs(ledger, interval))


def pending_pairs(ledger: Ledger, interval: Interval) -> list[PairToJoin]:
    """The pairs that the evidence of the interval joins, and that are not joined yet."""
    claims = pending_claims(ledger, interval)
    if not claims:
        return []
    named = {article for claim in claims for article in (claim.article_id, claim.target) if article is not None}
    recall_start = interval.start - RECALL
    rows = ledger.select(ArticleFacts, "articles_to_join", article_ids=sorted(named), recall_start=recall_start)
    facts = {row.article_id: row for row in rows}
    return list(new_pairs(claims, facts, groups_of(ledger, facts)))


def groups_of(ledger: Ledger, article_ids: Iterable[UUID]) -> Groups:
    """Which of these articles are the same one, by the joins in the ledger."""
    wanted = sorted(article_ids)
    if not wanted:
        return Groups(())
    joined = ledger.select(JoinedPair, "joins_of_articles", article_ids=wanted)
    return Groups(joined, ledger.select(PartedPair, "parted_addresses"))


def pending_claims(ledger: Ledger, interval: Interval) -> list[AddressClaim]:
    """The evidence of the interval that articles have other addresses. That they have their own is left out, and so are
    articles of an older version that hold several of today's addresses: they are not all the same."""
    claims = ledger.select(
        AddressClaim,
        "address_claims",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        least_words=LEAST_WORDS,
    )
    older: dict[UUID, set[UUID | None]] = defaultdict(set)
    for claim in claims:
        if claim.evidence is JoinEvidence.SAME_ADDRESS:
            older[claim.article_id].add(claim.target)
    merged = {article for article, targets in older.items() if len(targets) > 1}
    return [
        claim
        for claim in claims
        if claim.target not in {None, claim.article_id}
        and not (claim.evidence is JoinEvidence.SAME_ADDRESS and claim.article_id in merged)
    ]


def new_pairs(
    claims: Iterable[AddressClaim], facts: Mapping[UUID, ArticleFacts], groups: Groups
) -> Iterator[PairToJoin]:
    """The pairs that these claims join. `groups` are the articles that are joined already.

    Articles that claim an address which is no article in the ledger are joined to the first of them.
    """
    facts = without_notices(facts.values(), groups.article_of)
    claims_by_target: dict[tuple[JoinEvidence, UUID], list[AddressClaim]] = defaultdict(list)
    for claim in claims:
        if claim.target is not None and claim.article_id in facts and _is_possible(claim, facts):
            claims_by_target[claim.evidence, claim.target].append(claim)
    for (evidence, target), to_target in sorted(claims_by_target.items(), key=lambda each: _EVIDENCE.index(each[0][0])):
        claimants = {claim.article_id: facts[claim.article_id] for claim in to_target}
        known = facts.get(target) or min(claimants.values(), key=lambda each: each.first_position)
        if evidence in _BY_ADDRESS and not are_of_one_article([known, *claimants.values()]):
            continue
        if evidence is JoinEvidence.EQUAL_TEXT and appears_often([known, *claimants.values()]):
            continue
        for claim in to_target:
            other = facts[claim.article_id]
            if not (groups.may_be_one(known.article_id, other.article_id) and is_joined(evidence, known, other)):
                continue
            groups.join(known.article_id, other.article_id)
            first, second = sorted((known, other), key=lambda each: each.first_position)
            yield PairToJoin(claim, first, second)


def _is_possible(claim: AddressClaim, facts: Mapping[UUID, ArticleFacts]) -> bool:
    """False if an article would have moved to an address that is no article's, or that was known before its own."""
    if claim.evidence is not JoinEvidence.MOVED:
        return True
    target = facts.get(claim.target) if claim.target else None
    return target is not None and target.first_position > facts[claim.article_id].first_position


def _joined(now: datetime, pair: PairToJoin) -> AddressesJoined:
    return AddressesJoined(
        **head_of(pair, producer=PRODUCER, caused_by=pair.claim.caused_by, occurred_at=now),
        other_article_id=pair.second.article_id,
        other_url=pair.second.url,
        evidence=pair.claim.evidence,
        detail=pair.claim.detail,
    )
