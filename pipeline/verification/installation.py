"""Verify the ledger and the archive of an installation, from where the last verification ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from pipeline.archive.named_records import CheckedFile
from pipeline.archive.storage import archive_storage
from pipeline.errors import LedgerError
from pipeline.ledger import Ledger, Verification, verify
from pipeline.ledger.catalog_entries import wrong_entries
from pipeline.ledger.checkpoint import Checkpoint, columns_digest, file_states, start_after, unchanged_files
from pipeline.ledger.disk import first_line
from pipeline.ledger.event_files import event_files
from pipeline.ledger.statistics import wrong_statistics
from pipeline.ledger.verify import BEGINNING, AppendRow, VerifyFinding
from pipeline.models.build_file import damage_in, lacks_build_info
from pipeline.regular_files import file_state
from pipeline.settings import Settings
from pipeline.shared_files import shared_files
from pipeline.steps.run.progress import OnProgress, Progress, ignore_progress
from pipeline.verification.archive_files import ArchivePart, check_files, files_of
from pipeline.verification.checkpoint_file import ArchiveProgress, CheckpointFile, EndSeen
from pipeline.verification.heads import Anchors, KeptHead, drop_anchor, heads_of_builds, missing_heads, read_anchors
from pipeline.verification.proof import Deviation, Part, Proof
from pipeline.verification.remembered import record_proof

RESUMED_WITHIN = timedelta(days=3)
"""An interrupted comparison of the archive is resumed for this long. After that, what it has read is too old to be
called read."""


def verify_installation(
    settings: Settings,
    ledger: Ledger,
    now: datetime,
    *,
    full: bool = False,
    archive: ArchivePart = ArchivePart.NONE,
    given: Sequence[KeptHead] = (),
    on_progress: OnProgress = ignore_progress,
) -> Proof:
    """Verify the ledger and this part of the archive.

    Events that an earlier verification has proven are not read again, unless their files were written since (see
    `pipeline.ledger.checkpoint`). A verification that was interrupted is resumed. With `full`, everything is read from
    its beginning, whatever the checkpoint's file says.

    The build and the published file are read, too, if they were written since they were last read.

    The ledger must contain the heads in the file of anchors, in the builds and in the checkpoint's file, and those that
    are given. Raises LedgerError, StorageError.
    """
    return _Verifying(settings, ledger, now, on_progress).prove(full, archive, given)


def verify_weekly(
    settings: Settings, ledger: Ledger, now: datetime, on_progress: OnProgress = ignore_progress
) -> Proof:
    """Verify all events, and the files of the archive that are due. Remember the result, and anchor the head unless the
    ledger is not what was recorded. Raises LedgerError, StorageError."""
    verifying = _Verifying(settings, ledger, now, on_progress)
    proof = verifying.prove(full=True, archive=ArchivePart.DUE)
    record_proof(settings, proof, now)
    if all(finding.part in (Part.ARCHIVE, Part.UNERASED, Part.ANCHORS, Part.BUILD) for finding in proof.findings):
        verifying.anchor(proof)
    return proof


class _Verifying:
    """One verification. Its progress is saved while it runs, and also if an error or an interrupt ends it."""

    def __init__(self, settings: Settings, ledger: Ledger, now: datetime, on_progress: OnProgress) -> None:
        self._settings, self._ledger, self._now, self._on_progress = settings, ledger, now, on_progress
        self._file = CheckpointFile(settings.checkpoint_file, shared_files(settings))
        self._records_skipped, self._archive_since, self._read_since = 0, now, now

    def prove(self, full: bool, archive: ArchivePart, given: Sequence[KeptHead] = ()) -> Proof:
        anchors = read_anchors(self._settings)
        kept = [*anchors.heads, *heads_of_builds(self._settings), *given]
        if (end := self._file.progress.end) is not None:
            kept.append(KeptHead(self._file.path.name, end.digest, end.position))
        try:
            verification = self._events(full)
            findings = [Deviation(Part.LEDGER, f"{each.where}: {each.what}") for each in verification.findings]
            findings += (Deviation(Part.HEAD, text) for text in missing_heads(self._ledger, kept))
            if not findings and verification.appends:
                self._file.update(end=EndSeen(verification.events, verification.digest))
            records_read = 0
            try:
                for checked in self._archive_files(archive, full):
                    records_read += checked.records
                    findings += (Deviation(Part.ARCHIVE, f"archive: {text}") for text in checked.findings)
                    findings += (Deviation(Part.UNERASED, f"archive: {text}") for text in checked.unerased)
            except LedgerError:
                if not findings:  # which say why it cannot be read
                    raise
            findings += self._anchors(anchors)
            findings += self._builds(full)
        finally:
            self._file.save()
        return Proof(
            appends=verification.appends,
            events=verification.events,
            digest=verification.digest,
            records=records_read + self._records_skipped,
            records_read=records_read,
            archive_since=self._archive_since,
            findings=tuple(findings),
            events_read=verification.events - verification.start.position,
            read_since=self._read_since,
        )

    def _events(self, full: bool) -> Verification:
        entries = tuple(wrong_entries(self._ledger))
        try:
            return self._read_events(full, entries)
        except LedgerError as exc:
            if not entries:  # they say why it cannot be read
                raise
            end, unread = self._ledger.head(), f"cannot be read: {first_line(exc.__cause__ or exc)}"
            findings = (*entries, VerifyFinding("ledger", unread))
            return Verification(end.append_no, end.position, end.digest, findings, BEGINNING)

    def _read_events(self, full: bool, entries: Sequence[VerifyFinding]) -> Verification:
        files, checkpoint = event_files(self._ledger), self._file.progress.checkpoint
        states, start, unchanged = file_states(self._ledger, files), BEGINNING, frozenset[str]()
        if checkpoint is not None and not full and checkpoint.read_since <= self._now:
            start = start_after(self._ledger, checkpoint, files, states)
            if start != BEGINNING:
                self._read_since, unchanged = checkpoint.read_since, unchanged_files(checkpoint, states)
        wrong = (*entries, *wrong_statistics(self._ledger, files, unchanged))
        columns = columns_digest(self._ledger)
        (head, *_) = self._ledger.head()

        def proven(row: AppendRow, appends: int) -> None:
            if not wrong:
                reached = Checkpoint(
                    row.append_no, row.last_position, row.digest, self._read_since, states, columns, f"{appends:x}"
                )
                self._file.update(checkpoint=reached)
            self._on_progress(Progress("verify", None, row.last_position, head))

        verification = verify(self._ledger, start, proven)
        return msgspec.structs.replace(verification, findings=(*wrong, *verification.findings))

    def _anchors(self, anchors: Anchors) -> Iterator[Deviation]:
        """Lines of the file of anchors that are damaged or gone; it only grows."""
        path, found = self._settings.anchors_file, len(anchors.heads)
        yield from (Deviation(Part.ANCHORS, damage) for damage in anchors.damage)
        if found < (known := self._known_anchors):
            yield Deviation(Part.ANCHORS, f"{path}: has {found} anchors; the last verification has seen {known}")
        elif found:
            self._expect_anchors(found)

    def anchor(self, proof: Proof) -> None:
        """Append the head to the file of anchors, and expect it there from now on. Raises StorageError."""
        drop_anchor(self._settings, proof.events, proof.digest, self._now)
        self._expect_anchors(max(self._known_anchors, len(read_anchors(self._settings).heads)))
        self._file.save()

    @property
    def _known_anchors(self) -> int:
        return self._file.progress.anchors.get(self._anchors_name, 0)

    def _expect_anchors(self, number: int) -> None:
        self._file.update(anchors={**self._file.progress.anchors, self._anchors_name: number})

    @property
    def _anchors_name(self) -> str:
        path = self._settings.anchors_file
        return path.name if self._settings.anchors is None else str(path)

    def _builds(self, full: bool) -> Iterator[Deviation]:
        """What is wrong with the build and the published file, unless they are as when they were last read."""
        known, states = self._file.progress.builds, dict[str, str]()
        for path in (self._settings.news_file, self._settings.build_file):
            state = file_state(path)
            if (full or known.get(path.name) != state) and (damage := damage_in(path)):
                yield Deviation(Part.BUILD, f"{path}: cannot be read: {damage}")
            elif path == self._settings.news_file and lacks_build_info(path):
                yield Deviation(Part.BUILD, f"{path}: does not say what it was built from: build_info is missing")
            else:
                states[path.name] = state
        self._file.update(builds=states)

    def _archive_files(self, part: ArchivePart, full: bool) -> Iterator[CheckedFile]:
        """The files of this part of the archive, each after it was compared.

        An interrupted verification is resumed: what it has compared is not read again, if the file is as it was then.
        """
        files, storage, progress = files_of(part, self._ledger, self._now), archive_storage(self._settings), None
        if not full and (before := self._file.progress.archive) is not None and before.part is part:
            progress = before if self._is_recent(before.began_at) else None
        states = storage.states() if files else {}
        found = {file.name: f"{states.get(file.name)} {file.records}" for file in files}
        done = {} if progress is None else {name: at for name, at in progress.files.items() if found.get(name) == at}
        self._archive_since = self._now if progress is None else progress.began_at
        left = [file for file in files if file.name not in done]
        total = sum(file.records for file in files)
        records = self._records_skipped = total - sum(file.records for file in left)
        for checked in check_files(self._ledger, storage, left, self._settings.jobs):
            yield checked
            records += checked.records
            if not checked.findings and not checked.unerased:
                done[checked.name] = found[checked.name]
                self._file.update(archive=ArchiveProgress(part, self._archive_since, done))
            self._on_progress(Progress("verify archive", None, records, total))
        if part is not ArchivePart.NONE:
            self._file.update(archive=None)

    def _is_recent(self, at: datetime) -> bool:
        return self._now - at <= RESUMED_WITHIN
